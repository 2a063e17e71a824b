package dev.selkie.runtime;

import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinWorkerThread;
import java.util.concurrent.TimeUnit;

/** The threads that the loops of a JVM share, beside their own. */
final class Offloading {
  /*
   * Fork-join pools, since they take no lock that parks: a loop's thread and a fiber that it carries
   * may both hand in work, and must not wait for each other in line for a lock.
   */

  /** Threads at most for blocking work: more of it waits in line. */
  private static final int THREADS = 64;

  private static final int IDLE_SECONDS = 10;

  /** Runs the blocking work of all loops. */
  static final Executor SHARED = newPool(THREADS, "selkie-offload");

  private Offloading() {}

  /** Daemon threads that take work in the order it was handed in, and end when idle for a while. */
  static Executor newPool(int threads, String name) {
    return new ForkJoinPool(
        threads,
        pool -> {
          ForkJoinWorkerThread thread = new Worker(pool);
          thread.setName(threads == 1 ? name : name + "-" + (thread.getPoolIndex() + 1));
          return thread;
        },
        null,
        true,
        0,
        threads,
        0,
        null,
        IDLE_SECONDS,
        TimeUnit.SECONDS);
  }

  private static final class Worker extends ForkJoinWorkerThread {
    Worker(ForkJoinPool pool) {
      super(null, pool, true);
    }
  }
}
