package dev.selkie.runtime;

import java.time.Duration;

/** Durations as nanoseconds. */
final class Durations {
  private Durations() {}

  /** The nanoseconds of a duration, 292 years at most. */
  static long nanos(Duration duration) {
    try {
      return duration.toNanos();
    } catch (ArithmeticException e) {
      return duration.isNegative() ? Long.MIN_VALUE : Long.MAX_VALUE;
    }
  }
}
