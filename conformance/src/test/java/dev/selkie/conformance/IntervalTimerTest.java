package dev.selkie.conformance;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.Source;
import dev.selkie.kernel.Clock;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.SystemCall;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.simulation.SimulatedKernel;
import dev.selkie.source.IntervalTimer;
import dev.selkie.source.PipePair;
import dev.selkie.source.Tick;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Timers as sources: when they expire, what they count, and what setting the clock does. */
@Contract
final class IntervalTimerTest extends QueueCases {
  private static final Duration SHORT = Duration.ofMillis(5);
  private static final Duration LONG = Duration.ofDays(1);
  private static final long MILLI = 1_000_000;
  private static final int MANY = 20;

  private Clock clock;
  private IntervalTimer timer;

  IntervalTimerTest(Configuration configuration) {
    super(configuration);
  }

  @BeforeEach
  void openTimer() throws IOException {
    clock = kernel.clock();
    timer = IntervalTimer.open(kernel);
  }

  @AfterEach
  void closeTimer() {
    timer.close();
  }

  /** Waits until a timer has something to tell, and takes it. */
  private Tick tick(IntervalTimer source) throws IOException {
    long start = System.nanoTime();
    while (System.nanoTime() - start < Ready.DEADLINE.toNanos()) {
      Ready.await(configuration, source, Interest.READABLE);
      Tick tick = source.poll();
      if (tick != null) {
        return tick;
      }
    }
    throw new AssertionError(source + " tells nothing in " + Ready.DEADLINE);
  }

  private void assertSilent() throws IOException {
    assertThat(timer.poll()).isNull();
    assertThat(Ready.within(configuration, timer, Interest.READABLE, SHORT)).isFalse();
    assertThat(timer.poll()).isNull();
  }

  private Instant timeOfDay() {
    return Instant.ofEpochMilli(clock.currentTimeMillis());
  }

  @Test
  void aTimerExpiresOnceAfterItsDelayAndNeverEarlier() throws IOException {
    assertSilent();
    for (long nanos : new long[] {1, 1_000, 300_000, 999_999, MILLI, 1_000_001, 7_500_000}) {
      long start = clock.nanoTime();
      timer.startAfter(Duration.ofNanos(nanos));
      assertThat(tick(timer).count()).isOne();
      assertThat(clock.nanoTime() - start).isGreaterThanOrEqualTo(nanos);
      assertThat(timer.poll()).isNull();
    }
    assertSilent();
  }

  @Test
  void aDelayOfNothingIsOverAtOnceAndSoIsWhatIsPast() throws IOException {
    for (Duration delay :
        List.of(Duration.ZERO, Duration.ofDays(-1), Duration.ofSeconds(-1L << 62))) {
      timer.startAfter(delay);
      assertThat(tick(timer).count()).isOne();
    }
    for (Instant time : List.of(timeOfDay().minusSeconds(1), Instant.EPOCH, Instant.MIN)) {
      timer.startAt(time);
      assertThat(tick(timer)).isEqualTo(new Tick(1));
    }
    timer.startEvery(Duration.ZERO, LONG);
    assertThat(tick(timer).count()).isOne();
    assertSilent();
  }

  @Test
  void whatIsFarAwayDoesNotOverflow() throws IOException {
    Duration most = Duration.ofSeconds(Long.MAX_VALUE, 999_999_999);
    for (Duration delay : List.of(LONG, Duration.ofDays(30 * 365), most)) {
      timer.startAfter(delay);
      assertSilent();
      timer.startEvery(delay);
      assertSilent();
      timer.startEvery(Duration.ZERO, delay);
      assertThat(tick(timer).count()).isOne();
      assertSilent();
    }
    for (Instant time :
        List.of(timeOfDay().plus(LONG), Instant.parse("2286-01-01T00:00:00Z"), Instant.MAX)) {
      timer.startAt(time);
      assertSilent();
    }
    timer.startAt(timeOfDay(), most);
    assertThat(tick(timer).count()).isOne();
    assertSilent();
  }

  @Test
  void aPeriodKeepsItsPaceAndCountsWhatWasNotTakenInTime() throws IOException {
    for (long interval : new long[] {250_000, MILLI, 3 * MILLI}) {
      long start = clock.nanoTime();
      timer.startEvery(Duration.ofNanos(interval));
      long count = 0;
      for (int i = 0; i < 4; i++) {
        Tick tick = tick(timer);
        assertThat(tick.count()).isPositive();
        assertThat(tick.overruns()).isEqualTo(tick.count() - 1);
        count += tick.count();
        assertThat(clock.nanoTime() - start)
            .as("never early")
            .isGreaterThanOrEqualTo(count * interval);
      }
      try (IntervalTimer other = IntervalTimer.after(kernel, Duration.ofNanos(10 * interval))) {
        tick(other); // in which nobody takes them
      }
      Tick late = tick(timer);
      assertThat(late.overruns()).isGreaterThanOrEqualTo(8);
      assertThat(clock.nanoTime() - start)
          .isGreaterThanOrEqualTo((count + late.count()) * interval);
    }
  }

  @Test
  void theFirstTimeMayDifferFromThePeriod() throws IOException {
    long start = clock.nanoTime();
    timer.startEvery(Duration.ofMillis(8), Duration.ofMillis(2));
    assertThat(tick(timer).count()).isPositive();
    assertThat(clock.nanoTime() - start).isGreaterThanOrEqualTo(8 * MILLI);
    Tick next = tick(timer);
    assertThat(clock.nanoTime() - start).isGreaterThanOrEqualTo((8 + 2 * next.count()) * MILLI);
    timer.startEvery(Duration.ofMillis(1), LONG);
    assertThat(tick(timer).count()).isOne();
    assertSilent();
  }

  @Test
  void aTimerIsStartedAgainInsideItsOwnEvent() throws IOException {
    queue.register(timer, Interest.READABLE, "timer");
    timer.startAfter(Duration.ofMillis(1));
    for (int i = 1; i <= 5; i++) {
      assertThat(Report.only(queue)).hasToString("timer: readable");
      Tick tick = timer.poll();
      if (tick == null) {
        i--; // a kqueue that looked in between
        continue;
      }
      assertThat(tick.count()).isOne();
      timer.startAfter(i % 2 == 0 ? Duration.ZERO : Duration.ofMillis(1));
    }
    Report.only(queue);
    timer.startAfter(LONG); // without taking what it had to tell
    assertThat(timer.poll()).isNull();
    Report.none(queue);
  }

  @Test
  void whatATimerHadToTellIsGoneOnceItIsStoppedOrStartedAgain() throws IOException {
    timer.startEvery(Duration.ofMillis(1));
    Ready.await(configuration, timer, Interest.READABLE);
    timer.stop();
    assertSilent();
    timer.stop();
    timer.startAfter(Duration.ZERO);
    Ready.await(configuration, timer, Interest.READABLE);
    timer.startAt(timeOfDay().plus(LONG));
    assertSilent();
    timer.startAfter(Duration.ZERO);
    assertThat(tick(timer).count()).isOne();
  }

  @Test
  @Needs(Ability.EDGE)
  void anEdgeIsReportedForEachExpirationThatIsTaken() throws IOException {
    queue.register(timer, Interest.READABLE.edge(), "timer");
    for (int i = 0; i < 3; i++) {
      timer.startAfter(Duration.ofMillis(1));
      Tick tick = null;
      while (tick == null) {
        assertThat(Report.only(queue)).hasToString("timer: readable");
        tick = timer.poll();
      }
      assertThat(timer.poll()).isNull();
    }
    Report.none(queue);
  }

  @Test
  void manyTimersInOneQueueExpireOnceEachAndNoneEarly() throws IOException {
    List<IntervalTimer> timers = new ArrayList<>();
    try (EventQueue<Integer> numbered = configuration.queue(kernel)) {
      for (int i = 0; i < MANY; i++) {
        timers.add(IntervalTimer.open(kernel));
        numbered.register(timers.get(i), Interest.READABLE, i);
      }
      long[] due = new long[MANY];
      for (int i = MANY; i-- > 0; ) { // the last expires first
        Duration delay = Duration.ofMillis(MANY - i);
        due[i] = clock.nanoTime() + delay.toNanos();
        timers.get(i).startAfter(delay);
      }
      Set<Integer> expired = new HashSet<>();
      while (expired.size() < MANY) {
        for (int i : Report.attachments(Report.next(numbered))) {
          if (timers.get(i).poll() != null) {
            assertThat(clock.nanoTime()).isGreaterThanOrEqualTo(due[i]);
            assertThat(expired.add(i)).isTrue();
          }
        }
      }
      assertThat(numbered.await(SHORT).isEmpty()).isTrue();
    } finally {
      timers.forEach(IntervalTimer::close);
    }
  }

  @Test
  void aTimeOfDayIsNotComeBeforeTheClockShowsIt() throws IOException {
    for (int i = 0; i < 3; i++) {
      Instant time = timeOfDay().plusNanos(7_300_000);
      timer.startAt(time);
      assertThat(tick(timer)).isEqualTo(new Tick(1));
      assertThat(timeOfDay().plusMillis(1)).isAfterOrEqualTo(time); // shown in milliseconds
    }
    assertSilent();
    Instant first = timeOfDay().plusMillis(2);
    timer.startAt(first, Duration.ofMillis(3));
    long count = 0;
    for (int i = 0; i < 4; i++) {
      Tick tick = tick(timer);
      assertThat(tick.clockWasSet()).isFalse();
      count += tick.count();
      assertThat(timeOfDay()).isAfterOrEqualTo(first.plusMillis(3 * (count - 1)));
    }
    Instant past = timeOfDay().minusSeconds(10);
    timer.startAt(past, Duration.ofSeconds(1));
    assertThat(tick(timer).count())
        .as("each time that is past")
        .isBetween(10L, Duration.between(past, timeOfDay()).toSeconds() + 1);
  }

  @Test
  void whatBeganBefore1970KeepsItsPhase() throws IOException {
    for (Instant time : List.of(Instant.parse("1969-12-31T23:59:59Z"), Instant.MIN)) {
      Instant due = timeOfDay().plusMillis(8);
      Duration since = Duration.between(time, due);
      long times = due.toEpochMilli() / LONG.toMillis() + 1;
      timer.startAt(time.plus(since.minus(LONG.multipliedBy(since.toDays()))), LONG);
      long count = 0;
      while (count < times) {
        count += tick(timer).count();
      }
      assertThat(count).isEqualTo(times);
      assertThat(timeOfDay().plusMillis(1)).isAfterOrEqualTo(due);
      assertSilent();
    }
  }

  @Test
  @Needs(Ability.SET_CLOCK)
  void aClockThatIsSetIsToldAndItsTimeIsWhatCounts() throws IOException {
    SimulatedKernel simulated = (SimulatedKernel) host;
    timer.startAt(timeOfDay().plus(LONG));
    assertSilent();
    simulated.setTimeOfDay(timeOfDay().plus(LONG).plusSeconds(1));
    assertTold();
    assertThat(tick(timer)).as("past by now").isEqualTo(new Tick(1));
    simulated.setTimeOfDay(timeOfDay().plus(LONG));
    assertSilent(); // it is over

    timer.startAt(timeOfDay().plusMillis(20));
    simulated.setTimeOfDay(timeOfDay().minusSeconds(60));
    assertTold();
    assertSilent();
    simulated.setTimeOfDay(timeOfDay().plusSeconds(61));
    assertTold();
    assertThat(tick(timer)).isEqualTo(new Tick(1));
  }

  @Test
  @Needs(Ability.SET_CLOCK)
  void eachTimeOfDayIsToldOnceWhateverTheClockDoes() throws IOException {
    SimulatedKernel simulated = (SimulatedKernel) host;
    Instant first = timeOfDay();
    timer.startAt(first, LONG);
    assertThat(tick(timer)).isEqualTo(new Tick(1));
    simulated.setTimeOfDay(first.plus(LONG.multipliedBy(5)).plusSeconds(1));
    assertTold();
    assertThat(tick(timer)).isEqualTo(new Tick(5));
    simulated.setTimeOfDay(first.plus(LONG.multipliedBy(3)));
    assertTold();
    assertSilent();
    simulated.setTimeOfDay(first.plus(LONG.multipliedBy(6)));
    assertTold();
    assertThat(tick(timer)).isEqualTo(new Tick(1));
    assertSilent();
  }

  /** Linux says so with an error, having started the timer: timerfd_create(2), NOTES. */
  @Test
  @Needs(Ability.SET_CLOCK)
  void aTimerIsStartedAgainBeforeItToldThatTheClockWasSet() throws IOException {
    timer.startAt(timeOfDay().plus(LONG));
    ((SimulatedKernel) host).setTimeOfDay(timeOfDay().plusSeconds(1));
    timer.startAt(timeOfDay().plusMillis(5));
    assertThat(tick(timer)).isEqualTo(new Tick(1));
    assertSilent();
  }

  @Test
  void whatIsStartedWhileTheClockIsSetIsStarted() throws IOException {
    faults.on(SystemCall.TIMER_SET).times(1).failAfter(Errno.ECANCELED);
    timer.startAt(timeOfDay().plusMillis(2));
    assertThat(tick(timer)).isEqualTo(new Tick(1));
    assertSilent();
  }

  @Test
  @Needs(Ability.SET_CLOCK)
  void aDelayDoesNotMindTheClock() throws IOException {
    SimulatedKernel simulated = (SimulatedKernel) host;
    timer.startEvery(Duration.ofMillis(2));
    simulated.setTimeOfDay(timeOfDay().plus(LONG));
    long start = clock.nanoTime();
    Tick tick = tick(timer);
    assertThat(tick.clockWasSet()).isFalse();
    timer.startAfter(LONG);
    simulated.setTimeOfDay(timeOfDay().plus(LONG.multipliedBy(3)));
    assertSilent();
    assertThat(clock.nanoTime() - start).isLessThan(LONG.toNanos());
  }

  /** A kqueue does not become readable for it at once, yet whoever asks is told. */
  private void assertTold() throws IOException {
    if (!configuration.backend().equals("kqueue")) {
      Ready.await(configuration, timer, Interest.READABLE);
    }
    Tick tick = timer.poll();
    assertThat(tick).isNotNull();
    assertThat(tick.clockWasSet()).isTrue();
    assertThat(tick.overruns()).isZero();
  }

  @Test
  void aTimerIsHandedOverAndGoesOn() throws IOException {
    timer.startAfter(Duration.ofMillis(1));
    int number = timer.detach();
    assertThatThrownBy(timer::poll).isInstanceOf(ClosedChannelException.class);
    try (IntervalTimer taken = IntervalTimer.adopt(kernel, number)) {
      assertThat(tick(taken).count()).isOne();
      taken.startEvery(Duration.ofMillis(1));
      assertThat(tick(taken).count()).isPositive();
      assertThat(taken).hasToString("IntervalTimer fd " + number);
    }
    assertThatThrownBy(() -> IntervalTimer.adopt(kernel, number))
        .isInstanceOf(SystemCallException.class)
        .hasMessageMatching("fcntl\\(fd \\d+\\): EBADF .*");
  }

  @Test
  void whatIsNoTimerIsRefusedAndLeftAsItIs() throws IOException {
    try (PipePair pipe = PipePair.open(kernel)) {
      ByteBuffer text = ByteBuffer.wrap("eight by".getBytes(US_ASCII));
      pipe.writer().write(text);
      for (Source end : List.of(pipe.reader(), pipe.writer())) {
        int number = end.descriptor().number();
        assertThatIllegalArgumentException()
            .isThrownBy(() -> IntervalTimer.adopt(kernel, number))
            .withMessage("fd " + number + " is no timer");
      }
      assertThat(pipe.reader().available()).isEqualTo(text.capacity());
      timer.close();
      int number = kernel.files().duplicate(pipe.reader().descriptor().number());
      try {
        assertThatIllegalArgumentException()
            .as("of the number's last owner")
            .isThrownBy(() -> IntervalTimer.adopt(kernel, number));
      } finally {
        kernel.files().close(number);
      }
    }
  }

  @Test
  void aClosedTimerIsReportedNoMoreAndRefusesAll() throws IOException {
    queue.register(timer, Interest.READABLE, "timer");
    timer.startEvery(Duration.ofMillis(1));
    Report.only(queue);
    timer.close();
    timer.close();
    Report.none(queue);
    assertThat(timer.isOpen()).isFalse();
    assertThatThrownBy(timer::poll).isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(timer::stop).isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(() -> timer.startAfter(SHORT)).isInstanceOf(ClosedChannelException.class);
    try (IntervalTimer newcomer = IntervalTimer.open(kernel)) {
      assertThat(newcomer.poll()).as("of the number's last owner").isNull();
    }
  }

  @Test
  void anIntervalMustBePositive() {
    for (Duration interval : List.of(Duration.ZERO, Duration.ofNanos(-1))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> IntervalTimer.every(kernel, interval))
          .withMessage(
              "an interval of " + interval + ": it must be positive; startAfter expires once");
      assertThatIllegalArgumentException().isThrownBy(() -> timer.startAt(Instant.EPOCH, interval));
    }
  }

  @Test
  void whatTheSystemRefusesIsToldAndLeavesNothing() throws IOException {
    faults.on(SystemCall.TIMER_CREATE).times(1).fail(Errno.EMFILE);
    assertThatThrownBy(() -> IntervalTimer.open(kernel))
        .hasMessage("timerfd_create(timer): EMFILE (too many open files in the process)");
    faults.on(SystemCall.TIMER_SET).times(1).fail(Errno.ENOMEM);
    assertThatThrownBy(() -> IntervalTimer.after(kernel, SHORT))
        .hasMessageMatching("timerfd_settime\\(fd \\d+\\): ENOMEM .*");
    timer.startAfter(Duration.ZERO);
    faults.on(SystemCall.TIMER_READ).times(3).fail(Errno.EINTR);
    assertThat(tick(timer).count()).isOne();
  }
}
