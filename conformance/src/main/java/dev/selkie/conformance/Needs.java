package dev.selkie.conformance;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * What a case, or every case of a class, is about. On a configuration that lacks one of these the
 * case does not run: {@link Ability#assertAbsent} does, and the matrix names the reason.
 */
@Target({ElementType.METHOD, ElementType.TYPE})
@Retention(RetentionPolicy.RUNTIME)
public @interface Needs {
  /** The abilities. */
  Ability[] value();
}
