package dev.selkie.runtime;

import java.util.concurrent.Executor;

/**
 * The daemon thread that runs what is left of closed loops: fibers that did not end in time, and
 * threads that they started.
 *
 * <p>A virtual thread whose scheduler refuses it never goes on, and the refusal surfaces in whoever
 * unparks it, among them the JDK's own threads, which die of it.
 */
final class Afterlife {
  private static final Executor THREAD = Offloading.newPool(1, "selkie-afterlife");

  private Afterlife() {}

  static void run(Runnable remains) {
    THREAD.execute(remains);
  }
}
