package dev.selkie.runtime;

import dev.selkie.runtime.Closing.Phase;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;

/** The blocking work of a loop, which runs on threads elsewhere. */
final class BlockingWork {
  private final EventLoop loop;
  private final Executor threads;

  /** What is under way. */
  private final Set<LoopFuture<?>> pending = ConcurrentHashMap.newKeySet();

  BlockingWork(EventLoop loop, Executor threads) {
    this.loop = loop;
    this.threads = threads;
  }

  /** Has work done, until the loop is cancelled; any thread. */
  <T> CompletableFuture<T> begin(Callable<T> work) {
    LoopFuture<T> future = new LoopFuture<>(loop);
    pending.add(future);
    var _ =
        future.whenComplete((_, _) -> {
          pending.remove(future);
          loop.somethingEnded();
        });
    if (loop.hasReached(Phase.CANCELLED)) {
      end(); // the loop has done so before, or finds it
      return future;
    }
    try {
      threads.execute(() -> run(work, future));
    } catch (Throwable e) {
      future.completeExceptionally(e);
      throw e;
    }
    return future;
  }

  private <T> void run(Callable<T> work, LoopFuture<T> future) {
    Engine engine = loop.engine();
    try {
      T result = work.call();
      engine.request(() -> future.complete(result));
    } catch (Throwable e) {
      engine.request(() -> future.completeExceptionally(e));
    }
  }

  /** Whether nothing is under way. */
  boolean isIdle() {
    return pending.isEmpty();
  }

  /** Waits for nothing any more. */
  void end() {
    pending.forEach(future -> future.completeExceptionally(new ClosedLoopException()));
  }
}
