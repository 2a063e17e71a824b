package dev.selkie.conformance;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A class of cases of event loops: a {@link Contract} that runs in simulations too, whose loops
 * have no thread.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ParameterizedClass(name = "{0}")
@MethodSource("dev.selkie.conformance.Configurations#ofLoops")
@ExtendWith({CaseRecorder.class, DescriptorLeaks.class})
public @interface LoopContract {}
