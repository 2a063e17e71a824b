package dev.selkie.benchmarks;

import org.HdrHistogram.Histogram;

/** The wake experiments with queues in which threads wait. */
final class QueueWakes implements WakeRunner.Experiments {
  /** Time for the waiting thread to fall asleep; the twin in C has the same. */
  static final long ASLEEP_NANOS = 30_000;

  private static final long AWAKE = 0;
  private static final int DIGITS = 3;

  private final Waiter ours;
  private final Waiter theirs;
  private final Histogram latencies = new Histogram(DIGITS);

  /** When the sleeper was woken, or {@link #AWAKE} once it knows. */
  private volatile long wokenAt;

  private volatile boolean waiting;
  private volatile boolean stop;
  private volatile long turn;

  QueueWakes(Waiter ours, Waiter theirs) {
    this.ours = ours;
    this.theirs = theirs;
  }

  @Override
  public void latency(long nanos) throws Exception {
    latencies.reset();
    stop = false;
    waiting = false;
    wokenAt = AWAKE;
    Thread sleeper = start(this::sleep);
    long end = System.nanoTime() + nanos;
    while (!stop) {
      while (!waiting) {
        Thread.onSpinWait();
      }
      waiting = false;
      WakeRunner.spin(ASLEEP_NANOS);
      stop = System.nanoTime() >= end;
      wokenAt = System.nanoTime();
      theirs.wake();
    }
    sleeper.join();
    answer(latencies);
  }

  static void answer(Histogram latencies) {
    ChildMain.answer(
        "wakes=%d p50=%d p99=%d max=%d",
        latencies.getTotalCount(),
        latencies.getValueAtPercentile(50),
        latencies.getValueAtPercentile(99),
        latencies.getMaxValue());
  }

  private void sleep() throws Exception {
    while (true) {
      waiting = true;
      do {
        theirs.await();
      } while (wokenAt == AWAKE);
      long now = System.nanoTime();
      if (stop) {
        return;
      }
      latencies.recordValue(now - wokenAt);
      wokenAt = AWAKE;
    }
  }

  @Override
  public void pingPong(long nanos) throws Exception {
    stop = false;
    turn = 0;
    Thread partner = start(this::answerTurns);
    long start = System.nanoTime();
    long wakes = 0;
    while (!stop) {
      long mine = turn;
      stop = System.nanoTime() - start >= nanos;
      turn = mine + 1;
      theirs.wake();
      while (turn == mine + 1) {
        ours.await();
      }
      wakes += 2;
    }
    long elapsed = System.nanoTime() - start;
    partner.join();
    ChildMain.answer("wakes=%d nanos=%d", wakes, elapsed);
  }

  /** Odd turns are the partner's. */
  private void answerTurns() throws Exception {
    boolean last;
    do {
      while (turn % 2 == 0) {
        theirs.await();
      }
      last = stop;
      turn++;
      ours.wake();
    } while (!last);
  }

  private interface Body {
    void run() throws Exception;
  }

  private static Thread start(Body body) {
    return Thread.ofPlatform()
        .daemon()
        .start(() -> {
          try {
            body.run();
          } catch (Exception e) {
            ChildMain.fail(e);
          }
        });
  }
}
