package dev.selkie.runtime.task;

import dev.selkie.runtime.Waker;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/** A future as a task. */
final class OfFuture<T extends @Nullable Object> extends Once<T> {
  private final CompletableFuture<T> future;

  /** What is cancelled with the task: the same, or what completes it. */
  private final Future<T> origin;

  /** The waker of the last poll; null before the first. */
  private volatile @Nullable Waker waker;

  OfFuture(CompletableFuture<T> future, Future<T> origin) {
    this.future = future;
    this.origin = origin;
  }

  @Override
  Poll<T> advance(Waker waker) throws Exception {
    boolean known = this.waker != null;
    this.waker = waker;
    if (!future.isDone()) {
      if (!known) {
        var _ = future.whenComplete((_, _) -> wake());
      }
      return Poll.pending();
    }
    try {
      return Poll.ready(future.get());
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception failure ? failure : e;
    }
  }

  private void wake() {
    Waker waiting = waker;
    if (waiting != null) {
      waiting.wake();
    }
  }

  @Override
  void abandon() {
    if (!origin.cancel(true)) {
      var _ = future.whenComplete((result, _) -> Late.close(result)); // it is there, or about to be
    }
  }
}
