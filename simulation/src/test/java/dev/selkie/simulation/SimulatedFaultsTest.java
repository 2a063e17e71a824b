package dev.selkie.simulation;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.selkie.kernel.Errno;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.runtime.Connection;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.Fiber;
import dev.selkie.runtime.Incoming;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What may happen to programs between hosts, and what fails a simulation. */
final class SimulatedFaultsTest {
  private static final int PORT = 7;
  private final Simulation simulation = Simulation.seeded(42);
  private final SimulatedHost client = simulation.host("client");
  private final SimulatedHost server = simulation.host("server");
  private EventLoop loop;
  private Connection ours;
  private Connection theirs;

  @BeforeEach
  void connect() throws IOException {
    loop = client.loop();
    Incoming<Connection> incoming = server.loop().listen(server.address(PORT));
    CompletableFuture<Connection> accepted = incoming.takeAsync();
    ours = simulation.runUntil(loop.connectAsync(server.address(PORT)));
    theirs = simulation.runUntil(accepted);
  }

  @AfterEach
  void close() {
    simulation.close();
    assertThat(client.kernel().openDescriptors()).isEmpty();
    assertThat(server.kernel().openDescriptors()).isEmpty();
  }

  /** The server's fiber echoes all it gets. */
  private Fiber<Integer> echo() throws IOException {
    return server
        .loop()
        .fiber(
            "echo",
            () -> {
              ByteBuffer buffer = ByteBuffer.allocate(1 << 12);
              while (theirs.read(buffer.clear()) >= 0) {
                theirs.writeFully(buffer.flip());
              }
              return 0;
            });
  }

  @Test
  void aPartitionStopsMessagesUntilItIsHealed() throws IOException {
    var _ = echo();
    ours.readTimeout(Duration.ofSeconds(1));
    List<String> log = new ArrayList<>();
    Fiber<List<String>> asking =
        loop.fiber(() -> {
          for (int i = 0; i < 3; i++) {
            try {
              ours.writeFully(ByteBuffer.allocate(1));
              ours.readFully(ByteBuffer.allocate(1));
              log.add("answer");
            } catch (SocketTimeoutException e) {
              log.add("silence");
              simulation.heal(client, server);
              ours.readFully(ByteBuffer.allocate(1));
              log.add("late answer");
            }
            if (i == 0) {
              simulation.partition(client, server);
            }
          }
          return log;
        });
    assertThat(simulation.runUntil(asking))
        .containsExactly("answer", "silence", "late answer", "answer");
  }

  @Test
  void aPartitionThatNobodyHealsIsADeadlockThatNamesWhatIsHeld() throws IOException {
    var _ = echo();
    simulation.partition(server, client);
    Fiber<Integer> asking =
        loop.fiber(
            "asking",
            () -> {
              ours.writeFully(ByteBuffer.allocate(1));
              return ours.read(ByteBuffer.allocate(1));
            });
    assertThatThrownBy(() -> simulation.runUntil(asking))
        .isInstanceOf(SimulatedDeadlockError.class)
        .hasMessageContaining("held by a lost route: arrival of data up to 1 at tcp 10.0.0.2:7");
    simulation.heal(client, server);
    assertThat(simulation.runUntil(asking)).isEqualTo(1);
  }

  @Test
  void connectionsAcrossAPartitionTimeOut() {
    simulation.partition(client, server);
    CompletableFuture<Connection> late =
        loop.connectAsync(server.address(PORT)).orTimeout(5, TimeUnit.SECONDS);
    assertThatThrownBy(() -> simulation.runUntil(late)).hasCauseInstanceOf(TimeoutException.class);
    assertThat(simulation.time()).isBetween(Duration.ofSeconds(5), Duration.ofSeconds(6));
    Fiber<Errno> fiber =
        loop.fiber(() -> failure(() -> loop.connect(server.address(PORT)).close()));
    assertThat(simulation.runUntil(fiber)).isEqualTo(Errno.ETIMEDOUT);
  }

  private interface Failing {
    void run() throws IOException;
  }

  private static Errno failure(Failing body) {
    return catchThrowableOfType(SystemCallException.class, body::run).errno();
  }

  @Test
  void aResetEndsConnectionsOnBothSides() {
    Fiber<Errno> here = loop.fiber(() -> failure(() -> ours.read(ByteBuffer.allocate(1))));
    CompletableFuture<Integer> there = theirs.readAsync(ByteBuffer.allocate(1));
    simulation.run(Duration.ofMillis(10));
    assertThat(simulation.reset(server, client)).isEqualTo(1);
    assertThat(simulation.runUntil(here)).isEqualTo(Errno.ECONNRESET);
    assertThatThrownBy(() -> simulation.runUntil(there))
        .isInstanceOf(FailedSimulationError.class)
        .hasCauseInstanceOf(SystemCallException.class)
        .hasMessageContaining("ECONNRESET");
    assertThat(simulation.reset(server, client)).isZero();
  }

  @Test
  void aSlowLinkTakesItsTimeForEachByte() throws IOException {
    simulation.link(client, server, Link.latency(Duration.ofMillis(100)).bandwidth(10_000));
    long start = simulation.time().toMillis();
    CompletableFuture<Long> half = new CompletableFuture<>();
    Fiber<Long> received =
        server
            .loop()
            .fiber(() -> {
              ByteBuffer buffer = ByteBuffer.allocate(100_000);
              while (buffer.position() < 50_000) {
                theirs.read(buffer);
              }
              half.complete(simulation.time().toMillis() - start);
              theirs.readFully(buffer);
              return simulation.time().toMillis() - start;
            });
    var _ =
        loop.fiber(() -> {
          ours.writeFully(ByteBuffer.allocate(100_000));
          return 0;
        });
    assertThat(simulation.runUntil(received)).isBetween(10_100L, 10_110L);
    assertThat(half.getNow(0L)).isBetween(5_100L, 5_400L);
  }

  @Test
  void messagesOfAllConnectionsShareALink() {
    Connection another = simulation.runUntil(loop.connectAsync(server.address(PORT)));
    simulation.link(client, server, Link.latency(Duration.ZERO).bandwidth(1_000));
    long start = simulation.time().toMillis();
    var _ =
        loop.fiber(() -> {
          another.writeFully(ByteBuffer.allocate(2_000));
          ours.writeFully(ByteBuffer.allocate(1));
          return 0;
        });
    simulation.runUntil(theirs.readAsync(ByteBuffer.allocate(1)));
    assertThat(simulation.time().toMillis() - start).isBetween(2_001L, 2_002L);
  }

  @Test
  void aLinkHasNeitherNegativeTimesNorBandwidth() {
    Duration second = Duration.ofSeconds(1);
    for (Failing bad :
        List.<Failing>of(
            () -> Link.latency(second.negated()),
            () -> new Link(second, Duration.ZERO, 0),
            () -> Link.latency(second).bandwidth(-1))) {
      assertThatThrownBy(bad::run).isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void aDeadlockNamesTheWaitsOfAllStyles() throws IOException {
    var _ = echo();
    CompletableFuture<Integer> read = ours.readAsync(ByteBuffer.allocate(1));
    CompletableFuture<String> never = new CompletableFuture<>();
    var _ = loop.fiber("stuck", never::join);
    assertThatThrownBy(() -> simulation.runUntil(read))
        .isInstanceOf(SimulatedDeadlockError.class)
        .hasMessageContainingAll(
            "seed 42 (replay with -Ddev.selkie.seed=42)",
            "loop client: [stuck (WAITING) for ",
            "a future, for input of TcpStream fd ",
            "loop server: [echo (WAITING) for input of TcpStream fd ",
            "SimulatedFaultsTest.java:");
    assertThat(never.complete("")).isTrue();
  }

  @Test
  void aLimitThatIsOverNamesTheWaitsToo() throws IOException {
    var _ = echo();
    CompletableFuture<Integer> read = ours.readAsync(ByteBuffer.allocate(1));
    assertThatThrownBy(() -> simulation.runUntil(read, Duration.ofMinutes(1)))
        .isInstanceOf(FailedSimulationError.class)
        .hasMessageContainingAll("seed 42", "not done within PT1M", "echo (WAITING)");
  }

  @Test
  void whatNobodyCatchesFailsTheRunUnlessThereIsAHandler() throws IOException {
    IllegalArgumentException thrown = new IllegalArgumentException("odd");
    loop.execute(() -> {
      throw thrown;
    });
    assertThatThrownBy(() -> simulation.run(Duration.ofSeconds(1)))
        .isInstanceOf(FailedSimulationError.class)
        .hasCause(thrown)
        .hasMessageContainingAll("seed 42", "uncaught on client", "odd");
    AtomicReference<Throwable> caught = new AtomicReference<>();
    EventLoop own = client.newLoop(s -> s.uncaughtExceptionHandler((_, e) -> caught.set(e)));
    own.execute(() -> {
      throw thrown;
    });
    simulation.run(Duration.ofSeconds(1));
    assertThat(caught).hasValue(thrown);
  }

  /** Two clients of one server: the program holds only if the first is served first. */
  private static void race(Simulation simulation) throws IOException {
    SimulatedHost target = simulation.host("target");
    Incoming<Connection> incoming = target.loop().listen(target.address(1));
    for (String name : List.of("first", "second")) {
      EventLoop from = simulation.host(name).loop();
      var _ =
          from.fiber(() -> {
            from.connect(target.address(1)).writeFully(US_ASCII.encode(name));
            return 0;
          });
    }
    Fiber<String> served =
        target
            .loop()
            .fiber(() -> {
              ByteBuffer buffer = ByteBuffer.allocate(5);
              incoming.take().readFully(buffer);
              return US_ASCII.decode(buffer.flip()).toString();
            });
    assertThat(simulation.runUntil(served)).isEqualTo("first");
  }

  @Test
  void aFailingSeedIsToldAndReplays() {
    FailedSimulationError failure =
        catchThrowableOfType(
            FailedSimulationError.class, () -> Simulation.explore(1000, SimulatedFaultsTest::race));
    assertThat(failure).hasMessageContaining("secon");
    Matcher seed = Pattern.compile("-Ddev\\.selkie\\.seed=(\\d+)").matcher(failure.getMessage());
    assertThat(seed.find()).isTrue();
    System.setProperty("dev.selkie.seed", seed.group(1));
    try {
      assertThatThrownBy(() -> Simulation.explore(1, SimulatedFaultsTest::race))
          .isInstanceOf(FailedSimulationError.class)
          .hasMessage(failure.getMessage());
      List<Long> seeds = new ArrayList<>();
      Simulation.explore(5, again -> seeds.add(again.seed()));
      assertThat(seeds).containsExactly(Long.valueOf(seed.group(1)));
    } finally {
      System.clearProperty("dev.selkie.seed");
    }
  }

  // What is outside of replay

  @Test
  void aFiberThatSleepsOnTheMachinesClockIsRefused() {
    Fiber<Integer> sleeper =
        loop.fiber(
            "sleeper",
            () -> {
              Thread.sleep(Duration.ofDays(1));
              return 0;
            });
    assertThatThrownBy(() -> simulation.runUntil(sleeper))
        .isInstanceOf(FailedSimulationError.class)
        .hasMessageContainingAll(
            "what the machine would wake", "sleeper (TIMED_WAITING)", "SimulatedFaultsTest");
  }

  @Test
  void aFiberThatTheMachineHasWokenIsRefused() {
    AtomicBoolean woken = new AtomicBoolean();
    Fiber<Integer> sleeper =
        loop.fiber(
            "sleeper",
            () -> {
              while (!woken.get()) {
                LockSupport.park();
              }
              return 0;
            });
    Thread.ofPlatform()
        .start(() -> {
          while (sleeper.thread().getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
          }
          woken.set(true);
          LockSupport.unpark(sleeper.thread());
        });
    var _ = loop.scheduleAtFixedRate(() -> {}, 1, 1, TimeUnit.NANOSECONDS);
    assertThatThrownBy(() -> simulation.runUntil(sleeper))
        .isInstanceOf(FailedSimulationError.class)
        .hasMessageContainingAll("sleeper", "was handed in by", "client is confined to");
  }

  @Test
  void aFiberThatContendsForAMonitorIsRefused() {
    Object monitor = new Object();
    Fiber<Integer> holder =
        loop.fiber(() -> {
          synchronized (monitor) {
            loop.sleep(Duration.ofHours(1));
          }
          return 0;
        });
    Fiber<Integer> contender =
        loop.fiber(
            "contender",
            () -> {
              synchronized (monitor) {
                return 0;
              }
            });
    assertThatThrownBy(
            () -> {
              simulation.runUntil(holder);
              simulation.runUntil(contender);
            })
        .isInstanceOf(FailedSimulationError.class)
        .hasMessageContaining("contender");
    while (!contender.isDone()) {
      try {
        simulation.run(Duration.ofSeconds(1));
      } catch (FailedSimulationError e) {
        assertThat(e).hasMessageContaining("contender");
      }
    }
  }

  @Test
  void otherThreadsAreRefused() throws Exception {
    List<Throwable> refusals = new ArrayList<>();
    Thread platform = Thread.ofPlatform().start(() -> refuse(refusals));
    platform.join();
    Thread virtual = Thread.ofVirtual().start(() -> refuse(refusals));
    virtual.join();
    assertThat(refusals).hasSize(4).allMatch(IllegalStateException.class::isInstance);
  }

  private void refuse(List<Throwable> refusals) {
    for (Failing call :
        List.<Failing>of(
            () -> ours.read(ByteBuffer.allocate(1)), () -> loop.listen(client.address(9)))) {
      try {
        call.run();
      } catch (Throwable e) {
        refusals.add(e);
      }
    }
  }

  @Test
  void theTestsThreadMayNotWaitForALoop() {
    assertThatThrownBy(() -> ours.read(ByteBuffer.allocate(1)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("only fibers wait for client");
    assertThatThrownBy(() -> loop.schedule(() -> 1, 1, TimeUnit.SECONDS).get())
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aSimulationIsNotRunFromInsideItself() {
    Fiber<Integer> inside =
        loop.fiber(() -> {
          simulation.run(Duration.ofSeconds(1));
          return 0;
        });
    assertThatThrownBy(() -> simulation.runUntil(inside))
        .isInstanceOf(FailedSimulationError.class)
        .hasMessageContaining("the simulation is running");
  }
}
