package dev.selkie.kernel;

/** Linux's readiness queue, epoll(7). Event bits are Linux's own on every kernel. */
public interface Epoll {
  /** Readable. */
  int IN = 0x1;

  /** Urgent data. */
  int PRI = 0x2;

  /** Writable. */
  int OUT = 0x4;

  /** An error is pending; always reported. */
  int ERR = 0x8;

  /** Both directions are over; always reported. */
  int HUP = 0x10;

  /** The peer has ended its sending direction. */
  int RDHUP = 0x2000;

  /** Of several queues that wait on one open file, wake at least one instead of all. */
  int EXCLUSIVE = 0x1000_0000;

  /** Disarm after one report. */
  int ONESHOT = 0x4000_0000;

  /** Edge-triggered. */
  int ET = 0x8000_0000;

  /** Makes a queue, epoll_create1(2). */
  default int create() {
    return Result.ENOSYS;
  }

  /** Adds a descriptor, EPOLL_CTL_ADD; the token comes back with its events. */
  default int add(int queue, int descriptor, int events, long token) {
    return Result.ENOSYS;
  }

  /** Replaces the events and the token of a descriptor, EPOLL_CTL_MOD. */
  default int modify(int queue, int descriptor, int events, long token) {
    return Result.ENOSYS;
  }

  /** Removes a descriptor, EPOLL_CTL_DEL. */
  default int delete(int queue, int descriptor) {
    return Result.ENOSYS;
  }

  /** A batch for {@link #await}, which the caller closes. */
  default EventBatch newBatch(int capacity) {
    throw new UnsupportedOperationException("this kernel has no epoll");
  }

  /**
   * Waits for events, epoll_pwait2(2), or epoll_wait(2) rounded up to milliseconds where that is
   * missing.
   *
   * @param timeoutNanos how long to wait: 0 asks and returns, a negative value waits without end;
   *     the wait may end before it by less than the caller asked only with {@link Result#EINTR}, or
   *     with 0 where the system's longest wait is shorter
   * @return the count of events in the batch
   */
  default int await(int queue, EventBatch batch, long timeoutNanos) {
    return Result.ENOSYS;
  }
}
