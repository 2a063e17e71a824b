package dev.selkie.runtime;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.RunnableFuture;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** What an event loop is as an executor of tasks, now, later and periodically. */
abstract class LoopExecutor extends AbstractExecutorService implements ScheduledExecutorService {
  abstract Engine engine();

  abstract Closing closing();

  final Closing.Phase phase() {
    return closing().phase();
  }

  /** Refuses what would block the loop's own thread. */
  abstract void refuseToBlock(String instead);

  /** Refuses to wait on the loop's own thread for what it is to complete. */
  final void refuseToAwait(Future<?> future, String instead) {
    if (!future.isDone()) {
      refuseToBlock(instead);
    }
  }

  /** Refuses to wait for the loop from inside. */
  abstract void refuseToWait();

  /** Something that may have held up the end of the loop has ended. */
  abstract void somethingEnded();

  final void checkOpen() {
    if (phase() != Closing.Phase.OPEN) {
      throw new RejectedExecutionException(this + " was shut down");
    }
  }

  @Override
  protected <T> RunnableFuture<T> newTaskFor(Callable<T> callable) {
    return new ScheduledTask<>(this, callable, 0);
  }

  @Override
  protected <T> RunnableFuture<T> newTaskFor(Runnable runnable, T value) {
    return newTaskFor(Executors.callable(runnable, value));
  }

  @Override
  public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
    return schedule(Executors.callable(command), delay, unit);
  }

  @Override
  public <T> ScheduledFuture<T> schedule(Callable<T> callable, long delay, TimeUnit unit) {
    Objects.requireNonNull(callable, "callable");
    checkOpen();
    return armed(new ScheduledTask<>(this, callable, engine().timeAfter(unit.toNanos(delay))));
  }

  /**
   * Runs a command periodically, at the initial delay and each period after it; late ones follow
   * each other at once.
   */
  @Override
  public ScheduledFuture<?> scheduleAtFixedRate(
      Runnable command, long initialDelay, long period, TimeUnit unit) {
    long nanos = positive(unit.toNanos(period));
    return periodic(command, unit.toNanos(initialDelay), nanos, MissedTicks.BURST);
  }

  /** Runs a command periodically, each time a delay after the end of the one before. */
  @Override
  public ScheduledFuture<?> scheduleWithFixedDelay(
      Runnable command, long initialDelay, long delay, TimeUnit unit) {
    return periodic(command, unit.toNanos(initialDelay), positive(unit.toNanos(delay)), null);
  }

  /**
   * Runs a command each period, for the first time after one; it ends by cancelling the future,
   * when the command throws, and with {@link #shutdown}.
   *
   * @param missed what is done about ticks that could not run in time
   * @throws IllegalArgumentException if the period is not positive
   * @throws RejectedExecutionException after {@link #shutdown}
   */
  public ScheduledFuture<?> every(Duration period, MissedTicks missed, Runnable command) {
    Objects.requireNonNull(missed, "missed");
    long nanos = positive(Durations.nanos(period));
    return periodic(command, nanos, nanos, missed);
  }

  private static long positive(long period) {
    if (period <= 0) {
      throw new IllegalArgumentException("a period of " + period + " ns: it must be positive");
    }
    return Math.min(period, Engine.LONGEST);
  }

  private ScheduledTask<?> periodic(
      Runnable command, long delay, long period, @Nullable MissedTicks missed) {
    Callable<?> callable = Executors.callable(command);
    checkOpen();
    return armed(new ScheduledTask<>(this, callable, engine().timeAfter(delay), period, missed));
  }

  private <T> ScheduledTask<T> armed(ScheduledTask<T> task) {
    engine().arm(task.timer());
    return task;
  }

  // The end

  @Override
  public final void shutdown() {
    closing().shutdown();
  }

  /**
   * Shuts down, closes what is attached, cancels what is delayed and interrupts the fibers, which
   * have a second to end.
   *
   * @return nothing: what was submitted before still runs; the delayed tasks are the loop's
   *     thread's to know, for which this does not wait, and their futures tell of them
   */
  @Override
  public final List<Runnable> shutdownNow() {
    closing().cancel(Closing.UNWINDING_NANOS);
    return List.of();
  }

  @Override
  public final boolean isShutdown() {
    return phase() != Closing.Phase.OPEN;
  }

  @Override
  public final boolean isTerminated() {
    return phase() == Closing.Phase.TERMINATED;
  }

  @Override
  public final boolean awaitTermination(long timeout, TimeUnit unit) throws InterruptedException {
    refuseToWait();
    try {
      closing().terminated().get(timeout, unit);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw new AssertionError(e);
    }
  }

  // What waits for tasks

  @Override
  public <T> List<Future<T>> invokeAll(Collection<? extends Callable<T>> tasks)
      throws InterruptedException {
    refuseToWait();
    return super.invokeAll(tasks);
  }

  @Override
  public <T> List<Future<T>> invokeAll(
      Collection<? extends Callable<T>> tasks, long timeout, TimeUnit unit)
      throws InterruptedException {
    refuseToWait();
    return super.invokeAll(tasks, timeout, unit);
  }

  @Override
  public <T> T invokeAny(Collection<? extends Callable<T>> tasks)
      throws InterruptedException, ExecutionException {
    refuseToWait();
    return super.invokeAny(tasks);
  }

  @Override
  public <T> T invokeAny(Collection<? extends Callable<T>> tasks, long timeout, TimeUnit unit)
      throws InterruptedException, ExecutionException, TimeoutException {
    refuseToWait();
    return super.invokeAny(tasks, timeout, unit);
  }
}
