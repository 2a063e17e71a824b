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

  @Override
  public T get() throws InterruptedException, ExecutionException {
    loop.refuseToAwait(this, "a dependent stage");
    return super.get();
  }

  @Override
  public T get(long timeout, TimeUnit unit)
      throws InterruptedException, ExecutionException, TimeoutException {
    loop.refuseToAwait(this, "a dependent stage");
    return super.get(timeout, unit);
  }

  @Override
  public T join() {
    loop.refuseToAwait(this, "a dependent stage");
    return super.join();
  }

  /** By the clock of the loop; it fails with {@link ClosedLoopException} if that ends before. */
  @Override
  public CompletableFuture<T> orTimeout(long timeout, TimeUnit unit) {
    return after(timeout, unit, () -> completeExceptionally(new TimeoutException()));
  }

  /** By the clock of the loop; it fails with {@link ClosedLoopException} if that ends before. */
  @Override
  public CompletableFuture<T> completeOnTimeout(T value, long timeout, TimeUnit unit) {
    return after(timeout, unit, () -> complete(value));
  }

  private CompletableFuture<T> after(long timeout, TimeUnit unit, Waker then) {
    if (!isDone()) {
      Waker over =
          () -> {
            if (loop.isEnding()) {
              completeExceptionally(new ClosedLoopException());
            } else {
              then.wake();
            }
          };
      Alarm alarm = loop.engine().alarm(over, unit.toNanos(timeout));
      var _ = whenComplete((_, _) -> alarm.cancel());
    }
    return this;
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
