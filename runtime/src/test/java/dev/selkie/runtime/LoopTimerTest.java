package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Timers that are set again and again, by a clock that the test sets. */
final class LoopTimerTest {
  private static final Duration TEN = Duration.ofMillis(10);

  private final ManualClock time = new ManualClock();
  private final List<String> expired = new ArrayList<>();
  private final List<Throwable> thrown = new ArrayList<>();
  private EventLoop loop;

  @BeforeEach
  void open() throws IOException {
    loop =
        EventLoop.builder()
            .kernel(time)
            .uncaughtExceptionHandler((_, problem) -> thrown.add(problem))
            .open();
  }

  @AfterEach
  void close() {
    loop.close();
  }

  private LoopTimer timer(String name) {
    return loop.timer(() -> expired.add(name + "@" + time.millis()));
  }

  /** Does something on the loop at a time, and lets it run until nothing is due. */
  private void at(long millis, Runnable body) {
    time.millis(millis);
    loop.execute(body);
    while (!loop.isTerminated() && loop.runOnce(Duration.ZERO)) {
      // More may be due.
    }
  }

  @Test
  void expiresOnceEachTimeItIsSetAndNotBefore() {
    LoopTimer timer = timer("a");
    at(0, () -> timer.set(TEN));
    at(9, () -> assertThat(timer.isSet()).isTrue());
    assertThat(expired).isEmpty();
    at(10, () -> {});
    at(25, () -> assertThat(timer.isSet()).isFalse());
    at(30, () -> timer.set(TEN));
    at(60, () -> {});
    assertThat(expired).containsExactly("a@10", "a@60");
  }

  @Test
  void settingItWhileItIsSetMovesIt() {
    LoopTimer timer = timer("a");
    at(0, () -> timer.set(TEN));
    at(5, () -> timer.set(TEN));
    at(14, () -> {});
    assertThat(expired).isEmpty();
    at(15, () -> timer.set(Duration.ofHours(1)));
    assertThat(expired).as("what is due runs before what is handed in").containsExactly("a@15");
  }

  @Test
  void aSeriesThatIsSetByTheClockDoesNotDrift() {
    LoopTimer[] self = new LoopTimer[1];
    long[] next = {TEN.toNanos()};
    self[0] =
        loop.timer(() -> {
          expired.add("a@" + time.millis());
          next[0] += TEN.toNanos();
          self[0].setAt(next[0]);
        });
    at(0, () -> self[0].setAt(next[0]));
    at(13, () -> {});
    at(20, () -> {});
    assertThat(expired).containsExactly("a@13", "a@20");
  }

  @Test
  void thoseOfOneTimeExpireInTheOrderInWhichTheyWereSet() {
    LoopTimer a = timer("a");
    LoopTimer b = timer("b");
    at(
        0,
        () -> {
          a.set(TEN);
          b.set(TEN);
          a.set(TEN);
        });
    at(10, () -> {});
    assertThat(expired).containsExactly("b@10", "a@10");
  }

  @Test
  void aCancelledOneDoesNotExpireAndMayBeSetAgain() {
    LoopTimer timer = timer("a");
    at(
        0,
        () -> {
          assertThat(timer.cancel()).isFalse();
          timer.set(TEN);
          assertThat(timer.cancel()).isTrue();
          assertThat(timer.isSet()).isFalse();
        });
    at(20, () -> timer.set(TEN));
    at(30, () -> assertThat(timer.cancel()).isFalse());
    assertThat(expired).containsExactly("a@30");
    assertThat(thrown).isEmpty();
  }

  @Test
  void anActionMaySetItsOwnTimerAndMayThrow() {
    LoopTimer[] self = new LoopTimer[1];
    self[0] =
        loop.timer(() -> {
          self[0].set(TEN);
          throw new IllegalStateException("at " + time.millis());
        });
    at(0, () -> self[0].set(Duration.ofMillis(-5)));
    at(10, () -> {});
    assertThat(thrown).extracting(Throwable::getMessage).containsExactly("at 0", "at 10");
  }

  @Test
  void belongsToTheLoopsThread() {
    LoopTimer timer = timer("a");
    assertThatThrownBy(() -> timer.set(TEN))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("EventLoop.schedule");
    assertThatThrownBy(timer::cancel).isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(timer::isSet).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aMountedFiberMaySetIt() throws Exception {
    try (EventLoop own = EventLoop.builder().mountFibers(true).start()) {
      CompletableFuture<String> done = new CompletableFuture<>();
      LoopTimer timer = own.timer(() -> done.complete("expired"));
      own.fiber(
              () -> {
                timer.set(Duration.ofMillis(1));
                return timer.isSet();
              })
          .get(10, TimeUnit.SECONDS);
      assertThat(done.get(10, TimeUnit.SECONDS)).isEqualTo("expired");
    }
  }

  @Test
  void aLoopThatIsShutDownDoesNotWaitForIt() {
    LoopTimer timer = timer("a");
    at(
        0,
        () -> {
          timer.set(TEN);
          loop.shutdown();
        });
    assertThat(loop.isTerminated()).isTrue();
    assertThat(expired).isEmpty();
  }

  @Test
  void setDuringACancellationItIsDropped() {
    LoopTimer timer = timer("a");
    at(
        0,
        () -> {
          loop.shutdownNow();
          timer.set(TEN);
        });
    assertThat(loop.isTerminated()).isTrue();
    assertThat(expired).isEmpty();
    assertThat(thrown).isEmpty();
  }
}
