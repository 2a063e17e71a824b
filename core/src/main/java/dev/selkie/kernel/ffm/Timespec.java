package dev.selkie.kernel.ffm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A timeout in the system's layout, used by one thread at a time. */
final class Timespec {
  private static final Profile PROFILE = Profile.current();
  private static final int SECONDS = PROFILE.offset("timespec", "tv_sec");
  private static final int NANOS = PROFILE.offset("timespec", "tv_nsec");
  private static final long NANOS_PER_SECOND = 1_000_000_000;
  private static final long NANOS_PER_MILLI = 1_000_000;

  private final MemorySegment memory;

  Timespec(Arena arena) {
    this.memory = arena.allocate(PROFILE.size("timespec"), Long.BYTES);
  }

  /** The address of the timeout, set to so many nanoseconds, or 0 for a negative one: no end. */
  long address(long nanos) {
    if (nanos < 0) {
      return 0;
    }
    memory.set(ValueLayout.JAVA_LONG, SECONDS, nanos / NANOS_PER_SECOND);
    memory.set(ValueLayout.JAVA_LONG, NANOS, nanos % NANOS_PER_SECOND);
    return memory.address();
  }

  /** Milliseconds, rounded up, so that no wait is early; the longest wait is 24 days. */
  static int millis(long nanos) {
    if (nanos < 0) {
      return -1;
    }
    long up = nanos / NANOS_PER_MILLI + (nanos % NANOS_PER_MILLI == 0 ? 0 : 1);
    return (int) Math.min(up, Integer.MAX_VALUE);
  }
}
