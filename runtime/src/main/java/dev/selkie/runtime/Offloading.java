package dev.selkie.runtime;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** The threads that run blocking work of all loops. */
final class Offloading {
  /** Threads at most: more work waits in line. */
  private static final int THREADS = 64;

  private static final int IDLE_SECONDS = 10;

  static final Executor SHARED = newPool();

  private Offloading() {}

  private static Executor newPool() {
    ThreadPoolExecutor pool =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().daemon().name("selkie-offload-", 1).factory());
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }
}
