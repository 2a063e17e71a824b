package dev.selkie.runtime;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
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
    refuseToAwait();
    return super.get();
  }

  @Override
  public T get(long timeout, TimeUnit unit)
      throws InterruptedException, ExecutionException, TimeoutException {
    refuseToAwait();
    return super.get(timeout, unit);
  }

  @Override
  public T join() {
    refuseToAwait();
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

  private CompletableFuture<T> after(long timeout, TimeUnit unit, Waker late) {
    if (!isDone()) {
      limit(unit.toNanos(timeout), late);
    }
    return this;
  }

  /** What a stage has failed of, out of what it was handed. */
  static Throwable cause(Throwable failure) {
    Throwable cause = failure.getCause();
    return failure instanceof CompletionException && cause != null ? cause : failure;
  }

  /** Refuses to let the caller wait where it would do so for ever. */
  void refuseToAwait() {
    loop.refuseToAwait(this, "a dependent stage");
  }

  /** Does something when a time is over, unless it is done before. */
  void limit(long nanos, Waker late) {
    limit(loop, nanos, late, () -> completeExceptionally(new ClosedLoopException()));
  }

  /** Does the one when a time of a loop is over, or the other when the loop ends before. */
  final void limit(EventLoop clock, long nanos, Waker late, Waker ended) {
    Alarm alarm = clock.engine().alarm(() -> (clock.isEnding() ? ended : late).wake(), nanos);
    var _ = whenComplete((_, _) -> alarm.cancel());
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
