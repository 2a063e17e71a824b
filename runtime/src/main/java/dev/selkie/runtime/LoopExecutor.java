package dev.selkie.runtime;

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

/** What an event loop is as an executor of tasks, now, later and periodically. */
abstract class LoopExecutor extends AbstractExecutorService implements ScheduledExecutorService {
  abstract Engine engine();

  abstract Closing.Phase phase();

  /** Refuses what would block the loop's own thread. */
  abstract void refuseToBlock(String instead);

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
    return new ScheduledTask<>(this, callable, 0, 0);
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
    return scheduled(Objects.requireNonNull(callable, "callable"), unit.toNanos(delay), 0);
  }

  /**
   * Runs a command periodically, at the initial delay and each period after it; late ones follow
   * each other at once.
   */
  @Override
  public ScheduledFuture<?> scheduleAtFixedRate(
      Runnable command, long initialDelay, long period, TimeUnit unit) {
    return scheduled(
        Executors.callable(command), unit.toNanos(initialDelay), positive(period, unit));
  }

  /** Runs a command periodically, each time a delay after the end of the one before. */
  @Override
  public ScheduledFuture<?> scheduleWithFixedDelay(
      Runnable command, long initialDelay, long delay, TimeUnit unit) {
    return scheduled(
        Executors.callable(command), unit.toNanos(initialDelay), -positive(delay, unit));
  }

  private static long positive(long period, TimeUnit unit) {
    if (period <= 0) {
      throw new IllegalArgumentException("a period of " + period + ": it must be positive");
    }
    return unit.toNanos(period);
  }

  private <T> ScheduledTask<T> scheduled(Callable<T> callable, long delay, long period) {
    checkOpen();
    ScheduledTask<T> task = new ScheduledTask<>(this, callable, engine().timeAfter(delay), period);
    engine().arm(task.timer());
    return task;
  }

  /** A periodic task is to run again; on the loop's thread. */
  void rearm(ScheduledTask<?> task) {
    if (phase() == Closing.Phase.OPEN) {
      engine().arm(task.timer());
    } else {
      task.cancel(false);
    }
  }

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
