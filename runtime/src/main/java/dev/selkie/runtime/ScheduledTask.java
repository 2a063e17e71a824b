package dev.selkie.runtime;

import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RunnableScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A task of a loop as the future of its result, to be run once or periodically. */
final class ScheduledTask<T> extends FutureTask<T> implements RunnableScheduledFuture<T> {
  private final LoopExecutor loop;
  private final Timer timer = new Timer();

  /** Nanoseconds from one time to the next if positive, from an end on if negative; else 0. */
  private final long period;

  ScheduledTask(LoopExecutor loop, Callable<T> task, long nanos, long period) {
    super(task);
    this.loop = loop;
    this.period = period;
    timer.nanos = nanos;
  }

  LoopTimer timer() {
    return timer;
  }

  @Override
  public boolean isPeriodic() {
    return period != 0;
  }

  @Override
  public void run() {
    if (period == 0) {
      super.run();
    } else if (runAndReset()) {
      long now = loop.engine().nanoTime();
      timer.nanos = period > 0 ? timer.nanos + period : now - period;
      loop.rearm(this);
    }
  }

  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    // The loop's thread is not interrupted: it would be the next wait that sees it.
    boolean won = super.cancel(false);
    if (won) {
      loop.engine().disarm(timer);
    }
    return won;
  }

  @Override
  protected void done() {
    loop.somethingEnded();
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

  private void refuseToBlock() {
    if (!isDone()) {
      loop.refuseToBlock("a completion of your own, or a fiber");
    }
  }

  @Override
  public long getDelay(TimeUnit unit) {
    return unit.convert(timer.nanos - loop.engine().nanoTime(), TimeUnit.NANOSECONDS);
  }

  @Override
  public int compareTo(Delayed other) {
    long difference =
        other instanceof ScheduledTask<?> task
            ? timer.nanos - task.timer.nanos
            : getDelay(TimeUnit.NANOSECONDS) - other.getDelay(TimeUnit.NANOSECONDS);
    return Long.signum(difference);
  }

  private final class Timer extends LoopTimer {
    @Override
    boolean keepsOpen() {
      return period == 0;
    }

    @Override
    boolean isRevoked() {
      return isDone();
    }

    @Override
    boolean endsEarly() {
      return true;
    }

    @Override
    void closed() {
      ScheduledTask.this.cancel(false);
    }

    @Override
    void expired() {
      ScheduledTask.this.run();
    }
  }
}
