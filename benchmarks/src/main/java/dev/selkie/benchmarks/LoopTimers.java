package dev.selkie.benchmarks;

import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.LoopTimer;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;

/** Timers of an event loop that are set again and again, as libuv's are. */
final class LoopTimers implements TimersRunner.Timers {
  private static final long MILLI = 1_000_000;

  private final EventLoop loop = loop();
  private LoopTimer[] timers = {};
  private int left;
  private CompletableFuture<Void> expired = new CompletableFuture<>();

  LoopTimers() throws IOException {}

  /** A loop whose timers may be as late as libuv's, which count in milliseconds. */
  static EventLoop loop() throws IOException {
    return EventLoop.builder().timerSlack(Duration.ofMillis(1)).start();
  }

  /** Runs something on the loop and waits for its end. */
  private static void on(Executor loop, Runnable body) {
    CompletableFuture.runAsync(body, loop).join();
  }

  @Override
  public void prepare(int pending) {
    on(
        loop,
        () -> {
          TimersRunner.Delays delays = new TimersRunner.Delays();
          long now = loop.kernel().clock().nanoTime();
          for (int i = 0; i < pending; i++) {
            loop.timer(() -> {}).setAt(now + delays.farMillis() * MILLI);
          }
        });
  }

  @Override
  public void armAndCancel(int count) {
    on(
        loop,
        () -> {
          TimersRunner.Delays delays = new TimersRunner.Delays();
          long now = loop.kernel().clock().nanoTime();
          LoopTimer timer = loop.timer(() -> {});
          for (int i = 0; i < count; i++) {
            timer.setAt(now + delays.farMillis() * MILLI);
            timer.cancel();
          }
        });
  }

  /** Timers are made once, as in the twin in C. */
  @Override
  public void fire(int count, int deadlines) {
    if (timers.length != count) {
      timers = new LoopTimer[count];
      for (int i = 0; i < count; i++) {
        timers[i] = loop.timer(this::expire);
      }
    }
    expired = new CompletableFuture<>();
    on(
        loop,
        () -> {
          left = count;
          TimersRunner.Delays delays = new TimersRunner.Delays();
          long now = loop.kernel().clock().nanoTime();
          for (LoopTimer timer : timers) {
            timer.setAt(now + delays.millis(deadlines) * MILLI);
          }
        });
    expired.join();
  }

  private void expire() {
    if (--left == 0) {
      expired.complete(null);
    }
  }
}
