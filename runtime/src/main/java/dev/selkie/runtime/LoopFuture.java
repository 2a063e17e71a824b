package dev.selkie.runtime;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** A future that a loop completes: waiting for it on the loop's own thread is refused. */
class LoopFuture<T extends @Nullable Object> extends CompletableFuture<T> {
  final EventLoop loop;

  LoopFuture(EventLoop loop) {
    this.loop = loop;
  }

  private void refuseToBlock() {
    if (!isDone()) {
      loop.refuseToBlock("a dependent stage");
    }
  }

  @Override
  public T get() throws InterruptedException, ExecutionException {
    refuseToBlock();
    return super.get();
  }

  @Override
  public T get(long timeout, TimeUnit unit)
      throws InterruptedException, ExecutionException, TimeoutException {
    refuseToBlock();
    return super.get(timeout, unit);
  }

  @Override
  public T join() {
    refuseToBlock();
    return super.join();
  }

  @Override
  public <U extends @Nullable Object> CompletableFuture<U> newIncompleteFuture() {
    return new LoopFuture<>(loop);
  }

  /** Of stages with {@code Async} in their names. */
  @Override
  public Executor defaultExecutor() {
    return loop;
  }
}
