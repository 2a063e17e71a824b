package dev.selkie.runtime;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** The blocking work of a loop, which runs on threads elsewhere. */
final class BlockingWork {
  private final EventLoop loop;
  private final Executor threads;
  private final Promises promises;

  BlockingWork(EventLoop loop, Executor threads, Promises promises) {
    this.loop = loop;
    this.threads = threads;
    this.promises = promises;
  }

  /** Has work done, until the loop is cancelled; any thread. */
  <T> CompletableFuture<T> begin(Callable<T> work) {
    LoopFuture<T> future = promises.make(work);
    if (future.isDone()) {
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
}
