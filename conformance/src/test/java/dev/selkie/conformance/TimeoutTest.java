package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.selkie.EventQueue;
import dev.selkie.Events;
import dev.selkie.Interest;
import dev.selkie.kernel.Clock;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Facility;
import dev.selkie.kernel.FaultyKernel;
import dev.selkie.kernel.ForwardingKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCall;
import dev.selkie.simulation.SimulatedKernel;
import dev.selkie.source.PipePair;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Timeouts: never early, late by scheduling only, of any length, whatever signals come. */
@Contract
final class TimeoutTest {
  private static final Path THIS_THREAD = Path.of("/proc/thread-self");
  private static final long MILLI = 1_000_000;

  /** How long the storm of signals lasts at least, unless it is ended before. */
  private static final long STORM_MILLIS = 4000;

  private final Configuration configuration;
  private final Kernel kernel;

  TimeoutTest(Configuration configuration) {
    this.configuration = configuration;
    this.kernel = configuration.kernel();
  }

  @Test
  void aTimeoutWithoutEventReturnsNone() throws IOException {
    try (EventQueue<String> queue = configuration.queue(kernel);
        PipePair pipe = PipePair.open(kernel)) {
      queue.register(pipe.reader(), Interest.READABLE, "pipe");
      Events<String> events = queue.await(Duration.ofMillis(2));
      assertThat(events.size()).isZero();
      assertThat(events.cause()).isEqualTo(Events.Cause.TIMEOUT);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 999, 50_000, 100_001, 999_999, 1_000_001, 3_300_000, 20 * MILLI})
  void neverEarlyAndLateBySchedulingOnly(long timeout) throws IOException {
    assertOnTime(timeout, coarseness() + MILLI);
  }

  @Test
  void subMillisecondTimeoutsAreHonoured() throws IOException {
    long timeout = 100_000;
    assertOnTime(timeout, coarseness() + MILLI - timeout);
  }

  /**
   * No wait is early, and one is late by less than a bound. Many are tried, as others' work on the
   * machine may delay all of them for a while; what the queue itself adds is in each.
   */
  private void assertOnTime(long timeout, long bound) throws IOException {
    long least = Long.MAX_VALUE;
    long end = System.nanoTime() + Ready.DEADLINE.toNanos();
    try (EventQueue<String> queue = configuration.queue(kernel)) {
      for (int i = 0; i < 10 || (least >= bound && System.nanoTime() < end); i++) {
        long start = kernel.clock().nanoTime();
        Events<String> events = queue.awaitNanos(timeout);
        long elapsed = kernel.clock().nanoTime() - start;
        assertThat(elapsed).as("elapsed, round %d", i).isGreaterThanOrEqualTo(timeout);
        assertThat(events.cause()).isEqualTo(Events.Cause.TIMEOUT);
        least = Math.min(least, elapsed - timeout);
      }
    }
    assertThat(least).as("least delay").isLessThan(bound);
  }

  /** A system's longest wait may be shorter than what was asked for. */
  @Test
  void aWaitThatTheSystemEndsEarlyGoesOn() throws IOException {
    int[] early = {3};
    Kernel hasty =
        new ForwardingKernel(kernel) {
          @Override
          protected long call(SystemCall call, int descriptor, long length, Invocation invocation) {
            return call == configuration.waitCall() && early[0]-- > 0
                ? 0
                : super.call(call, descriptor, length, invocation);
          }
        };
    try (EventQueue<String> queue = configuration.queue(hasty);
        PipePair pipe = PipePair.open(hasty)) {
      queue.register(pipe.writer(), Interest.WRITABLE, "writer");
      // Long, so that the time is not up before the system has ended three waits.
      assertThat(queue.await(Ready.DEADLINE).cause()).isEqualTo(Events.Cause.READY);
      assertThat(early[0]).as("early ends that were left, less the calls after them").isEqualTo(-1);
      early[0] = 3;
      assertThat(queue.await().cause()).as("without end").isEqualTo(Events.Cause.READY);
    }
  }

  @Test
  void aTimeoutIsOneSystemCallAndNotASeriesOfShorterOnes() throws IOException {
    WaitProbe probe = new WaitProbe(kernel);
    int rounds = 20;
    try (EventQueue<String> queue = configuration.queue(probe)) {
      for (int i = 0; i < rounds; i++) {
        queue.awaitNanos(1_900_000);
      }
    }
    assertThat(probe.waits()).isBetween((long) rounds, rounds * 3L / 2);
  }

  /** Where waits are in whole milliseconds, they are rounded up. */
  private long coarseness() {
    return kernel.facilities().contains(Facility.EPOLL_PWAIT2) ? 0 : MILLI;
  }

  static List<Duration> hugeTimeouts() {
    return List.of(
        Duration.ofDays(25), // above 2^31 - 1 milliseconds
        Duration.ofDays(30 * 365),
        Duration.ofNanos(Long.MAX_VALUE),
        Duration.ofNanos(Long.MAX_VALUE).plusNanos(1),
        Duration.ofSeconds(Long.MAX_VALUE, 999_999_999));
  }

  @ParameterizedTest
  @MethodSource("hugeTimeouts")
  void hugeTimeoutsDoNotOverflow(Duration timeout) throws Exception {
    WaitProbe probe = new WaitProbe(kernel);
    try (EventQueue<String> queue = configuration.queue(probe)) {
      Background<Events<String>> waiter = Background.start(() -> queue.await(timeout));
      probe.awaitWaiter();
      queue.wake();
      assertThat(waiter.result().cause()).isEqualTo(Events.Cause.WAKE);
      assertThat(probe.waits()).as("waits: a timeout that overflowed would repeat").isOne();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 1000})
  void callsThatASignalEndsDoNotEndTheWait(int signals) throws IOException {
    FaultyKernel faulty = new FaultyKernel(kernel);
    try (EventQueue<String> queue = configuration.queue(faulty)) {
      FaultyKernel.Rule storm = faulty.on(configuration.waitCall()).times(signals);
      storm.fail(Errno.EINTR);
      long start = kernel.clock().nanoTime();
      Events<String> events = queue.await(Duration.ofMillis(200));
      long elapsed = kernel.clock().nanoTime() - start;
      assertThat(storm.applied()).isEqualTo(signals);
      assertThat(events.cause()).isEqualTo(Events.Cause.TIMEOUT);
      assertThat(elapsed).isGreaterThanOrEqualTo(200 * MILLI);
    }
  }

  @Test
  void aSignalDuringAWaitWithoutTimeoutDoesNotEndIt() throws Exception {
    FaultyKernel faulty = new FaultyKernel(kernel);
    WaitProbe probe = new WaitProbe(faulty);
    try (EventQueue<String> queue = configuration.queue(probe)) {
      faulty.on(configuration.waitCall()).times(50).fail(Errno.EINTR);
      Background<Events<String>> waiter = Background.start(queue::await);
      Until.holds("the storm is over", () -> probe.waits() == 51);
      queue.wake();
      assertThat(waiter.result().cause()).isEqualTo(Events.Cause.WAKE);
    }
  }

  @Test
  void aSignalDuringAPollLeavesNothingOut() throws IOException {
    FaultyKernel faulty = new FaultyKernel(kernel);
    try (EventQueue<String> queue = configuration.queue(faulty);
        PipePair pipe = PipePair.open(faulty)) {
      queue.register(pipe.reader(), Interest.READABLE, "pipe");
      Bytes.send(pipe.writer(), 1);
      faulty.on(configuration.waitCall()).times(3).fail(Errno.EINTR);
      assertThat(Report.attachments(Report.poll(queue))).containsExactly("pipe");
    }
  }

  /**
   * Signals with a handler end a system call even of a thread that they are not meant for, if the
   * system picks it. kill(2) of a thread's number picks that thread on Linux, as long as it takes
   * signals.
   */
  @Test
  void aStormOfRealSignalsNeitherShortensNorLengthensAWait() throws Exception {
    if (kernel instanceof SimulatedKernel simulated) {
      awaitInASimulatedStorm(simulated);
      return;
    }
    assumeTrue(
        Files.exists(THIS_THREAD),
        "no way to signal one thread is known without /proc; the injected EINTR stands alone");
    WaitProbe probe = new WaitProbe(kernel);
    long timeout = 100 * MILLI;
    CompletableFuture<Path> number = new CompletableFuture<>();
    CountDownLatch begun = new CountDownLatch(1);
    AutoCloseable handler = handleUrgentSignals();
    try (EventQueue<String> queue = configuration.queue(probe)) {
      Background<Long> waiter =
          Background.start(() -> {
            number.complete(Files.readSymbolicLink(THIS_THREAD).getFileName());
            begun.await();
            long start = probe.clock().nanoTime();
            queue.awaitNanos(timeout);
            return probe.clock().nanoTime() - start;
          });
      Process storm = startStorm(number.get(5, TimeUnit.SECONDS));
      try {
        assertThat(storm.getInputStream().read()).as("a sign of the first signal").isPositive();
        begun.countDown();
        // With a restart of the whole timeout at each signal it would last as long as the storm.
        assertThat(waiter.result()).isBetween(timeout, STORM_MILLIS / 2 * MILLI);
        assertThat(probe.interrupted()).as("waits that a signal ended").isPositive();
      } finally {
        storm.destroy();
        storm.waitFor();
      }
    } finally {
      handler.close();
    }
  }

  /** The same storm on a kernel that has signals of its own. */
  private void awaitInASimulatedStorm(SimulatedKernel simulated) throws Exception {
    WaitProbe probe = new WaitProbe(simulated);
    long timeout = 100 * MILLI;
    AtomicBoolean over = new AtomicBoolean();
    try (EventQueue<String> queue = configuration.queue(probe)) {
      Background<Boolean> storm =
          Background.start(() -> {
            for (int i = 0; i < STORM_MILLIS && !over.get(); i++) {
              simulated.signal();
              LockSupport.parkNanos(MILLI);
            }
            return over.get();
          });
      Background<Long> waiter =
          Background.start(() -> {
            long start = probe.clock().nanoTime();
            queue.awaitNanos(timeout);
            return probe.clock().nanoTime() - start;
          });
      assertThat(waiter.result()).isBetween(timeout, STORM_MILLIS / 2 * MILLI);
      over.set(true);
      storm.result();
      assertThat(probe.interrupted()).as("waits that a signal ended").isPositive();
    }
  }

  /** Signals every millisecond or two, and prints a line after the first signal. */
  private static Process startStorm(Path thread) throws IOException {
    String script =
        "for i in $(seq %d); do kill -URG %s; [ $i = 1 ] && echo; sleep 0.001; done 2>/dev/null"
            .formatted(STORM_MILLIS, thread);
    return new ProcessBuilder("sh", "-c", script).start();
  }

  /** SIGURG is ignored unless somebody asks for it: a handler that does nothing is harmless. */
  private static AutoCloseable handleUrgentSignals() throws ReflectiveOperationException {
    // By reflection: the compiler warns of every mention of this API, and cannot be told not to.
    Class<?> signals = Class.forName("sun.misc.Signal");
    Class<?> handlers = Class.forName("sun.misc.SignalHandler");
    Object nothing =
        Proxy.newProxyInstance(
            handlers.getClassLoader(), new Class<?>[] {handlers}, (_, _, _) -> null);
    Object signal = signals.getConstructor(String.class).newInstance("URG");
    Object before = signals.getMethod("handle", signals, handlers).invoke(null, signal, nothing);
    return () -> signals.getMethod("handle", signals, handlers).invoke(null, signal, before);
  }

  /** A clock that is set back an hour while the first wait is under way. */
  private static final class SetBack extends ForwardingKernel {
    private static final long HOUR = Duration.ofHours(1).toNanos();
    private final Kernel host;
    private volatile long offset;

    SetBack(Kernel host) {
      super(host);
      this.host = host;
    }

    @Override
    protected long await(
        SystemCall call, int descriptor, long timeoutNanos, Invocation invocation) {
      offset = HOUR;
      return super.await(call, descriptor, timeoutNanos, invocation);
    }

    @Override
    public Clock clock() {
      return new Clock() {
        @Override
        public long nanoTime() {
          return host.clock().nanoTime() - offset;
        }
      };
    }
  }

  @Test
  void aClockThatIsSetBackNeitherShortensAWaitNorHangsIt() throws Exception {
    FaultyKernel interrupted = new FaultyKernel(kernel);
    interrupted.on(configuration.waitCall()).times(2).fail(Errno.EINTR);
    long timeout = 30 * MILLI;
    for (Kernel set : List.of(new SetBack(kernel), new SetBack(interrupted))) {
      try (EventQueue<String> queue = configuration.queue(set)) {
        long start = kernel.clock().nanoTime();
        Background<Events.Cause> waiter = Background.start(() -> queue.awaitNanos(timeout).cause());
        assertThat(waiter.result()).isEqualTo(Events.Cause.TIMEOUT);
        assertThat(kernel.clock().nanoTime() - start).isGreaterThanOrEqualTo(timeout);
      }
    }
  }
}
