package dev.selkie.runtime;

import java.time.Duration;

/** Durations as nanoseconds. */
final class Durations {
  private Durations() {}

  /**
   * The nanoseconds of a timeout.
   *
   * @throws IllegalArgumentException if it is negative
   */
  static long timeout(Duration timeout) {
    if (timeout.isNegative()) {
      throw new IllegalArgumentException("a timeout of " + timeout + ": it must not be negative");
    }
    return nanos(timeout);
  }

  /** In words, as exact as matters. */
  static String text(long nanos) {
    return nanos < 10_000_000 ? nanos / 1_000 + " µs" : nanos / 1_000_000 + " ms";
  }

  /** The nanoseconds of a duration, 292 years at most. */
  static long nanos(Duration duration) {
    try {
      return duration.toNanos();
    } catch (ArithmeticException e) {
      return duration.isNegative() ? Long.MIN_VALUE : Long.MAX_VALUE;
    }
  }
}
