package dev.selkie.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.Envelope;
import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.kernel.Kernel;
import dev.selkie.net.UdpOption;
import dev.selkie.net.UdpSocket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Datagrams between hosts, and what may be between them. */
final class DatagramTest {
  private static final InetAddress HERE = InetAddress.ofLiteral("10.0.0.1");
  private static final InetAddress THERE = InetAddress.ofLiteral("10.0.0.2");
  private static final Duration LATENCY = Duration.ofMillis(10);
  private static final InetSocketAddress SERVER = new InetSocketAddress(THERE, 53);

  private final List<String> trace = new ArrayList<>();
  private final SimulatedNetwork network =
      SimulatedNetwork.builder().latency(LATENCY, LATENCY).trace(trace::add).build();
  private final Kernel here = host(network, "here", HERE);
  private final Kernel there = host(network, "there", THERE);

  private static Kernel host(SimulatedNetwork network, String name, InetAddress address) {
    return SimulatedKernel.builder().network(network).name(name).address(address).build();
  }

  /** How long it takes until a socket has something to receive, an error included. */
  private Duration wait(UdpSocket socket) throws IOException {
    long start = network.nanoTime();
    try (EventQueue<String> queue = EventQueue.open(socket.descriptor().kernel())) {
      queue.register(socket, Interest.READABLE, "socket");
      assertThat(queue.await().isEmpty()).isFalse();
    }
    return Duration.ofNanos(network.nanoTime() - start);
  }

  private static List<Integer> lengths(UdpSocket socket) throws IOException {
    List<Integer> lengths = new ArrayList<>();
    while (true) {
      int n = socket.receive(ByteBuffer.allocate(70_000));
      if (n == Io.NOT_READY) {
        return lengths;
      }
      lengths.add(n);
    }
  }

  @Test
  void datagramsTakeTheirTimeEachWay() throws IOException {
    try (UdpSocket server = UdpSocket.bind(there, SERVER);
        UdpSocket client = UdpSocket.connect(here, SERVER)) {
      assertThat(client.localAddress().getAddress()).isEqualTo(HERE);
      client.send(ByteBuffer.allocate(3));
      assertThat(wait(server)).isEqualTo(LATENCY);
      Envelope envelope = new Envelope();
      assertThat(server.receive(ByteBuffer.allocate(9), envelope)).isEqualTo(3);
      assertThat(envelope.address()).isEqualTo(client.localAddress());
      server.send(ByteBuffer.allocate(4), envelope);
      assertThat(wait(client)).isEqualTo(LATENCY);
      assertThat(lengths(client)).containsExactly(4);
    }
  }

  @Test
  void theNewsThatNobodyIsThereTakesTheWayThereAndBack() throws IOException {
    try (UdpSocket client = UdpSocket.connect(here, SERVER)) {
      client.send(ByteBuffer.allocate(3));
      assertThat(wait(client)).isEqualTo(LATENCY.multipliedBy(2));
      assertThatThrownBy(() -> lengths(client)).hasMessageContaining("ECONNREFUSED");
    }
    assertThat(trace).anyMatch(line -> line.contains("news that a datagram of 3 bytes"));
  }

  @Test
  void routesLoseRefuseAndGiveUp() throws IOException {
    try (UdpSocket server = UdpSocket.bind(there, SERVER);
        UdpSocket client = UdpSocket.connect(here, SERVER)) {
      network.route(HERE, THERE, Route.LOST);
      client.send(ByteBuffer.allocate(1));
      network.advance(LATENCY);
      network.route(HERE, THERE, Route.OPEN);
      client.send(ByteBuffer.allocate(2));
      network.route(HERE, THERE, Route.LOST); // and what is on its way
      network.advance(LATENCY);
      network.route(HERE, THERE, Route.OPEN);
      client.send(ByteBuffer.allocate(3));
      network.advance(LATENCY);
      assertThat(lengths(server)).as("nobody tries again").containsExactly(3);
      network.route(HERE, THERE, Route.NO_NETWORK);
      assertThatThrownBy(() -> client.send(ByteBuffer.allocate(1)))
          .hasMessageContaining("ENETUNREACH");
      network.route(HERE, THERE, Route.NO_HOST);
      client.send(ByteBuffer.allocate(1));
      assertThat(wait(client)).isEqualTo(Duration.ofSeconds(3));
      assertThatThrownBy(() -> lengths(client)).hasMessageContaining("EHOSTUNREACH");
    }
    InetSocketAddress nobody = new InetSocketAddress(InetAddress.ofLiteral("10.9.9.9"), 1);
    assertThatThrownBy(() -> UdpSocket.connect(here, nobody)).hasMessageContaining("ENETUNREACH");
  }

  @Test
  void aFullReceiveBufferDropsAndTheTraceSaysSo() throws IOException {
    try (UdpSocket server = UdpSocket.bind(there, SERVER);
        UdpSocket client = UdpSocket.connect(here, SERVER)) {
      server.set(UdpOption.RECEIVE_BUFFER, 5_000); // 10,000, for four of these
      for (int length = 1001; length <= 1006; length++) {
        client.send(ByteBuffer.allocate(length));
      }
      network.advance(LATENCY);
      assertThat(lengths(server)).containsExactly(1001, 1002, 1003, 1004);
      assertThat(trace)
          .anyMatch(line -> line.contains("has no room for a datagram of 1005 bytes"))
          .anyMatch(line -> line.contains("has no room for a datagram of 1006 bytes"));
    }
  }

  @Test
  void aSlowLinkFillsTheSendBufferUntilItHasCarriedThem() throws IOException {
    network.link(HERE, THERE, Link.latency(LATENCY).bandwidth(1_000_000));
    try (UdpSocket server = UdpSocket.bind(there, SERVER);
        UdpSocket client = UdpSocket.connect(here, SERVER);
        EventQueue<String> queue = EventQueue.open(here)) {
      server.set(UdpOption.RECEIVE_BUFFER, 200_000);
      client.set(UdpOption.SEND_BUFFER, 10_000);
      queue.register(client, Interest.WRITABLE.edge(), "client");
      assertThat(queue.poll().size()).isOne();
      int sent = 0;
      while (client.send(ByteBuffer.allocate(1000)) != Io.NOT_READY) {
        sent++;
      }
      assertThat(sent).isBetween(5, 20);
      long start = network.nanoTime();
      assertThat(queue.await().size()).as("room again").isOne();
      assertThat(network.nanoTime()).isGreaterThan(start);
      assertThat(client.send(ByteBuffer.allocate(1000))).isEqualTo(1000);
      network.advance(Duration.ofSeconds(1));
      assertThat(lengths(server)).hasSize(sent + 1);
    }
  }

  @Test
  void datagramsOvertakeEachOtherWhereLatencyVaries() throws IOException {
    SimulatedNetwork uneven =
        SimulatedNetwork.builder().seed(7).latency(Duration.ZERO, LATENCY).build();
    try (UdpSocket server = UdpSocket.bind(host(uneven, "there", THERE), SERVER);
        UdpSocket client = UdpSocket.connect(host(uneven, "here", HERE), SERVER)) {
      List<Integer> sent = new ArrayList<>();
      for (int length = 0; length < 20; length++) {
        client.send(ByteBuffer.allocate(length));
        sent.add(length);
      }
      uneven.advance(LATENCY);
      List<Integer> received = lengths(server);
      assertThat(received).containsExactlyInAnyOrderElementsOf(sent).isNotEqualTo(sent);
    }
  }

  @Test
  void aBroadcastReachesTheHostsOfTheNetwork() throws IOException {
    InetSocketAddress any = new InetSocketAddress(InetAddress.ofLiteral("0.0.0.0"), 67);
    try (UdpSocket one = UdpSocket.bind(here, any);
        UdpSocket other = UdpSocket.bind(there, any);
        UdpSocket deaf = UdpSocket.bind(there, SERVER)) {
      one.set(UdpOption.BROADCAST, true);
      one.send(
          ByteBuffer.allocate(5),
          new InetSocketAddress(InetAddress.ofLiteral("255.255.255.255"), 67));
      network.advance(LATENCY);
      assertThat(lengths(one)).containsExactly(5);
      assertThat(lengths(other)).containsExactly(5);
      assertThat(lengths(deaf)).isEmpty();
    }
  }

  @Test
  void socketsThatShareAPortShareItsSenders() throws IOException {
    UdpSocket.Builder sharing = UdpSocket.builder().kernel(there).set(UdpOption.REUSE_PORT, true);
    try (UdpSocket one = sharing.bind(SERVER);
        UdpSocket other = sharing.bind(SERVER)) {
      for (int i = 0; i < 10; i++) {
        try (UdpSocket client = UdpSocket.connect(here, SERVER)) {
          client.send(ByteBuffer.allocate(i));
        }
      }
      network.advance(LATENCY);
      assertThat(lengths(one)).hasSize(5);
      assertThat(lengths(other)).hasSize(5);
    }
  }
}
