package dev.selkie.benchmarks;

import io.netty.util.HashedWheelTimer;
import io.netty.util.TimerTask;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Netty's hashed wheel, with a tick of a millisecond; it is armed from another thread. */
final class WheelTimers implements TimersRunner.Timers {
  private static final int TICKS = 16_384;

  private final HashedWheelTimer wheel =
      new HashedWheelTimer(
          Executors.defaultThreadFactory(), 1, TimeUnit.MILLISECONDS, TICKS, false);

  @Override
  public void prepare(int pending) {
    TimersRunner.Delays delays = new TimersRunner.Delays();
    for (int i = 0; i < pending; i++) {
      wheel.newTimeout(_ -> {}, delays.farMillis(), TimeUnit.MILLISECONDS);
    }
  }

  @Override
  public void armAndCancel(int count) {
    TimersRunner.Delays delays = new TimersRunner.Delays();
    for (int i = 0; i < count; i++) {
      wheel.newTimeout(_ -> {}, delays.farMillis(), TimeUnit.MILLISECONDS).cancel();
    }
  }

  @Override
  public void fire(int count, int deadlines) throws InterruptedException {
    CountDownLatch done = new CountDownLatch(1);
    AtomicInteger left = new AtomicInteger(count);
    TimerTask expire =
        _ -> {
          if (left.decrementAndGet() == 0) {
            done.countDown();
          }
        };
    TimersRunner.Delays delays = new TimersRunner.Delays();
    for (int i = 0; i < count; i++) {
      wheel.newTimeout(expire, delays.millis(deadlines), TimeUnit.MILLISECONDS);
    }
    done.await();
  }
}
