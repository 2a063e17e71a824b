package dev.selkie.runtime;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Fibers, and futures, that end together: what {@link EventLoop#scope} opens.
 *
 * <pre>{@code
 * try (Scope scope = loop.scope().deadline(Duration.ofSeconds(2))) {
 *   Fiber<User> user = scope.fork(() -> findUser(id));
 *   Fiber<List<Order>> orders = scope.fork(() -> findOrders(id));
 *   scope.join();
 *   return new Page(user.resultNow(), orders.resultNow());
 * }
 * }</pre>
 *
 * <p>No child outlives its scope: {@link #join} and {@link #close} wait until each has ended. The
 * first that fails cancels the others, by interrupt, and {@code join} throws its failure. A child
 * that was itself cancelled and ends by that has not failed.
 *
 * <p><b>Nesting.</b> A scope that is opened inside the try statement of another, or in a fiber of
 * it, lies within that: it is cancelled with it, and has its deadline too. One that a fiber leaves
 * open is closed when the fiber ends.
 *
 * <p><b>Deadlines.</b> When it has passed, the children are cancelled, and {@code join} fails with
 * {@link java.util.concurrent.TimeoutException} as the cause. The thread that opened the scope is
 * not interrupted; what it does meanwhile with connections of a loop, and {@link EventLoop#sleep},
 * ends then as with a {@link Connection#readTimeout}.
 *
 * <p><b>Concurrency.</b> The thread that opened the scope joins and closes it, others are refused
 * with {@link WrongThreadException}. It and the children may fork. On the loop's own thread outside
 * a fiber use {@link #toFuture} instead of joining.
 */
public final class Scope implements AutoCloseable {
  private final Children children;

  Scope(Children children) {
    this.children = children;
  }

  /**
   * Starts a fiber in the scope. In a scope that was cancelled its body does not run.
   *
   * @throws IllegalStateException if the scope was joined or closed
   * @throws java.util.concurrent.RejectedExecutionException as {@link EventLoop#fiber}
   */
  public <T> Fiber<T> fork(Callable<T> body) {
    return children.fork(null, body);
  }

  /** Starts a fiber in the scope with a name of its own. */
  public <T> Fiber<T> fork(String name, Callable<T> body) {
    return children.fork(name, body);
  }

  /**
   * Takes a future as a child: it is cancelled with the scope, which waits for it and fails with
   * it.
   *
   * @return the future
   * @throws IllegalStateException if the scope was joined or closed
   */
  public <T> CompletableFuture<T> adopt(CompletableFuture<T> future) {
    children.adopt(future);
    return future;
  }

  /**
   * Has the children cancelled after some time, from now and by the loop's clock, unless the scope
   * or one around it has an earlier deadline.
   *
   * @throws IllegalStateException if the scope was joined or closed
   */
  public Scope deadline(Duration time) {
    children.deadline(Durations.nanos(time));
    return this;
  }

  /** What is left until the deadline, of this scope or one around it; negative after it. */
  public Optional<Duration> timeLeft() {
    long nanos = children.timeLeft();
    return nanos == Long.MAX_VALUE ? Optional.empty() : Optional.of(Duration.ofNanos(nanos));
  }

  /** Interrupts the children: {@link #join} fails then with a {@code CancellationException}. */
  public void cancel() {
    children.cancel(new CancellationException("the scope was cancelled"));
  }

  /**
   * Waits until all children have ended.
   *
   * @throws ExecutionException if one failed, or the deadline passed: the first failure is its
   *     cause, later ones are suppressed on the exception itself
   * @throws InterruptedException if the thread was interrupted before: the children are cancelled
   * @throws IllegalStateException if it was joined or closed before, or on the loop's own thread
   */
  public void join() throws InterruptedException, ExecutionException {
    children.join();
  }

  /**
   * Lets a future join and close the scope: it is done when all children have ended. Its failure is
   * the first of theirs; who completes or cancels it cancels them.
   *
   * @throws IllegalStateException if it was joined or closed before
   */
  public CompletableFuture<@Nullable Void> toFuture() {
    return children.<@Nullable Void>toFuture(_ -> null);
  }

  /**
   * Cancels the children that live, and waits until they have ended; without effect after {@link
   * #toFuture}. An interrupt does not end the wait, the interrupt status stays.
   *
   * @throws IllegalStateException on the loop's own thread if children live, and after it has
   *     closed one that was opened in it and not closed
   */
  @Override
  public void close() {
    children.close();
  }
}
