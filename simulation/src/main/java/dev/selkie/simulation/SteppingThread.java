package dev.selkie.simulation;

import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** The one thread of a stepping network: the one that called first. */
final class SteppingThread {
  private final AtomicReference<@Nullable Thread> first = new AtomicReference<>();

  /** Whether a virtual thread is carried by the one; none can be told apart from here. */
  private volatile BooleanSupplier carried = () -> true;

  void admitVirtual(BooleanSupplier condition) {
    carried = condition;
  }

  /**
   * Refuses any other platform thread, and virtual threads that are known not to take turns on the
   * thread of their loop.
   */
  @SuppressWarnings("ReferenceEquality") // a thread is itself
  void check() {
    Thread caller = Thread.currentThread();
    Thread known = first.get();
    if (known == caller) {
      return;
    }
    if (caller.isVirtual()) {
      if (!carried.getAsBoolean()) {
        throw new IllegalStateException(
            caller + " is not a fiber of the simulation, whose network runs on one thread");
      }
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
