package dev.selkie.runtime;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The daemon thread that runs what is left of closed loops: fibers that did not end in time, and
 * threads that they started.
 *
 * <p>A virtual thread whose scheduler refuses it never goes on, and the refusal surfaces in whoever
 * unparks it, among them the JDK's own threads, which die of it.
 */
final class Afterlife {
  private static final Executor THREAD =
      new ThreadPoolExecutor(
          0,
          1,
          10,
          TimeUnit.SECONDS,
          new LinkedBlockingQueue<>(),
          Thread.ofPlatform().daemon().name("selkie-afterlife").factory());

  private Afterlife() {}

  static void run(Runnable remains) {
    THREAD.execute(remains);
  }
}
