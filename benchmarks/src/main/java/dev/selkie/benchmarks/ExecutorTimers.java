package dev.selkie.benchmarks;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** Timers of an executor of one thread: a future each, armed and cancelled on its thread. */
final class ExecutorTimers implements TimersRunner.Timers {
  private final ScheduledExecutorService executor;
  private int left;

  ExecutorTimers(ScheduledExecutorService executor) {
    this.executor = executor;
  }

  /** The JDK's, which keeps cancelled ones until their time unless told otherwise. */
  static ScheduledExecutorService ofJdk() {
    ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1);
    executor.setRemoveOnCancelPolicy(true);
    return executor;
  }

  private static void nothing() {}

  @Override
  public void prepare(int pending) throws Exception {
    TimersRunner.Delays delays = new TimersRunner.Delays();
    executor
        .submit(() -> {
          for (int i = 0; i < pending; i++) {
            var _ =
                executor.schedule(
                    ExecutorTimers::nothing, delays.farMillis(), TimeUnit.MILLISECONDS);
          }
        })
        .get();
  }

  @Override
  public void armAndCancel(int count) throws Exception {
    TimersRunner.Delays delays = new TimersRunner.Delays();
    executor
        .submit(() -> {
          for (int i = 0; i < count; i++) {
            executor
                .schedule(ExecutorTimers::nothing, delays.farMillis(), TimeUnit.MILLISECONDS)
                .cancel(false);
          }
        })
        .get();
  }

  @Override
  public void fire(int count, int deadlines) throws Exception {
    CountDownLatch done = new CountDownLatch(1);
    Runnable expire =
        () -> {
          if (--left == 0) {
            done.countDown();
          }
        };
    TimersRunner.Delays delays = new TimersRunner.Delays();
    executor
        .submit(() -> {
          left = count;
          for (int i = 0; i < count; i++) {
            var _ = executor.schedule(expire, delays.millis(deadlines), TimeUnit.MILLISECONDS);
          }
        })
        .get();
    done.await();
  }
}
