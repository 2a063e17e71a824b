package dev.selkie.conformance;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Looking at a condition that another thread brings about, until a deadline. */
public final class Until {
  private static final long DEADLINE_NANOS = Ready.DEADLINE.toNanos();
  private static final long PAUSE_NANOS = 20_000;

  private Until() {}

  /** Returns when the condition holds; fails with what was expected after the deadline. */
  public static void holds(String what, BooleanSupplier condition) {
    long start = System.nanoTime();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() - start > DEADLINE_NANOS) {
        throw new AssertionError("not within " + Ready.DEADLINE + ": " + what);
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }
}
