package dev.selkie.backend;

/** Who waits on a kqueue: the thread whose changes may go with its next wait. */
final class KqueueWaiter {
  private final KqueueWaker waker;

  /** The number of the thread that waited last. */
  private volatile long thread = -1;

  private volatile boolean exported;

  KqueueWaiter(KqueueWaker waker) {
    this.waker = waker;
  }

  /** Whether the calling thread is the one that waited last. */
  boolean isCurrent() {
    return thread == Thread.currentThread().threadId();
  }

  /** The calling thread is about to wait. */
  void begin() {
    thread = Thread.currentThread().threadId();
  }

  /** A foreign loop may wait from now on, which nothing may be held back from. */
  void export() {
    exported = true;
  }

  boolean isExported() {
    return exported;
  }

  /**
   * Has looked at what is held for the next wait: the waiting thread looks by itself before it
   * waits, another one has its wait ended.
   */
  void tell() {
    if (exported || !isCurrent()) {
      waker.wake();
    }
  }
}
