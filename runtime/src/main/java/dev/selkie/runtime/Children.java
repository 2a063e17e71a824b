package dev.selkie.runtime;

import java.io.InterruptedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What was forked and adopted in a scope, and must have ended when the scope has. */
@SuppressWarnings({"UndefinedEquals", "FutureReturnValueIgnored"}) // futures by identity; stages
final class Children {
  /*
   * A count of those that live, and one for the owner until it joins or closes. Once it has come to
   * 0 the scope is over, and nothing can be forked any more: a fork raises the count only if it is
   * not 0. So a child may fork siblings, and no fork can be missed by who waits for 0.
   *
   * The first decision about the scope stands, and cancels who lives: a fork notes its child before
   * it looks at the decision, which is there before the children are looked through. Nested scopes
   * are told before the fibers that own them are interrupted, and so say why they end.
   */

  /** The innermost scope of each thread that has one. */
  private static final ThreadLocal<@Nullable Children> INNERMOST = new ThreadLocal<>();

  /** How many scopes with a deadline are open: most programs have none, and do not look further. */
  private static final AtomicInteger LIMITED = new AtomicInteger();

  /** How the scope ends: by a result, a failure, or neither if it was closed. */
  private record Decision(@Nullable Object result, @Nullable Throwable failure) {}

  private final EventLoop loop;

  /** Whether the first result ends the scope, and not the first failure. */
  private final boolean race;

  private final Thread owner = Thread.currentThread();
  private final @Nullable Children around;
  private final Arrivals<Children> nested = new Arrivals<>();
  private final Arrivals<Future<?>> living = new Arrivals<>();
  private final AtomicInteger count = new AtomicInteger(1);
  private final AtomicReference<@Nullable Decision> decision = new AtomicReference<>();

  /** Failures that did not decide. */
  private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

  /** Done when the count has come to 0. */
  private final CompletableFuture<@Nullable Void> over = new CompletableFuture<>();

  /** What the owner's thread finds; not of a callback, which does not own the thread it runs on. */
  private final boolean placed;

  /** Whether the owner has joined, closed or made a future, and counts no more; the owner's. */
  private boolean left;

  /** Whether a future ends the scope, and not the owner; the owner's. */
  private boolean handedOver;

  private volatile @Nullable Limit limit;

  /** A deadline on the loop's clock. */
  private record Limit(long nanos, Alarm alarm) {}

  Children(EventLoop loop, boolean race) {
    this.loop = loop;
    this.race = race;
    this.placed = !loop.engine().isOwner();
    this.around = placed ? INNERMOST.get() : null;
    if (placed) {
      INNERMOST.set(this);
    }
    if (around != null) {
      around.nested.add(this);
      Decision decided = around.decision.get();
      if (decided != null) {
        cancelledAround(decided);
      }
    }
  }

  // Children

  <T> Fiber<T> fork(@Nullable String name, Callable<T> body) {
    enter();
    try {
      return loop.fiber(this, name, body);
    } catch (Throwable e) {
      leave();
      throw e;
    }
  }

  <T> void adopt(CompletableFuture<T> future) {
    enter();
    add(future);
    future.whenComplete((result, failure) -> {
      living.remove(future);
      if (failure == null) {
        succeeded(result);
      } else if (!future.isCancelled()) {
        failed(LoopFuture.cause(failure));
      }
      leave();
    });
  }

  /** A child begins; on whatever thread forks it. */
  void add(Future<?> child) {
    living.add(child);
    if (decision.get() != null) {
      child.cancel(true);
    }
  }

  /** Runs a fiber's body. */
  <T> T call(Fiber<T> fiber, Callable<T> body) throws Exception {
    try {
      T result = callWithin(body);
      living.remove(fiber);
      succeeded(result);
      return result;
    } catch (Throwable e) {
      living.remove(fiber);
      if (!fiber.isCancelled() || !isInterrupt(e)) {
        failed(e);
      }
      throw e;
    }
  }

  private <T> T callWithin(Callable<T> body) throws Exception {
    if (decision.get() != null) {
      throw new CancellationException("the scope was cancelled before the fiber began");
    }
    INNERMOST.set(this);
    try {
      return body.call();
    } finally {
      closeWithin();
    }
  }

  /** A fiber's result is known, and it does nothing more. */
  void ended() {
    leave();
  }

  /** A fiber did not begin. */
  void remove(Fiber<?> fiber) {
    living.remove(fiber);
  }

  private static boolean isInterrupt(Throwable e) {
    return e instanceof InterruptedException
        || e instanceof CancellationException
        || e instanceof InterruptedIOException
        || e instanceof ClosedByInterruptException;
  }

  private void enter() {
    int n;
    do {
      n = count.get();
      if (n == 0 || (owner == Thread.currentThread() && left)) {
        throw new IllegalStateException("the scope was joined or closed: it takes no more");
      }
    } while (!count.compareAndSet(n, n + 1));
  }

  private void leave() {
    if (count.decrementAndGet() == 0) {
      over.complete(null);
      LockSupport.unpark(owner);
    }
  }

  // Decisions

  private void succeeded(@Nullable Object result) {
    if (race) {
      decide(new Decision(result, null));
    }
  }

  private void failed(Throwable failure) {
    if (race || !decide(new Decision(null, failure))) {
      failures.add(failure);
    }
  }

  /** Cancels whoever lives, unless that has been done. */
  void cancel(@Nullable Throwable failure) {
    decide(new Decision(null, failure));
  }

  private boolean decide(Decision made) {
    if (!decision.compareAndSet(null, made)) {
      return false;
    }
    nested.inOrder().forEach(scope -> scope.cancelledAround(made));
    living.inOrder().forEach(child -> child.cancel(true));
    return true;
  }

  private void cancelledAround(Decision made) {
    if (made.failure instanceof TimeoutException) {
      cancel(made.failure);
      return;
    }
    CancellationException failure =
        new CancellationException("the scope around this one was cancelled");
    failure.initCause(made.failure);
    cancel(failure);
  }

  // Deadlines

  /** Sets the deadline, unless an earlier one holds. */
  void deadline(long nanos) {
    checkOwner("given a deadline");
    checkNotLeft();
    long wanted = loop.engine().timeAfter(nanos);
    Limit held = limit;
    if (held != null && held.nanos - wanted <= 0) {
      return;
    }
    unlimit();
    LIMITED.incrementAndGet();
    limit = new Limit(wanted, loop.engine().alarm(() -> expired(wanted), nanos));
  }

  private void unlimit() {
    Limit held = limit;
    if (held != null) {
      limit = null;
      LIMITED.decrementAndGet();
      held.alarm.cancel();
    }
  }

  private void expired(long nanos) {
    boolean early = loop.engine().nanoTime() - nanos < 0;
    cancel(
        early
            ? new ClosedLoopException()
            : new TimeoutException("the deadline of the scope has passed"));
  }

  /** What is left to the deadline of this scope and those around it; the maximum without one. */
  long timeLeft() {
    long least = Long.MAX_VALUE;
    for (Children scope = this; scope != null; scope = scope.around) {
      least = Math.min(least, scope.ownTimeLeft());
    }
    return least;
  }

  private long ownTimeLeft() {
    Limit held = limit;
    return held == null ? Long.MAX_VALUE : held.nanos - loop.engine().nanoTime();
  }

  /**
   * How long the calling thread may wait in the scopes that it owns: a fiber is interrupted by the
   * deadlines of those in which it was forked.
   *
   * @param nanos a limit that it has otherwise; 0 without one
   * @return the lesser, at least 1; 0 without a limit
   */
  static long limit(long nanos) {
    if (LIMITED.get() == 0) {
      return nanos;
    }
    long least = nanos == 0 ? Long.MAX_VALUE : nanos;
    Thread thread = Thread.currentThread();
    Children scope = INNERMOST.get();
    while (scope != null && scope.owner.equals(thread)) {
      least = Math.min(least, scope.ownTimeLeft());
      scope = scope.around;
    }
    return least == Long.MAX_VALUE ? nanos : Math.max(least, 1);
  }

  /** Whether a deadline has passed of the scopes that the calling thread owns. */
  static boolean isTimeOver() {
    return limit(0) == 1;
  }

  // The end

  /** Waits until all have ended, and says how. */
  @Nullable Object join() throws InterruptedException, ExecutionException {
    checkOwner("joined");
    checkNotLeft();
    if (count.get() > 1) {
      loop.refuseToBlock("toFuture()");
    }
    leaveAsOwner();
    boolean interrupted = false;
    try {
      while (!isOver()) {
        LockSupport.park(this);
        if (Thread.interrupted()) {
          interrupted = true;
          if (decision.get() == null) {
            cancel(new CancellationException("the owner of the scope was interrupted"));
            interrupted = false;
            throw new InterruptedException("interrupted while the scope was joined");
          }
        }
      }
    } finally {
      if (interrupted) {
        owner.interrupt();
      }
    }
    return outcome();
  }

  /** The future of what {@link #join} says, whose completion ends the scope. */
  <T extends @Nullable Object> CompletableFuture<T> toFuture(Function<@Nullable Object, T> type) {
    checkOwner("made a future");
    checkNotLeft();
    if (placed && INNERMOST.get() != this) {
      throw new IllegalStateException("a scope that was opened in this one is not closed");
    }
    if (around != null) {
      around.enter(); // it waits for us, as our owner does not
    }
    LoopFuture<T> future = new LoopFuture<>(loop);
    over.thenRun(() -> loop.engine().request(() -> finish(future, type)));
    future.whenComplete((_, _) -> cancel(new CancellationException("the future was completed")));
    handedOver = true;
    removeFromThread();
    leaveAsOwner();
    return future;
  }

  private <T extends @Nullable Object> void finish(
      CompletableFuture<T> future, Function<@Nullable Object, T> type) {
    unlimit();
    if (around != null) {
      around.nested.remove(this);
      around.leave();
    }
    try {
      future.complete(type.apply(outcome()));
    } catch (ExecutionException e) {
      Throwable failure = Objects.requireNonNull(e.getCause());
      for (Throwable other : e.getSuppressed()) {
        failure.addSuppressed(other);
      }
      future.completeExceptionally(failure);
    } catch (IllegalStateException e) {
      future.completeExceptionally(e);
    }
  }

  private @Nullable Object outcome() throws ExecutionException {
    Decision decided = decision.get();
    if (decided != null && decided.failure == null) {
      return decided.result;
    }
    Throwable first = decided == null ? failures.poll() : decided.failure;
    if (first != null) {
      ExecutionException thrown = new ExecutionException(first);
      failures.forEach(thrown::addSuppressed);
      throw thrown;
    }
    if (race) {
      throw new IllegalStateException("nothing was forked that could have a result");
    }
    return null;
  }

  /** Cancels who lives and waits for the end of all, unless a future does. */
  void close() {
    checkOwner("closed");
    if (handedOver) {
      return;
    }
    boolean inOrder = !closeWithin();
    cancel(null);
    if (!left) {
      leaveAsOwner();
    }
    unlimit();
    awaitEnd();
    if (around != null) {
      around.nested.remove(this);
    }
    removeFromThread();
    if (!inOrder) {
      throw new IllegalStateException("a scope was closed before one that was opened in it");
    }
  }

  private void awaitEnd() {
    if (!isOver()) {
      loop.refuseToBlock("toFuture()");
    }
    boolean interrupted = false;
    while (!isOver()) {
      LockSupport.park(this);
      interrupted |= Thread.interrupted();
    }
    if (interrupted) {
      owner.interrupt();
    }
  }

  private boolean isOver() {
    return count.get() == 0;
  }

  /** Closes the scopes that the calling thread has opened in this one and left open, if any. */
  private boolean closeWithin() {
    boolean any = false;
    Children innermost = INNERMOST.get();
    while (innermost != null && innermost != this && innermost.isWithin(this)) {
      innermost.close();
      any = true;
      innermost = INNERMOST.get();
    }
    return any;
  }

  private boolean isWithin(Children outer) {
    Children scope = around;
    while (scope != null && scope != outer) {
      scope = scope.around;
    }
    return scope != null;
  }

  private void removeFromThread() {
    if (placed && INNERMOST.get() == this) {
      if (around == null) {
        INNERMOST.remove();
      } else {
        INNERMOST.set(around);
      }
    }
  }

  private void leaveAsOwner() {
    left = true;
    leave();
  }

  private void checkNotLeft() {
    if (left) {
      throw new IllegalStateException("the scope was joined or closed before");
    }
  }

  private void checkOwner(String done) {
    if (owner != Thread.currentThread()) {
      throw new WrongThreadException(
          "a scope is " + done + " by the thread that opened it: " + owner.getName());
    }
  }
}
