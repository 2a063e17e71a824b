package dev.selkie.runtime;

import dev.selkie.runtime.Closing.Phase;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The futures of what was begun and must end with the loop: of work elsewhere, and of tasks. */
final class Promises {
  private final EventLoop loop;
  private final Set<LoopFuture<?>> pending = ConcurrentHashMap.newKeySet();

  Promises(EventLoop loop) {
    this.loop = loop;
  }

  /** A future that fails when the loop is cancelled, and until then keeps it open; any thread. */
  <T extends @Nullable Object> LoopFuture<T> make() {
    LoopFuture<T> future = new LoopFuture<>(loop);
    pending.add(future);
    var _ =
        future.whenComplete((_, _) -> {
          pending.remove(future);
          loop.somethingEnded();
        });
    if (loop.hasReached(Phase.CANCELLED)) {
      end(); // the loop has done so before, or finds it
    }
    return future;
  }

  /** Whether nothing is under way. */
  boolean areKept() {
    return pending.isEmpty();
  }

  /** Waits for nothing any more. */
  void end() {
    pending.forEach(future -> future.completeExceptionally(new ClosedLoopException()));
  }
}
