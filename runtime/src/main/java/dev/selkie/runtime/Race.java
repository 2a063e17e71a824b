package dev.selkie.runtime;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A scope of which one result is wanted: the first that has one cancels the others. What {@link
 * EventLoop#race} opens.
 *
 * <p>A child's failure is told only if all fail. Everything else is as with {@link Scope}.
 *
 * @param <T> the type of the result
 */
public final class Race<T> implements AutoCloseable {
  private final Children children;

  Race(Children children) {
    this.children = children;
  }

  /** Starts a fiber in the race; see {@link Scope#fork(Callable)}. */
  public Fiber<T> fork(Callable<T> body) {
    return children.fork(null, body);
  }

  /** Takes a future as a child; see {@link Scope#adopt}. */
  public CompletableFuture<T> adopt(CompletableFuture<T> future) {
    children.adopt(future);
    return future;
  }

  /** Has the children cancelled after some time; see {@link Scope#deadline}. */
  public Race<T> deadline(Duration time) {
    children.deadline(Durations.nanos(time));
    return this;
  }

  /**
   * Waits until one child has a result and all others have ended, or all have failed.
   *
   * @return the first result
   * @throws ExecutionException if all failed, or the deadline passed before: the first failure is
   *     its cause, the others are suppressed
   * @throws InterruptedException if the thread was interrupted before: the children are cancelled
   * @throws IllegalStateException if nothing was forked, it was joined or closed before, or on the
   *     loop's own thread
   */
  public T join() throws InterruptedException, ExecutionException {
    return typed(children.join());
  }

  /** Lets a future join and close the race; see {@link Scope#toFuture}. */
  public CompletableFuture<T> toFuture() {
    return children.toFuture(Race::typed);
  }

  /** Cancels the children that live, and waits until they have ended; see {@link Scope#close}. */
  @Override
  public void close() {
    children.close();
  }

  @SuppressWarnings({
    "unchecked",
    "NullAway",
    "TypeParameterUnusedInFormals"
  }) // children of a race have results of its type
  private static <T> T typed(@Nullable Object result) {
    return (T) result;
  }
}
