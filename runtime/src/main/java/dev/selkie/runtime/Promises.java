package dev.selkie.runtime;

import dev.selkie.runtime.Closing.Phase;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** The futures of what was begun and must end with the loop: of work elsewhere, and of tasks. */
final class Promises {
  private final EventLoop loop;
  private final Map<LoopFuture<?>, Object> pending = new ConcurrentHashMap<>();

  Promises(EventLoop loop) {
    this.loop = loop;
  }

  /**
   * A future that fails when the loop is cancelled, and until then keeps it open; any thread.
   *
   * @param work what it is the future of, for dumps
   */
  <T extends @Nullable Object> LoopFuture<T> make(Object work) {
    LoopFuture<T> future = new LoopFuture<>(loop);
    pending.put(future, work);
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

  /** What is under way, in no order. */
  List<Object> works() {
    return List.copyOf(pending.values());
  }

  /** Waits for nothing any more; one failure for all, whose stack is the same. */
  void end() {
    ClosedLoopException closed = new ClosedLoopException();
    pending.keySet().forEach(future -> future.completeExceptionally(closed));
  }
}
