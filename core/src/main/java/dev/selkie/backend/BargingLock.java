package dev.selkie.backend;

import java.util.concurrent.locks.ReentrantLock;

/**
 * A lock that is never handed over, and whose waiters do not park: it is whoever's comes when it is
 * free.
 *
 * <p>A virtual thread that a lock is handed to, or that is first in its line, may be one that the
 * platform thread behind it carries: it cannot go on while that thread waits, nor that thread
 * before it. Here a thread that holds the lock runs, so the others spin until it has done its few
 * system calls.
 */
public final class BargingLock extends ReentrantLock {
  private static final long serialVersionUID = 1;
  private static final int SPINS = 64;

  public BargingLock() {}

  @Override
  @SuppressWarnings("ThreadPriorityCheck") // to yield is all: the holder is running already
  public void lock() {
    boolean mayYield = !Thread.currentThread().isVirtual(); // which would unmount, maybe in a lock
    for (int spins = 0; !tryLock(); spins++) {
      if (mayYield && spins >= SPINS) {
        Thread.yield();
      } else {
        Thread.onSpinWait();
      }
    }
  }
}
