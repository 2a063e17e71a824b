package dev.selkie.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.Envelope;
import dev.selkie.net.UdpSocket;
import dev.selkie.runtime.Datagrams;
import dev.selkie.runtime.Fiber;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Programs with datagrams on two simulated hosts. */
final class DatagramProgramTest {
  private static final int QUESTIONS = 20;

  /** Asks again what was not answered in time, as programs of UDP do; how often it asked. */
  private static int ask(Datagrams datagrams) throws IOException {
    datagrams.readTimeout(Duration.ofMillis(50));
    ByteBuffer answer = ByteBuffer.allocate(Integer.BYTES);
    int asked = 0;
    for (int question = 0; question < QUESTIONS; ) {
      datagrams.send(ByteBuffer.allocate(Integer.BYTES).putInt(0, question));
      asked++;
      try {
        datagrams.receive(answer.clear());
        question = Math.max(question, -answer.getInt(0) + 1); // an old answer may come late
      } catch (SocketTimeoutException e) {
        // lost, on the way there or back
      }
    }
    return asked;
  }

  private static Object answer(Datagrams datagrams) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(Integer.BYTES);
    Envelope envelope = new Envelope();
    while (true) {
      datagrams.receive(buffer.clear(), envelope);
      datagrams.send(buffer.putInt(0, -buffer.getInt(0)).flip(), envelope);
    }
  }

  private record Run(int asked, List<String> trace) {}

  private static Run run(long seed) throws Exception {
    List<String> trace = new ArrayList<>();
    SimulatedNetwork network =
        SimulatedNetwork.builder()
            .seed(seed)
            .allow(Freedom.values())
            .latency(Duration.ofMillis(1), Duration.ofMillis(9))
            .trace(trace::add)
            .build();
    try (Simulation simulation = Simulation.of(network)) {
      SimulatedHost server = simulation.host("server");
      SimulatedHost client = simulation.host("client");
      Datagrams serving = server.loop().attach(UdpSocket.bind(server.kernel(), server.address(53)));
      assertThat(server.loop().fiber(() -> answer(serving)).isDone()).isFalse();
      Datagrams asking =
          client.loop().attach(UdpSocket.connect(client.kernel(), server.address(53)));
      Fiber<Integer> asked = client.loop().fiber(() -> ask(asking));
      return new Run(simulation.runUntil(asked), trace);
    }
  }

  @Test
  void aProgramThatAsksAgainOutlivesLossesAndIsReplayed() throws Exception {
    Run first = run(7);
    assertThat(first.asked).as("some were lost").isGreaterThan(QUESTIONS);
    assertThat(run(7)).isEqualTo(first);
    assertThat(run(8).trace).isNotEqualTo(first.trace);
  }

  /** A send parks while a slow link holds what fills the buffer. */
  @Test
  void aSenderIsHeldToThePaceOfItsLink() throws Exception {
    int count = 1000;
    int length = 1000;
    try (Simulation simulation = Simulation.of(SimulatedNetwork.stepping())) {
      SimulatedHost server = simulation.host("server");
      SimulatedHost client = simulation.host("client");
      simulation
          .network()
          .link(
              client.address(),
              server.address(),
              Link.latency(Duration.ofMillis(5)).bandwidth(1_000_000));
      Datagrams receiving =
          server.loop().attach(UdpSocket.bind(server.kernel(), server.address(9)));
      Datagrams sending =
          client.loop().attach(UdpSocket.connect(client.kernel(), server.address(9)));
      long start = simulation.network().nanoTime();
      Fiber<Integer> received =
          server
              .loop()
              .fiber(() -> {
                ByteBuffer buffer = ByteBuffer.allocate(length);
                int sum = 0;
                for (int i = 0; i < count; i++) {
                  sum += receiving.receive(buffer.clear());
                }
                return sum;
              });
      Fiber<Long> sent =
          client
              .loop()
              .fiber(() -> {
                for (int i = 0; i < count; i++) {
                  sending.send(ByteBuffer.allocate(length));
                }
                return simulation.network().nanoTime() - start;
              });
      Duration taken = Duration.ofNanos(simulation.runUntil(sent));
      assertThat(taken).isBetween(Duration.ofMillis(800), Duration.ofMillis(1000));
      assertThat(simulation.runUntil(received)).isEqualTo(count * length);
    }
  }
}
