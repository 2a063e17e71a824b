package dev.selkie.simulation;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The one thread of a stepping network: the one that called first. */
final class SteppingThread {
  private final AtomicReference<@Nullable Thread> first = new AtomicReference<>();

  /**
   * Refuses any other platform thread. Virtual threads take turns on the thread of their loop, and
   * cannot be told apart from here.
   */
  @SuppressWarnings("ReferenceEquality") // a thread is itself
  void check() {
    Thread caller = Thread.currentThread();
    Thread known = first.get();
    if (known == caller || caller.isVirtual()) {
      return;
    }
    if (known != null || !first.compareAndSet(null, caller)) {
      throw new IllegalStateException(
          "a stepping network runs on one thread, %s, and %s called: take %s for several threads"
              .formatted(
                  name(Objects.requireNonNull(first.get())),
                  name(caller),
                  "SimulatedNetwork.threaded()"));
    }
  }

  private static String name(Thread thread) {
    return "'" + thread.getName() + "'";
  }
}
