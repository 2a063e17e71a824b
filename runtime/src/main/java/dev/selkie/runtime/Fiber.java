package dev.selkie.runtime;

import dev.selkie.kernel.Kernel;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A virtual thread of a loop, and the future of its result: what {@link EventLoop#fiber} starts.
 *
 * <p>It is written as blocking code. Where it is mounted on the loop's own thread, fibers of one
 * loop take turns in the order in which they were woken, and one that computes holds the loop up;
 * where it runs on the JDK's scheduler, fibers of one loop run in parallel with each other and with
 * the loop. A program must not rely on either.
 *
 * <p><b>Cancelling.</b> {@link #cancel} interrupts the fiber, which ends as its code answers to
 * that; {@link #join} waits for the end itself.
 *
 * @param <T> the type of the result
 */
public final class Fiber<T> implements Future<T> {
  private static final VarHandle WAITING;

  static {
    try {
      WAITING = MethodHandles.lookup().findVarHandle(Fiber.class, "waiting", Queue.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Fibers fibers;
  private final @Nullable Children scope;
  private final Thread thread;
  private final LoopFuture<T> outcome;

  /** Who waits for some time: not as a stage, which would stay with the outcome; null at first. */
  private volatile @Nullable Queue<Thread> waiting;

  /** A fiber of a scope, or of none. */
  Fiber(
      Fibers fibers, Thread.Builder.OfVirtual builder, @Nullable Children scope, Callable<T> body) {
    this.fibers = fibers;
    this.scope = scope;
    this.outcome = new LoopFuture<>(fibers.loop());
    this.thread = builder.unstarted(() -> run(body));
  }

  private void run(Callable<T> body) {
    try {
      Kernel kernel = fibers.loop().kernel();
      outcome.complete(
          kernel.equals(Kernel.current())
              ? call(body)
              : Kernel.where(kernel).call(() -> call(body)));
    } catch (Throwable e) {
      outcome.completeExceptionally(e);
    } finally {
      wakeWaiting();
      fibers.ended(this);
      if (scope != null) {
        scope.ended();
      }
    }
  }

  private T call(Callable<T> body) throws Exception {
    return scope == null ? body.call() : scope.call(this, body);
  }

  /** The virtual thread. */
  public Thread thread() {
    return thread;
  }

  /** Lets the other fibers of the loop go on; for the calling fiber. */
  @SuppressWarnings("ThreadPriorityCheck") // the order of mounted fibers is promised
  public static void yieldNow() {
    Thread.yield();
  }

  /**
   * A factory of virtual threads that the JDK's scheduler runs, whoever starts them: what a mounted
   * fiber starts by other means is mounted on its loop too, interrupted by its close, and held up
   * by whatever holds it up.
   */
  public static ThreadFactory jdkThreads() {
    return Mounting.builder(null).factory();
  }

  /**
   * Waits until the fiber has ended, whether it was cancelled or not.
   *
   * @return its result
   * @throws ExecutionException with what it threw
   * @throws CancellationException if it was cancelled before it had a result
   * @throws IllegalStateException on the loop's own thread outside a fiber, if it has not ended
   */
  public T join() throws InterruptedException, ExecutionException {
    if (thread.isAlive()) {
      fibers.refuseToBlock("toCompletableFuture()");
      thread.join();
    }
    return outcome.get();
  }

  /**
   * A future that is completed with the fiber's result; completing it leaves the fiber alone. As
   * with every future of the loop, waiting for it on the loop's thread is refused, and its timeouts
   * go by the loop's clock.
   */
  public CompletableFuture<T> toCompletableFuture() {
    return outcome.copy();
  }

  /**
   * Cancels: the future is done, and the fiber is interrupted.
   *
   * @param mayInterruptIfRunning false leaves the fiber alone
   */
  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    boolean won = outcome.cancel(mayInterruptIfRunning);
    wakeWaiting();
    if (won && mayInterruptIfRunning) {
      thread.interrupt();
    }
    return won;
  }

  @Override
  public boolean isCancelled() {
    return outcome.isCancelled();
  }

  @Override
  public boolean isDone() {
    return outcome.isDone();
  }

  /**
   * Waits for the result.
   *
   * @throws IllegalStateException on the loop's own thread outside a fiber, if it is not there
   */
  @Override
  public T get() throws InterruptedException, ExecutionException {
    if (!outcome.isDone()) {
      fibers.refuseToBlock("toCompletableFuture()");
    }
    return outcome.get();
  }

  /**
   * Waits for the result for some time, by the clock of the loop.
   *
   * @throws ExecutionException with what it threw, or with {@link ClosedLoopException} if the loop
   *     has ended without the fiber
   * @throws CancellationException if it was cancelled before it had a result
   * @throws IllegalStateException on the loop's own thread outside a fiber, if it is not there
   */
  @Override
  public T get(long timeout, TimeUnit unit)
      throws InterruptedException, ExecutionException, TimeoutException {
    if (!outcome.isDone()) {
      fibers.refuseToBlock("toCompletableFuture()");
      await(timeout, unit);
    }
    return outcome.get();
  }

  private void await(long timeout, TimeUnit unit)
      throws InterruptedException, ExecutionException, TimeoutException {
    Thread caller = Thread.currentThread();
    Queue<Thread> threads = waiting();
    threads.add(caller);
    Alarm alarm =
        fibers.loop().engine().alarm(() -> LockSupport.unpark(caller), unit.toNanos(timeout));
    try {
      ForkJoinPool.managedBlock(new Waiting(alarm)); // of whose threads the caller may be one
      if (outcome.isDone()) {
        return;
      }
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      if (alarm.isEarly()) {
        throw new ExecutionException(new ClosedLoopException());
      }
      throw new TimeoutException(this + ": no result after " + timeout + " " + unit);
    } finally {
      alarm.cancel();
      threads.remove(caller);
    }
  }

  /** A wait for the outcome, an alarm or an interrupt. */
  private final class Waiting implements ForkJoinPool.ManagedBlocker {
    private final Alarm alarm;

    Waiting(Alarm alarm) {
      this.alarm = alarm;
    }

    @Override
    public boolean isReleasable() {
      return outcome.isDone() || alarm.isOver() || Thread.currentThread().isInterrupted();
    }

    @Override
    public boolean block() {
      if (!isReleasable()) {
        LockSupport.park(Fiber.this);
      }
      return isReleasable();
    }
  }

  private Queue<Thread> waiting() {
    Queue<Thread> threads = waiting;
    if (threads == null) {
      WAITING.compareAndSet(this, null, new ConcurrentLinkedQueue<Thread>());
      threads = Objects.requireNonNull(waiting);
    }
    return threads;
  }

  /** It is done: who waits for that looks after it has said that it does. */
  private void wakeWaiting() {
    Queue<Thread> threads = waiting;
    if (threads != null) {
      threads.forEach(LockSupport::unpark);
    }
  }

  @Override
  public @Nullable T resultNow() {
    return outcome.resultNow();
  }

  @Override
  public Throwable exceptionNow() {
    return outcome.exceptionNow();
  }

  @Override
  public State state() {
    return outcome.state();
  }

  @Override
  public String toString() {
    return thread.getName() + " (" + outcome.state() + ")";
  }
}
