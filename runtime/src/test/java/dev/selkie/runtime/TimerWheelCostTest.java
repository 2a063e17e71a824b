package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** A wheel allocates nothing once it is made, nor does a timer. */
final class TimerWheelCostTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final int TIMERS = 10_000;
  private static final int ROUNDS = 20;
  private static final Duration DELAY = Duration.ofMillis(1);
  private static final long SPREAD = 1_000_003;

  private final Timer[] timers = new Timer[TIMERS];
  private final TimerWheel wheel = new TimerWheel(0);
  private long now;
  private int handedOut;

  private static final class Timer extends Deadline {
    @Override
    void expired() {}
  }

  private void makeTimers() {
    for (int i = 0; i < TIMERS; i++) {
      timers[i] = new Timer();
    }
  }

  private void armAll() {
    for (int i = 0; i < TIMERS; i++) {
      wheel.arm(timers[i], now + i % 100 * SPREAD);
    }
  }

  private void armAndCancel() {
    armAll();
    for (Timer timer : timers) {
      wheel.cancel(timer);
    }
  }

  private void armAndTake() {
    armAll();
    while (!wheel.isEmpty()) {
      now = Math.max(now, wheel.nearest());
      wheel.advance(now);
      while (wheel.poll() != null) {
        handedOut++;
      }
    }
  }

  /** The fewest bytes that a round has allocated; the compiler needs some rounds to settle. */
  private static long fewestBytes(Runnable round) {
    long fewest = Long.MAX_VALUE;
    for (int i = 0; i < ROUNDS; i++) {
      long before = THREADS.getCurrentThreadAllocatedBytes();
      round.run();
      fewest = Math.min(fewest, THREADS.getCurrentThreadAllocatedBytes() - before);
    }
    return fewest;
  }

  @Test
  void armingCancellingAndTakingAllocateNothing() {
    makeTimers();
    long bytes =
        fewestBytes(() -> {
          armAndCancel();
          armAndTake();
        });
    assertThat(bytes).isZero();
    assertThat(handedOut).isEqualTo(ROUNDS * TIMERS);
  }

  @Test
  void settingAndCancellingATimerOfALoopAllocatesNothing() throws IOException {
    try (EventLoop loop = EventLoop.builder().open()) {
      LoopTimer timer = loop.timer(() -> {});
      AtomicLong bytes = new AtomicLong(Long.MAX_VALUE);
      loop.execute(() ->
          bytes.set(
              fewestBytes(() -> {
                for (int i = 0; i < TIMERS; i++) {
                  timer.set(DELAY);
                  timer.cancel();
                }
              })));
      assertThat(loop.runOnce(Duration.ZERO)).isTrue();
      assertThat(bytes).hasValue(0);
    }
  }

  /** Its header, its time and two references: 32 bytes where references are compressed. */
  @Test
  void aDeadlineTakes32BytesAtMost() {
    assertThat(fewestBytes(this::makeTimers)).isLessThanOrEqualTo(32L * TIMERS);
  }
}
