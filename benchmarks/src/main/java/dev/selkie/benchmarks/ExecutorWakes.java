package dev.selkie.benchmarks;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;

/** The wake experiments with event loops: a wake is a task handed to a loop that sleeps. */
final class ExecutorWakes implements WakeRunner.Experiments {
  private static final int DIGITS = 3;
  private static final int GRACE_SECONDS = 10;

  private final Executor first;
  private final Executor second;
  private final Histogram latencies = new Histogram(DIGITS);
  private volatile boolean awake;
  private long wokenAt;
  private long wakes;
  private long end;
  private CountDownLatch done = new CountDownLatch(1);

  ExecutorWakes(Executor first, Executor second) {
    this.first = first;
    this.second = second;
  }

  @Override
  public void latency(long nanos) {
    latencies.reset();
    long end = System.nanoTime() + nanos;
    do {
      awake = false;
      WakeRunner.spin(QueueWakes.ASLEEP_NANOS);
      wokenAt = System.nanoTime();
      first.execute(this::record);
      while (!awake) {
        Thread.onSpinWait();
      }
    } while (System.nanoTime() < end);
    QueueWakes.answer(latencies);
  }

  private void record() {
    latencies.recordValue(System.nanoTime() - wokenAt);
    awake = true;
  }

  @Override
  public void pingPong(long nanos) throws Exception {
    long start = System.nanoTime();
    wakes = 0;
    end = start + nanos;
    done = new CountDownLatch(1);
    first.execute(this::ping);
    if (!done.await(TimeUnit.NANOSECONDS.toSeconds(nanos) + GRACE_SECONDS, TimeUnit.SECONDS)) {
      throw new IllegalStateException("a wake was lost");
    }
    ChildMain.answer("wakes=%d nanos=%d", wakes, System.nanoTime() - start);
  }

  private void ping() {
    wakes += 2;
    if (System.nanoTime() >= end) {
      done.countDown();
    } else {
      second.execute(this::pong);
    }
  }

  private void pong() {
    first.execute(this::ping);
  }
}
