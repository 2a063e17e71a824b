package dev.selkie.conformance;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A class of cases that run on every configuration. Its constructor takes the {@link
 * Configuration}, which it keeps in a field.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ParameterizedClass(name = "{0}")
@MethodSource("dev.selkie.conformance.Configurations#all")
@ExtendWith({CaseRecorder.class, DescriptorLeaks.class})
public @interface Contract {}
