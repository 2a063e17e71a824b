package dev.selkie.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.kernel.ChangeBatch;
import dev.selkie.kernel.Clock;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.KeventBatch;
import dev.selkie.kernel.Kqueue;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.Timers;
import dev.selkie.source.IntervalTimer;
import dev.selkie.source.Tick;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Timers in virtual time: exact, replayed, and by a clock that is set. */
final class TimersTest {
  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");
  private static final long MILLI = 1_000_000;
  private static final long DAY = Duration.ofDays(1).toNanos();

  private static SimulatedKernel host(SimulatedSystem system, List<String> trace) {
    SimulatedNetwork network = SimulatedNetwork.builder().trace(trace::add).build();
    return SimulatedKernel.builder().network(network).system(system).build();
  }

  private static SimulatedKernel host(SimulatedSystem system) {
    return host(system, new ArrayList<>());
  }

  /** Waits for a timer: what it tells, with the virtual time in milliseconds. */
  private static String next(EventQueue<String> queue, IntervalTimer timer) throws IOException {
    Tick tick = null;
    while (tick == null) {
      queue.await();
      tick = timer.poll();
    }
    String what = tick.clockWasSet() ? "set" : Long.toString(tick.count());
    return what + " at " + queue.kernel().clock().nanoTime() / MILLI;
  }

  /** The milliseconds that a nanosecond takes. */
  private static int least(SimulatedSystem system) {
    return List.of("OpenBSD", "NetBSD", "DragonFly").contains(system.label()) ? 1 : 0;
  }

  private static List<String> run(SimulatedSystem system, List<String> trace) throws IOException {
    SimulatedKernel host = host(system, trace);
    List<String> told = new ArrayList<>();
    try (EventQueue<String> queue = EventQueue.open(host);
        IntervalTimer timer = IntervalTimer.every(host, Duration.ofMillis(10))) {
      queue.register(timer, Interest.READABLE, "timer");
      told.add(next(queue, timer));
      host.network().advance(Duration.ofMillis(35));
      told.add(next(queue, timer));
      told.add(next(queue, timer));
      timer.startAt(START.plusMillis(100));
      told.add(next(queue, timer));
      timer.startAfter(Duration.ofDays(40));
      told.add(next(queue, timer));
      timer.startAfter(Duration.ofNanos(1));
      told.add(next(queue, timer));
    }
    assertThat(host.openDescriptors()).isEmpty();
    return told;
  }

  @ParameterizedTest
  @EnumSource
  void timersExpireAtTheirTimesAndTheRunIsReplayed(SimulatedSystem system) throws IOException {
    List<String> trace = new ArrayList<>();
    long last = 100 + Duration.ofDays(40).toMillis();
    assertThat(run(system, trace))
        .containsExactly(
            "1 at 10",
            "3 at 45",
            "1 at 50",
            "1 at 100",
            "1 at " + last,
            "1 at " + (last + least(system)));
    List<String> again = new ArrayList<>();
    run(system, again);
    assertThat(again).isEqualTo(trace);
    assertThat(trace).anyMatch(line -> line.contains(" - timer "));
  }

  /** Linux tells at once; a kqueue is looked at every ten seconds. */
  @ParameterizedTest
  @EnumSource
  void aClockThatIsSetDuringAWaitIsTold(SimulatedSystem system) throws IOException {
    boolean linux = system == SimulatedSystem.LINUX;
    SimulatedKernel host = host(system);
    try (EventQueue<String> queue = EventQueue.open(host);
        IntervalTimer timer = IntervalTimer.at(host, START.plusSeconds(3600))) {
      queue.register(timer, Interest.READABLE, "timer");
      host.network().advance(Duration.ofSeconds(7));
      host.setTimeOfDay(START.plusSeconds(3598));
      assertThat(next(queue, timer)).isEqualTo(linux ? "set at 7000" : "set at 10000");
      assertThat(next(queue, timer)).isEqualTo("1 at " + (linux ? 9_000 : 10_000 + least(system)));

      timer.startAt(START.plusSeconds(3610));
      host.setTimeOfDay(START.plusSeconds(3590));
      long now = host.clock().nanoTime() / MILLI;
      long due = now + 20_000;
      assertThat(next(queue, timer)).isEqualTo("set at " + (linux ? now : 19_000));
      assertThat(next(queue, timer)).isEqualTo("1 at " + due);
    }
  }

  @Test
  void aClockThatDriftsIsNotSet() throws IOException {
    SimulatedKernel host = host(SimulatedSystem.MACOS);
    try (EventQueue<String> queue = EventQueue.open(host);
        IntervalTimer timer = IntervalTimer.at(host, START.plusSeconds(60))) {
      queue.register(timer, Interest.READABLE, "timer");
      for (int i = 1; i <= 5; i++) {
        long end = Duration.ofSeconds(10L * i).toNanos();
        long now = host.clock().nanoTime();
        host.setTimeOfDay(START.plusNanos(now).plusMillis(50L * i));
        while (now < end) {
          queue.awaitNanos(end - now);
          assertThat(timer.poll()).isNull();
          now = host.clock().nanoTime();
        }
      }
      assertThat(next(queue, timer)).isEqualTo("1 at 59750");
    }
  }

  @Test
  void aHostsClockIsItsOwnAndGoesOnFromWhereItIsSet() {
    SimulatedNetwork network = SimulatedNetwork.stepping();
    Clock one = network.host("one").clock();
    SimulatedKernel other = network.host("other");
    other.setTimeOfDay(Instant.EPOCH);
    network.advance(Duration.ofSeconds(2));
    assertThat(one.currentTimeMillis()).isEqualTo(START.plusSeconds(2).toEpochMilli());
    assertThat(other.clock().currentTimeMillis()).isEqualTo(2_000);
    assertThat(other.clock().nanoTime()).isEqualTo(one.nanoTime());
    assertThatThrownBy(() -> other.setTimeOfDay(Instant.MIN))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("a clock does not go back to -");
  }

  @Test
  void aLoopThatWaitsForATimerAloneIsNoDeadlockAndOneThatIsStoppedIs() throws IOException {
    SimulatedKernel host = host(SimulatedSystem.FREEBSD);
    try (EventQueue<String> queue = EventQueue.open(host);
        IntervalTimer timer = IntervalTimer.after(host, Duration.ofDays(400))) {
      queue.register(timer, Interest.READABLE, "timer");
      assertThat(next(queue, timer)).isEqualTo("1 at " + Duration.ofDays(400).toMillis());
      timer.startEvery(Duration.ofSeconds(1));
      timer.stop();
      assertThatThrownBy(queue::await).isInstanceOf(SimulatedDeadlockError.class);
    }
  }

  @Test
  void whatIsNoTimerIsRefused() {
    for (SimulatedSystem system : List.of(SimulatedSystem.LINUX, SimulatedSystem.NETBSD)) {
      SimulatedKernel host = host(system);
      Timers timers = host.timers();
      assertThat(timers.set(99, 1, 0, false)).isEqualTo(Result.EBADF);
      assertThat(timers.expirations(99)).isEqualTo(Result.EBADF);
    }
    SimulatedKernel host = host(SimulatedSystem.LINUX);
    int file = host.openFile(new byte[9]);
    assertThat(host.timers().set(file, 1, 0, false)).isEqualTo(Result.EINVAL);
    assertThat(host.timers().expirations(file)).isEqualTo(Result.EINVAL);
  }

  // The filter itself

  private static int change(Kqueue kqueue, int queue, int flags, int notes, long data) {
    ChangeBatch changes = kqueue.newChanges(1);
    KeventBatch answers = kqueue.newBatch(1);
    changes.set(0, 5, Kqueue.EVFILT_TIMER, flags | Kqueue.EV_RECEIPT, notes, data, 9);
    int result = kqueue.change(queue, changes, 1, answers);
    return result == 1 ? -answers.error(0) : result;
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "LINUX")
  void theFilterCountsThePeriodsThatWentBy(SimulatedSystem system) {
    SimulatedKernel host = host(system);
    Kqueue kqueue = host.kqueue();
    KeventBatch events = kqueue.newBatch(2);
    int queue = kqueue.create();
    assertThat(change(kqueue, queue, Kqueue.EV_ADD, 0, 10)).isZero();
    assertThat(kqueue.await(queue, null, 0, events, 0)).isZero();
    host.network().advance(Duration.ofMillis(35));
    assertThat(kqueue.await(queue, null, 0, events, 0)).isOne();
    assertThat(events.data(0)).isEqualTo(3);
    assertThat(events.ident(0)).isEqualTo(5);
    assertThat(events.filter(0)).isEqualTo(Kqueue.EVFILT_TIMER);
    assertThat(events.token(0)).isEqualTo(9);
    assertThat(kqueue.await(queue, null, 0, events, 0)).as("reported once").isZero();
    assertThat(kqueue.await(queue, null, 0, events, -1)).isOne();
    assertThat(host.clock().nanoTime()).isEqualTo(40 * MILLI);

    assertThat(change(kqueue, queue, Kqueue.EV_DISABLE, 0, 0)).isZero();
    host.network().advance(Duration.ofMillis(25));
    assertThat(kqueue.await(queue, null, 0, events, 0)).isZero();
    assertThat(change(kqueue, queue, Kqueue.EV_ENABLE, 0, 0)).isZero();
    assertThat(kqueue.await(queue, null, 0, events, 0)).isOne();
    assertThat(events.data(0)).isEqualTo(2);
    assertThat(change(kqueue, queue, Kqueue.EV_DELETE, 0, 0)).isZero();
    assertThat(change(kqueue, queue, Kqueue.EV_DELETE, 0, 0)).isEqualTo(-Errno.ENOENT.number());
    assertThat(kqueue.await(queue, null, 0, events, DAY)).isZero();
    assertThat(change(kqueue, queue, Kqueue.EV_ADD | Kqueue.EV_ONESHOT, 0, 10)).isZero();
    host.network().advance(Duration.ofMillis(35));
    assertThat(kqueue.await(queue, null, 0, events, 0)).isOne();
    assertThat(events.data(0)).isOne();
    assertThat(change(kqueue, queue, Kqueue.EV_DELETE, 0, 0)).isEqualTo(-Errno.ENOENT.number());
    assertThat(host.files().close(queue)).isZero();
  }

  /** And what is peculiar to some: docs/platforms.md. */
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "LINUX")
  void addedAgainATimerRunsAnewButOnDragonFly(SimulatedSystem system) {
    SimulatedKernel host = host(system);
    Kqueue kqueue = host.kqueue();
    KeventBatch events = kqueue.newBatch(1);
    int queue = kqueue.create();
    int once = Kqueue.EV_ADD | Kqueue.EV_ONESHOT;
    assertThat(change(kqueue, queue, once, 0, 100)).isZero();
    assertThat(change(kqueue, queue, once, 0, 10)).isZero();
    assertThat(kqueue.await(queue, null, 0, events, -1)).isOne();
    boolean keeps = system == SimulatedSystem.DRAGONFLY;
    assertThat(host.clock().nanoTime()).isEqualTo(keeps ? 100 * MILLI : 10 * MILLI);
    int refused = system == SimulatedSystem.FREEBSD ? Result.EINVAL : 0;
    assertThat(change(kqueue, queue, once, 0, -1)).isEqualTo(refused);
    assertThat(host.files().close(queue)).isZero();
  }
}
