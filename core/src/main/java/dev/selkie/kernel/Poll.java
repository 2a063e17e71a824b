package dev.selkie.kernel;

/** The wait that every system has, poll(2). Event bits are Linux's own on every kernel. */
public interface Poll {
  /** Readable. */
  int IN = 0x1;

  /** Urgent data. */
  int PRI = 0x2;

  /** Writable. */
  int OUT = 0x4;

  /** An error is pending; always reported. */
  int ERR = 0x8;

  /** Both directions are over, or a pipe's other end is gone; always reported. */
  int HUP = 0x10;

  /** The number is not open; always reported. */
  int NVAL = 0x20;

  /** The peer has ended its sending direction, where {@link #hasPeerClosed} says so. */
  int RDHUP = 0x2000;

  /** Whether the system has {@link #RDHUP}: Linux, FreeBSD 13. */
  default boolean hasPeerClosed() {
    return false;
  }

  /**
   * Whether waits keep to the nanosecond, by ppoll(2): everywhere but on macOS. A kernel or filter
   * that refuses it shows at the first wait.
   */
  default boolean hasNanoseconds() {
    return false;
  }

  /** A set for {@link #await}, which the caller closes. */
  default PollSet newSet(int capacity) {
    throw new UnsupportedOperationException("this kernel has no poll");
  }

  /**
   * Waits until something happens to one of the first {@code count} places, ppoll(2), or poll(2)
   * rounded up to milliseconds where that is missing.
   *
   * @param timeoutNanos how long to wait: 0 asks and returns, a negative value waits without end;
   *     the wait may end before it by less than the caller asked only with {@link Result#EINTR}, or
   *     with 0 where the system's longest wait is shorter
   * @return how many places have something to report
   */
  default int await(PollSet set, int count, long timeoutNanos) {
    return Result.ENOSYS;
  }
}
