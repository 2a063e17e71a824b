package dev.selkie.simulation;

import dev.selkie.kernel.Epoll;
import dev.selkie.kernel.MessageHeader;
import dev.selkie.kernel.SocketOption;
import dev.selkie.kernel.Sockets;
import dev.selkie.kernel.Sockets.Direction;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.EnumSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** As {@link LinuxTwinTest}, of UDP. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "the twin of the simulated Linux is a real one")
final class UdpTwinTest {
  private static final InetSocketAddress LOOPBACK = at("127.0.0.1", 0);

  private static InetSocketAddress at(String literal, int port) {
    return new InetSocketAddress(InetAddress.ofLiteral(literal), port);
  }

  private static int socket(Twin twin) {
    return twin.own(twin.kernel.sockets().socket(Sockets.Domain.INET, Sockets.Type.DATAGRAM));
  }

  private static int bound(Twin twin) {
    int number = socket(twin);
    bind(twin, number, LOOPBACK);
    return number;
  }

  private static void bind(Twin twin, int number, InetSocketAddress address) {
    twin.once("bind", () -> twin.kernel.sockets().bind(number, address));
  }

  private static void connect(Twin twin, int number, InetSocketAddress address) {
    twin.once("connect", () -> twin.kernel.sockets().connect(number, address));
  }

  private static void send(Twin twin, int number, int length) {
    twin.once(
        "send " + length,
        () -> twin.kernel.sockets().send(number, new byte[length], 0, length, null));
  }

  private static void send(Twin twin, int number, int length, InetSocketAddress to) {
    MessageHeader header = new MessageHeader();
    header.address().set(to);
    twin.once(
        "sendmsg " + length,
        () -> twin.kernel.sockets().send(number, new byte[length], 0, length, header));
  }

  /** Receives, and notes whether it is whole and whether it is from the port. */
  private static void receive(Twin twin, int number, int room, int from) {
    MessageHeader header = new MessageHeader();
    twin.once(
        "recvmsg " + room,
        () -> twin.kernel.sockets().receive(number, new byte[room], 0, room, header));
    twin.once("truncated", () -> header.isTruncated() ? 1 : 0);
    twin.once("from", () -> header.address().port() == from ? 1 : 0);
  }

  private static void hasPort(Twin twin, int number) {
    twin.once("has a port", () -> twin.address(number).getPort() == 0 ? 0 : 1);
  }

  private static void hasHost(Twin twin, int number) {
    twin.once("is at all", () -> twin.address(number).getAddress().isAnyLocalAddress() ? 1 : 0);
  }

  @Test
  void datagramsArriveAlike() {
    Twin.compare(twin -> {
      int server = bound(twin);
      int client = socket(twin);
      twin.polls(server, client);
      send(twin, client, 3);
      send(twin, client, 70_000);
      send(twin, client, 1, at("127.0.0.1", 0));
      InetSocketAddress to = twin.address(server);
      hasPort(twin, client);
      send(twin, client, 3, to);
      hasPort(twin, client);
      hasHost(twin, client);
      int from = twin.address(client).getPort();
      send(twin, client, 0, to);
      send(twin, client, 5, to);
      send(twin, client, 7, to);
      twin.polls(server, client);
      twin.available(server);
      receive(twin, server, 9, from);
      twin.available(server);
      receive(twin, server, 9, from);
      receive(twin, server, 5, from);
      receive(twin, server, 5, from);
      twin.poll(server);
      twin.once("recv", () -> twin.kernel.sockets().receive(server, new byte[1], 0, 1, null));
      send(twin, client, 65_507, to);
      send(twin, client, 65_508, to);
      receive(twin, server, 70_000, from);
      twin.peer(client);
      twin.shutdown(client, Direction.BOTH);
    });
  }

  @Test
  void refusalsAreToldAlike() {
    Twin.compare(twin -> {
      int gone = bound(twin);
      InetSocketAddress nobody = twin.address(gone);
      twin.close(gone);
      int client = bound(twin);
      send(twin, client, 1, nobody);
      twin.poll(client);
      twin.error(client);
      connect(twin, client, nobody);
      for (int i = 0; i < 2; i++) {
        send(twin, client, 1);
        twin.poll(client);
        receive(twin, client, 1, 0);
        twin.poll(client);
        send(twin, client, 1);
        twin.poll(client);
        send(twin, client, 1);
        twin.poll(client);
        send(twin, client, 1);
        twin.poll(client);
        twin.error(client);
        twin.poll(client);
      }
      receive(twin, client, 1, 0);
    });
  }

  @Test
  void peersComeAndGoAlike() {
    Twin.compare(twin -> {
      int server = bound(twin);
      int other = bound(twin);
      InetSocketAddress to = twin.address(server);
      int client = socket(twin);
      twin.peer(client);
      connect(twin, client, to);
      twin.peer(client);
      hasHost(twin, client);
      InetSocketAddress own = twin.address(client);
      send(twin, other, 2, own);
      twin.poll(client);
      send(twin, server, 4, own);
      receive(twin, client, 9, to.getPort());
      send(twin, client, 1, twin.address(other));
      receive(twin, other, 9, own.getPort());
      connect(twin, client, twin.address(other));
      send(twin, client, 2);
      receive(twin, other, 9, own.getPort());
      for (int number : new int[] {client, other, server}) {
        connect(twin, number, to);
        twin.once("disconnect", () -> twin.kernel.sockets().disconnect(number));
        twin.peer(number);
        hasPort(twin, number);
        hasHost(twin, number);
        send(twin, number, 1);
      }
      bind(twin, client, at("127.0.0.1", own.getPort()));
      hasPort(twin, client);
      bind(twin, client, LOOPBACK);
      bind(twin, socket(twin), own);
    });
  }

  @Test
  void shutDownAlike() {
    Twin.compare(twin -> {
      for (Direction direction : Direction.values()) {
        int server = bound(twin);
        int client = socket(twin);
        connect(twin, client, twin.address(server));
        twin.shutdown(client, direction);
        twin.poll(client);
        send(twin, client, 1);
        receive(twin, client, 1, 0);
      }
    });
  }

  @Test
  void broadcastsAlike() {
    Twin.compare(twin -> {
      int sender = socket(twin);
      int[] all = {socket(twin), socket(twin)};
      InetSocketAddress any = at("0.0.0.0", 0);
      for (int number : all) {
        twin.once(
            "reuse", () -> twin.kernel.sockets().setOption(number, SocketOption.SO_REUSEADDR, 1));
        bind(twin, number, any);
        any = twin.address(number);
      }
      InetSocketAddress to = at("127.255.255.255", any.getPort());
      send(twin, sender, 1, to);
      connect(twin, sender, to);
      twin.once(
          "broadcast", () -> twin.kernel.sockets().setOption(sender, SocketOption.SO_BROADCAST, 1));
      send(twin, sender, 1, to);
      twin.polls(all);
      for (int number : all) {
        receive(twin, number, 9, twin.address(sender).getPort());
      }
      send(twin, sender, 1, at("127.0.0.1", any.getPort()));
      twin.polls(all);
    });
  }

  /** Within one: a Linux before 6.16 takes one more than fits. */
  @ParameterizedTest
  @CsvSource({"1, 256", "1000, 92", "9000, 12", "65507, 3"})
  void buffersHoldAsManyOfThem(int length, int fit) {
    Twin.compare(twin -> {
      int server = bound(twin);
      int client = socket(twin);
      connect(twin, client, twin.address(server));
      for (int i = 0; i < fit + 20; i++) {
        send(twin, client, length);
      }
      twin.poll(client);
      twin.once("about " + fit, () -> Math.abs(drained(twin, server) - fit) <= 1 ? 1 : 0);
    });
  }

  private static int drained(Twin twin, int number) {
    int count = 0;
    while (twin.kernel.sockets().receive(number, new byte[1], 0, 1, null) >= 0) {
      count++;
    }
    return count;
  }

  @Test
  void edgesComeAlike() {
    Twin.compare(twin -> {
      int server = bound(twin);
      int client = socket(twin);
      connect(twin, client, twin.address(server));
      int queue = twin.epoll();
      twin.add(queue, server, Epoll.IN | Epoll.RDHUP | Epoll.ET);
      twin.add(queue, client, Epoll.IN | Epoll.OUT | Epoll.RDHUP | Epoll.ET);
      twin.ask(queue, 9);
      for (int i = 0; i < 3; i++) {
        send(twin, client, i);
        twin.ask(queue, 9);
        twin.ask(queue, 9);
      }
      twin.close(server);
      send(twin, client, 1);
      twin.poll(client);
      twin.ask(queue, 9);
      twin.error(client);
      twin.ask(queue, 9);
    });
  }

  @Test
  void optionsAreAlike() {
    Twin.compare(twin -> {
      int number = socket(twin);
      // Text, a CPU's number, and one that Linux takes without a meaning before 6.16.
      EnumSet<SocketOption> others =
          EnumSet.of(
              SocketOption.SO_BINDTODEVICE, SocketOption.SO_INCOMING_CPU, SocketOption.SO_PASSCRED);
      for (SocketOption option : EnumSet.complementOf(others)) {
        twin.once(option.name(), () -> twin.kernel.sockets().getOption(number, option));
      }
    });
  }
}
