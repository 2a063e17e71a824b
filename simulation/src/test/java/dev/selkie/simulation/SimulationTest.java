package dev.selkie.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.runtime.Connection;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.Fiber;
import dev.selkie.runtime.Scope;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Programs of event loops on simulated hosts: what is run, and that it is run again. */
final class SimulationTest {
  private static SimulatedNetwork traced(long seed, List<String> trace) {
    return SimulatedNetwork.builder()
        .seed(seed)
        .allow(Freedom.values())
        .latency(Duration.ofNanos(10), Duration.ofMillis(2))
        .trace(trace::add)
        .build();
  }

  /** Three clients on two loops ask one server. */
  private static List<String> run(EchoPrograms style, SimulatedSystem system, long seed)
      throws Exception {
    List<String> trace = new ArrayList<>();
    AutoCloseable service;
    try (Simulation simulation = Simulation.of(traced(seed, trace))) {
      SimulatedHost server =
          simulation.host(
              SimulatedKernel.builder()
                  .network(simulation.network())
                  .system(system)
                  .name("server")
                  .address(java.net.InetAddress.ofLiteral("10.1.0.1"))
                  .build());
      SimulatedHost client = simulation.host("client");
      service = style.serve(server.loop(), server.address(7));
      simulation.run(Duration.ofMillis(1));
      EventLoop other = client.newLoop(_ -> {});
      List<Future<String>> answers = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        EventLoop loop = i == 2 ? other : client.loop();
        answers.add(style.ask(loop, server.address(7), ("question " + i).repeat(20 * i + 1)));
      }
      for (int i = 0; i < 3; i++) {
        assertThat(simulation.runUntil(answers.get(i)))
            .isEqualTo(("question " + i).repeat(20 * i + 1));
      }
    }
    service.close();
    return trace;
  }

  @ParameterizedTest
  @EnumSource
  void twoRunsFromOneSeedAreTheSameCallByCall(EchoPrograms style) throws Exception {
    List<String> first = run(style, SimulatedSystem.LINUX, 7);
    assertThat(first).hasSizeGreaterThan(100);
    assertThat(run(style, SimulatedSystem.LINUX, 7)).isEqualTo(first);
    assertThat(run(style, SimulatedSystem.LINUX, 8)).isNotEqualTo(first);
  }

  @ParameterizedTest
  @EnumSource
  void aServerOnAnotherSystemIsReplayedToo(EchoPrograms style) throws Exception {
    assertThat(run(style, SimulatedSystem.FREEBSD, 3))
        .isEqualTo(run(style, SimulatedSystem.FREEBSD, 3));
  }

  @ParameterizedTest
  @EnumSource
  void manySeedsFindNoFault(EchoPrograms style) throws Exception {
    for (long seed = 100; seed < 150; seed++) {
      assertThat(run(style, SimulatedSystem.LINUX, seed)).isNotEmpty();
    }
  }

  @Test
  void aTimerOfAYearTakesNoTime() throws IOException {
    long start = System.nanoTime();
    try (Simulation simulation = Simulation.seeded(1)) {
      EventLoop loop = simulation.host("calendar").loop();
      Future<String> year = loop.schedule(() -> "a year", 365, TimeUnit.DAYS);
      Fiber<String> fiber =
          loop.fiber(() -> {
            loop.sleep(Duration.ofDays(365));
            return "slept";
          });
      assertThat(simulation.runUntil(year)).isEqualTo("a year");
      assertThat(simulation.runUntil(fiber)).isEqualTo("slept");
      assertThat(simulation.time()).isEqualTo(Duration.ofDays(365));
    }
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(2));
  }

  @Test
  void aPeriodicTimerTicksInVirtualTimeAlone() throws IOException {
    try (Simulation simulation = Simulation.seeded(1)) {
      AtomicInteger ticks = new AtomicInteger();
      var _ =
          simulation
              .host("clock")
              .loop()
              .scheduleAtFixedRate(ticks::incrementAndGet, 1, 1, TimeUnit.MINUTES);
      simulation.run(Duration.ofHours(10).plusSeconds(1));
      assertThat(ticks).hasValue(600);
    }
  }

  @Test
  void theSeedDecidesTheOrderOfTheLoops() {
    assertThat(LongStream.range(0, 20).mapToObj(SimulationTest::firstOfThree))
        .contains("a", "b", "c");
    assertThat(firstOfThree(4)).isEqualTo(firstOfThree(4));
  }

  private static String firstOfThree(long seed) {
    List<String> order = new ArrayList<>();
    try (Simulation simulation = Simulation.seeded(seed)) {
      for (String name : List.of("a", "b", "c")) {
        simulation.host(name).loop().execute(() -> order.add(name));
      }
      simulation.runUntil(() -> order.size() == 3);
      return order.getFirst();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void offloadedWorkIsReplayedAndMayWait() throws IOException {
    List<String> first = offloaded(5);
    assertThat(first).hasSize(20);
    assertThat(offloaded(5)).isEqualTo(first);
  }

  private static List<String> offloaded(long seed) throws IOException {
    List<String> order = new ArrayList<>();
    try (Simulation simulation = Simulation.seeded(seed)) {
      EventLoop one = simulation.host("one").loop();
      EventLoop two = simulation.host("two").loop();
      List<CompletableFuture<?>> work = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        int number = i;
        work.add(one.offload(() -> order.add("one " + number)));
        work.add(
            two.offload(() -> {
              two.sleep(Duration.ofMillis(number % 3));
              return order.add("two " + number);
            }));
      }
      simulation.runUntil(CompletableFuture.allOf(work.toArray(CompletableFuture[]::new)));
      assertThat(simulation.time()).isEqualTo(Duration.ofMillis(2));
    }
    return order;
  }

  @Test
  void aScopeThatFailsCancelsItsChildrenInOrder() throws IOException {
    List<Integer> order = new ArrayList<>();
    try (Simulation simulation = Simulation.seeded(5)) {
      EventLoop loop = simulation.host("host").loop();
      Fiber<Integer> fiber =
          loop.fiber(() -> {
            try (Scope scope = loop.scope()) {
              for (int i = 0; i < 50; i++) {
                int number = i;
                var _ =
                    scope.fork(() -> {
                      try {
                        loop.sleep(Duration.ofHours(1));
                      } finally {
                        order.add(number);
                      }
                      return number;
                    });
              }
              var _ =
                  scope.fork(() -> {
                    throw new IOException("first");
                  });
              scope.join();
            } catch (ExecutionException e) {
              return order.size();
            }
            return -1;
          });
      assertThat(simulation.runUntil(fiber)).isEqualTo(50);
      assertThat(simulation.time()).isZero();
    }
    assertThat(order).isSorted();
  }

  @Test
  void closingEndsWhatIsLeftAndLeavesNoDescriptor() throws IOException {
    List<String> ends = new ArrayList<>();
    SimulatedKernel kernel;
    try (Simulation simulation = Simulation.seeded(2)) {
      SimulatedHost host = simulation.host("host");
      kernel = host.kernel();
      EventLoop loop = host.loop();
      for (int i = 0; i < 20; i++) {
        var _ =
            loop.fiber(
                "f" + i,
                () -> {
                  try (Connection connection = loop.connect(host.address(80))) {
                    return connection;
                  } catch (IOException e) {
                    ends.add(Thread.currentThread().getName());
                    throw e;
                  }
                });
      }
      var _ = EchoPrograms.FIBERS.serve(loop, host.address(7));
      for (int i = 0; i < 20; i++) {
        int number = i;
        var _ =
            loop.fiber(() -> {
              try {
                loop.sleep(Duration.ofDays(1));
              } catch (InterruptedException e) {
                ends.add("sleeper " + number);
              }
              return number;
            });
      }
      simulation.run(Duration.ofSeconds(1));
      assertThat(ends).as("refused").hasSize(20);
    }
    assertThat(ends).hasSize(40).endsWith("sleeper 18", "sleeper 19");
    assertThat(kernel.openDescriptors()).isEmpty();
  }

  @Test
  void whatIsOpenedWhileItClosesIsClosedToo() throws IOException {
    List<String> log = new ArrayList<>();
    Simulation simulation = Simulation.seeded(2);
    SimulatedHost host = simulation.host("host");
    var _ =
        host.loop()
            .fiber(() -> {
              try {
                host.loop().sleep(Duration.ofDays(1));
              } finally {
                var _ = host.newLoop(_ -> {}).fiber(() -> log.add("began"));
              }
              return null;
            });
    simulation.run(Duration.ofSeconds(1));
    simulation.close();
    assertThat(log).containsExactly("began");
    assertThat(host.kernel().openDescriptors()).isEmpty();
  }

  @Test
  void loopsThatAreOpenedAgainAndAgainWhileItClosesFailIt() throws IOException {
    Simulation simulation = Simulation.seeded(2);
    again(simulation.host("host"));
    simulation.run(Duration.ofSeconds(1));
    assertThatThrownBy(simulation::close)
        .isInstanceOf(FailedSimulationError.class)
        .hasMessageContaining("loops are opened again and again: [host-");
  }

  private static void again(SimulatedHost host) throws IOException {
    EventLoop loop = host.newLoop(_ -> {});
    var _ =
        loop.fiber(() -> {
          try {
            loop.sleep(Duration.ofDays(1));
          } finally {
            again(host);
          }
          return null;
        });
  }

  @Test
  void aFiberThatSleepsByTheMachinesClockFailsTheRun() throws IOException {
    try (Simulation simulation = Simulation.seeded(2)) {
      Fiber<?> sleeper =
          simulation
              .host("host")
              .loop()
              .fiber(() -> {
                Thread.sleep(Duration.ofSeconds(10));
                return null;
              });
      assertThatThrownBy(() -> simulation.run(Duration.ofSeconds(1)))
          .isInstanceOf(FailedSimulationError.class)
          .hasMessageContaining("the time is over but for what the machine would wake")
          .hasMessageContaining(sleeper.thread().getName());
    }
  }

  @Test
  void aNameIsTheHostsThatBearsIt() throws IOException {
    try (Simulation simulation = Simulation.seeded(2)) {
      var _ =
          EchoPrograms.FIBERS.serve(
              simulation.host("server").loop(), simulation.host("server").address(7));
      EventLoop loop = simulation.host("client").loop();
      Fiber<String> fiber =
          loop.fiber(() -> {
            loop.sleep(Duration.ofMillis(1));
            try (Connection connection = loop.connect("server", 7, Duration.ofSeconds(1))) {
              return connection.toString();
            }
          });
      assertThat(simulation.runUntil(fiber)).contains("10.0.0.1:7");
    }
  }

  @Test
  void hostsAreOfTheSimulationAndHaveNamesOfTheirOwn() {
    try (Simulation simulation = Simulation.seeded(2)) {
      assertThat(simulation.host("a")).isSameAs(simulation.host("a"));
      assertThat(simulation.host("b")).hasToString("b (10.0.0.2)");
      assertThatThrownBy(() -> simulation.host(SimulatedKernel.stepping()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("has no address in the network of the simulation");
      SimulatedKernel another =
          SimulatedKernel.builder()
              .network(simulation.network())
              .name("a")
              .address(java.net.InetAddress.ofLiteral("10.2.0.1"))
              .build();
      assertThatThrownBy(() -> simulation.host(another))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("there is a host a");
    }
  }
}
