package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Intervals, and the slack of timers, by a clock that the test sets. */
@SuppressWarnings("FutureReturnValueIgnored")
final class IntervalTest {
  private static final Duration TEN = Duration.ofMillis(10);

  private final ManualClock time = new ManualClock();
  private final List<Long> ticks = new ArrayList<>();
  private final EventLoop loop = opened(Duration.ZERO);

  private EventLoop opened(Duration slack) {
    try {
      return EventLoop.builder().kernel(time).timerSlack(slack).open();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @AfterEach
  void close() {
    loop.close();
  }

  /** Lets the loop run at a time until nothing is due. */
  private void at(EventLoop which, long millis) {
    time.millis(millis);
    while (!which.isTerminated() && which.runOnce(Duration.ZERO)) {
      // More may be due.
    }
  }

  @ParameterizedTest
  @CsvSource({
    "BURST, '10, 42, 42, 42, 50, 60'",
    "DELAY, '10, 42, 52, 62'",
    "SKIP, '10, 42, 50, 60'"
  })
  void whatALoopThatIsHeldHasMissedIsMadeUpForDelayedOrSkipped(MissedTicks missed, String wanted) {
    loop.every(TEN, missed, () -> ticks.add(time.millis()));
    at(loop, 0);
    for (int i = 1; i <= 15; i++) {
      at(loop, i);
    }
    for (int i = 42; i < 65; i++) {
      at(loop, i);
    }
    assertThat(ticks.toString()).isEqualTo("[" + wanted + "]");
  }

  @ParameterizedTest
  @CsvSource({
    "BURST, '10, 35, 35, 40, 50, 60'",
    "DELAY, '10, 35, 45, 55'",
    "SKIP, '10, 40, 50, 60'"
  })
  void aTickThatTakesLongerThanThePeriodMissesTheNext(MissedTicks missed, String wanted) {
    loop.every(
        TEN,
        missed,
        () -> {
          ticks.add(time.millis());
          if (ticks.size() == 1) {
            time.millis(35);
          }
        });
    at(loop, 0);
    at(loop, 10);
    for (int i = 35; i < 65; i++) {
      at(loop, i);
    }
    assertThat(ticks.toString()).isEqualTo("[" + wanted + "]");
  }

  @ParameterizedTest
  @EnumSource(MissedTicks.class)
  void anIntervalThatIsInTimeTicksAtTheMultiplesOfItsPeriod(MissedTicks missed) {
    ScheduledFuture<?> interval = loop.every(TEN, missed, () -> ticks.add(time.millis()));
    for (int i = 0; i <= 35; i++) {
      at(loop, i);
    }
    assertThat(ticks).containsExactly(10L, 20L, 30L);
    interval.cancel(false);
    at(loop, 100);
    assertThat(ticks).as("cancelled").hasSize(3);
  }

  @Test
  void intervalsOfOneDeadlineTickInTheOrderInWhichTheyWereMade() {
    List<String> order = new ArrayList<>();
    for (String name : List.of("a", "b", "c")) {
      loop.every(TEN, MissedTicks.SKIP, () -> order.add(name));
    }
    at(loop, 0);
    at(loop, 10);
    at(loop, 20);
    assertThat(order).containsExactly("a", "b", "c", "a", "b", "c");
  }

  @Test
  void anIntervalEndsWhenItThrowsAndWithTheLoop() {
    ScheduledFuture<?> throwing =
        loop.every(
            TEN,
            MissedTicks.BURST,
            () -> {
              ticks.add(time.millis());
              throw new IllegalStateException("tick");
            });
    at(loop, 0);
    at(loop, 50);
    assertThat(ticks).hasSize(1);
    assertThat(throwing.state()).isEqualTo(Future.State.FAILED);
    assertThat(throwing.exceptionNow()).hasMessage("tick");
    ScheduledFuture<?> endless = loop.every(TEN, MissedTicks.BURST, () -> {});
    loop.shutdown();
    at(loop, 100);
    assertThat(endless.isCancelled()).isTrue();
    assertThatThrownBy(() -> loop.every(TEN, MissedTicks.BURST, () -> {}))
        .isInstanceOf(RejectedExecutionException.class);
    assertThatThrownBy(() -> loop.every(Duration.ZERO, MissedTicks.BURST, () -> {}))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aPeriodOfAgesDoesNotOverflow() {
    loop.scheduleAtFixedRate(() -> ticks.add(1L), 0, Long.MAX_VALUE, TimeUnit.DAYS);
    loop.scheduleWithFixedDelay(() -> ticks.add(2L), 0, Long.MAX_VALUE, TimeUnit.NANOSECONDS);
    at(loop, 0);
    at(loop, 1000);
    assertThat(ticks).containsExactly(1L, 2L);
  }

  @Test
  void timersWithinOneSlackShareAWakeUpInTheOrderOfTheirTimes() {
    try (EventLoop slack = opened(TEN)) {
      time.millis(3);
      for (long delay : new long[] {8, 2, 5, 2}) {
        slack.schedule(() -> ticks.add(delay), delay, TimeUnit.MILLISECONDS);
      }
      slack.schedule(() -> ticks.add(0L), 2, TimeUnit.MILLISECONDS);
      slack.runOnce(Duration.ZERO);
      assertThat(slack.nanosToNextDeadline()).as("from 3 to 10").isEqualTo(7_000_000);
      at(slack, 10);
      assertThat(ticks).as("of 5, 5, 5 and 8, not of 11").containsExactly(2L, 2L, 0L, 5L);
      assertThat(slack.nanosToNextDeadline()).isEqualTo(10_000_000);
      at(slack, 20);
      assertThat(ticks).endsWith(8L);
    }
  }

  @Test
  void withSlackNothingIsEarlyAndWhatIsDueRunsWhenTheLoopIsAwake() {
    try (EventLoop slack = opened(TEN)) {
      slack.schedule(() -> ticks.add(time.millis()), 5, TimeUnit.MILLISECONDS);
      slack.schedule(() -> ticks.add(time.millis()), 10, TimeUnit.MILLISECONDS);
      at(slack, 4);
      assertThat(ticks).isEmpty();
      at(slack, 6);
      assertThat(ticks).as("something else has woken it").containsExactly(6L);
      assertThat(slack.nanosToNextDeadline()).as("a multiple itself").isEqualTo(4_000_000);
      at(slack, 10);
      assertThat(ticks).containsExactly(6L, 10L);
    }
    assertThatThrownBy(() -> EventLoop.builder().timerSlack(Duration.ofNanos(-1)))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aLoopSleepsUntilTheMultipleOfItsSlack() throws Exception {
    try (EventLoop slack =
        EventLoop.builder().timerSlack(Duration.ofMillis(20)).watchdog(Duration.ZERO).open()) {
      List<Long> late = new ArrayList<>();
      long start = System.nanoTime();
      for (int i = 1; i <= 5; i++) {
        long due = System.nanoTime() + i * 1_000_000L;
        slack.schedule(() -> late.add(System.nanoTime() - due), i, TimeUnit.MILLISECONDS);
      }
      int turns = 0;
      while (late.size() < 5) {
        slack.runOnce(Duration.ofSeconds(10));
        turns++;
      }
      assertThat(late).allMatch(nanos -> nanos >= 0);
      long multiples = 1 + (System.nanoTime() - start) / Duration.ofMillis(20).toNanos();
      assertThat((long) turns)
          .as("the one that arms, one a multiple, one that the system ended early; not one a timer")
          .isBetween(2L, 2 + multiples);
    }
  }
}
