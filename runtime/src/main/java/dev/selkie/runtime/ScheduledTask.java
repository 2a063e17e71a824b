package dev.selkie.runtime;

import dev.selkie.runtime.Closing.Phase;
import java.util.concurrent.Callable;
import java.util.concurrent.Delayed;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RunnableScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** A task of a loop as the future of its result, to be run once or periodically. */
final class ScheduledTask<T> extends FutureTask<T> implements RunnableScheduledFuture<T> {
  private final LoopExecutor loop;
  private final Timer timer = new Timer();

  /** Nanoseconds from one time to the next, or from an end to the next time; 0: it runs once. */
  private final long period;

  /** Null if the period counts from an end. */
  private final @Nullable MissedTicks missed;

  /** A task that runs once. */
  ScheduledTask(LoopExecutor loop, Callable<T> task, long nanos) {
    this(loop, task, nanos, 0, null);
  }

  /** One that runs periodically. */
  ScheduledTask(
      LoopExecutor loop, Callable<T> task, long nanos, long period, @Nullable MissedTicks missed) {
    super(task);
    this.loop = loop;
    this.period = period;
    this.missed = missed;
    timer.nanos = nanos;
  }

  LoopDeadline timer() {
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
      return;
    }
    if (loop.isShutdown()) {
      cancel(false);
      return;
    }
    long began = missed == MissedTicks.DELAY ? loop.engine().nanoTime() : 0;
    if (runAndReset()) {
      long ended = loop.engine().nanoTime();
      timer.nanos =
          missed == null ? ended + period : missed.next(timer.nanos, began, ended, period);
      loop.engine().arm(timer);
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
    loop.refuseToAwait(this, "a completion of your own");
    return super.get();
  }

  @Override
  public T get(long timeout, TimeUnit unit)
      throws InterruptedException, ExecutionException, TimeoutException {
    loop.refuseToAwait(this, "a completion of your own");
    return super.get(timeout, unit);
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

  private final class Timer extends LoopDeadline {
    @Override
    boolean keepsOpen() {
      return period == 0;
    }

    @Override
    boolean isRevoked() {
      return isDone();
    }

    @Override
    Phase endsIn() {
      return period == 0 ? Phase.CANCELLED : Phase.SHUTDOWN;
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
