package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.selkie.Envelope;
import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.net.TcpStream;
import dev.selkie.net.UdpOption;
import dev.selkie.net.UdpSocket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Datagrams over UDP, connected and not. */
@Contract
final class UdpTest {
  private static final int LONGEST = 65_507;
  private static final int SENDERS = 20;

  private final Configuration configuration;
  private final Kernel kernel;
  private UdpSocket server;
  private UdpSocket client;

  UdpTest(Configuration configuration) {
    this.configuration = configuration;
    this.kernel = configuration.kernel();
  }

  @BeforeEach
  void open() throws IOException {
    server = UdpSocket.bind(kernel, TcpPair.loopback());
    client = UdpSocket.connect(kernel, server.localAddress());
  }

  @AfterEach
  void close() {
    client.close();
    server.close();
  }

  private static ByteBuffer bytes(int count) {
    ByteBuffer buffer = ByteBuffer.allocate(count);
    for (int i = 0; i < count; i++) {
      buffer.put(i, (byte) (i * 31));
    }
    return buffer;
  }

  private static ByteBuffer direct(ByteBuffer content) {
    return ByteBuffer.allocateDirect(content.remaining()).put(content.duplicate()).flip();
  }

  private int receive(UdpSocket socket, ByteBuffer target, Envelope envelope) throws IOException {
    Ready.await(configuration, socket, Interest.READABLE);
    return socket.receive(target, envelope);
  }

  private ByteBuffer received(UdpSocket socket) throws IOException {
    ByteBuffer target = ByteBuffer.allocate(LONGEST + 1);
    Envelope envelope = new Envelope();
    int n = receive(socket, target, envelope);
    assertThat(n).isNotNegative().isEqualTo(target.position());
    assertThat(envelope.isTruncated()).isFalse();
    return target.flip();
  }

  @Test
  void datagramsOfEachKindOfMemoryAndLengthArriveWhole() throws IOException {
    for (int length : new int[] {1, 100, 9_000, LONGEST}) {
      ByteBuffer content = bytes(length);
      ByteBuffer inDirect = direct(content);
      for (ByteBuffer source :
          List.of(
              content.duplicate(),
              inDirect,
              content.asReadOnlyBuffer(),
              inDirect.asReadOnlyBuffer())) {
        assertThat(client.send(source)).isEqualTo(length);
        assertThat(source.hasRemaining()).isFalse();
        assertThat(received(server)).isEqualTo(content);
      }
      client.send(content.duplicate());
      ByteBuffer target = ByteBuffer.allocateDirect(length + 2).position(1);
      assertThat(receive(server, target, new Envelope())).isEqualTo(length);
      assertThat(target.position()).isEqualTo(length + 1);
      assertThat(target.flip().position(1)).isEqualTo(content);
    }
  }

  @Test
  void theSenderIsToldAndAnsweredByItsEnvelope() throws IOException {
    assertThat(client.remoteAddress()).isEqualTo(server.localAddress());
    assertThat(server.remoteAddress()).isNull();
    client.send(bytes(3));
    Envelope envelope = new Envelope();
    assertThat(receive(server, ByteBuffer.allocate(9), envelope)).isEqualTo(3);
    assertThat(envelope.address()).isEqualTo(client.localAddress());
    assertThat(server.send(bytes(5), envelope)).isEqualTo(5);
    assertThat(received(client)).isEqualTo(bytes(5));
    assertThat(server.send(bytes(6), client.localAddress())).isEqualTo(6);
    Ready.await(configuration, client, Interest.READABLE);
    assertThat(client.receive(ByteBuffer.allocate(9))).isEqualTo(6);
    assertThat(client.receive(ByteBuffer.allocate(9), envelope)).isEqualTo(Io.NOT_READY);
    assertThat(envelope.address()).as("left alone").isEqualTo(client.localAddress());
  }

  @Test
  void anEmptyDatagramIsZeroAndNothingIsNotReady() throws IOException {
    assertThat(server.receive(ByteBuffer.allocate(4))).isEqualTo(Io.NOT_READY);
    assertThat(client.send(ByteBuffer.allocate(0))).isZero();
    assertThat(client.send(ByteBuffer.allocateDirect(0))).isZero();
    assertThat(client.send(ByteBuffer.allocate(0), Envelope.to(server.localAddress()))).isZero();
    Envelope envelope = new Envelope();
    assertThat(receive(server, ByteBuffer.allocate(4), envelope)).isZero();
    assertThat(envelope.address()).isEqualTo(client.localAddress());
    assertThat(envelope.isTruncated()).isFalse();
    assertThat(receive(server, ByteBuffer.allocate(0), envelope)).isZero();
    assertThat(envelope.isTruncated()).isFalse();
    Ready.await(configuration, server, Interest.READABLE);
    assertThat(server.receive(ByteBuffer.allocateDirect(4))).isZero();
    assertThat(server.receive(ByteBuffer.allocate(4))).isEqualTo(Io.NOT_READY);
  }

  @Test
  void aTruncatedDatagramIsToldFromAWholeOne() throws IOException {
    for (ByteBuffer target :
        List.of(ByteBuffer.allocate(10), ByteBuffer.allocateDirect(10), ByteBuffer.allocate(0))) {
      int room = target.remaining();
      for (int length : new int[] {room, room + 1, room}) {
        client.send(bytes(length));
        Envelope envelope = new Envelope();
        assertThat(receive(server, target.clear(), envelope)).isEqualTo(room);
        assertThat(envelope.isTruncated()).as("%d into %d", length, room).isEqualTo(length > room);
        assertThat(envelope.address()).isEqualTo(client.localAddress());
        assertThat(target.flip()).isEqualTo(bytes(room));
      }
    }
    client.send(bytes(9));
    client.send(bytes(2));
    Ready.await(configuration, server, Interest.READABLE);
    assertThat(server.receive(ByteBuffer.allocate(4))).isEqualTo(4);
    assertThat(received(server)).as("the rest is lost").isEqualTo(bytes(2));
  }

  @Test
  void whatIsTooBigIsRefusedAndNothingIsSent() throws IOException {
    for (ByteBuffer source :
        List.of(bytes(LONGEST + 1), direct(bytes(LONGEST + 1)), bytes(100_000))) {
      SystemCallException e =
          catchThrowableOfType(SystemCallException.class, () -> client.send(source));
      assertThat(e.errno()).isEqualTo(Errno.EMSGSIZE);
      assertThat(e)
          .hasMessageMatching(
              "send\\(fd \\d+ to 127.0.0.1:\\d+, %d bytes\\): EMSGSIZE \\(message too long\\)"
                  .formatted(source.remaining()));
      assertThatThrownBy(() -> server.send(source, client.localAddress()))
          .hasMessageContaining("EMSGSIZE")
          .hasMessageContaining(" to 127.0.0.1:" + client.localAddress().getPort());
      assertThat(source.position()).isZero();
    }
    assertThat(Ready.within(configuration, server, Interest.READABLE, Duration.ZERO)).isFalse();
    assertThatThrownBy(() -> server.send(bytes(1))).hasMessageContaining("EDESTADDRREQ");
    assertThatThrownBy(() -> server.send(bytes(1), new Envelope()))
        .hasMessageContaining("EDESTADDRREQ");
  }

  @Test
  void aRefusalIsToldOnceToAConnectedSocket() throws IOException {
    InetSocketAddress address = server.localAddress();
    server.close();
    client.send(bytes(1));
    Ready.await(configuration, client, Interest.READABLE);
    assertThatThrownBy(() -> client.receive(ByteBuffer.allocate(1)))
        .isInstanceOf(SystemCallException.class)
        .hasMessageMatching("recv\\(fd \\d+ to 127.0.0.1:\\d+\\): ECONNREFUSED .*");
    assertThat(client.receive(ByteBuffer.allocate(1))).isEqualTo(Io.NOT_READY);
    client.send(bytes(1));
    Ready.await(configuration, client, Interest.READABLE);
    assertThatThrownBy(() -> client.send(bytes(1))).hasMessageContaining("ECONNREFUSED");
    client.send(bytes(1));
    Ready.await(configuration, client, Interest.READABLE);
    assertThat(client.takeError())
        .hasMessageMatching("SO_ERROR\\(fd \\d+ to 127.0.0.1:\\d+\\): ECONNREFUSED .*");
    assertThat(client.takeError()).isNull();
    try (UdpSocket again = UdpSocket.bind(kernel, address)) {
      client.send(bytes(2));
      assertThat(received(again)).isEqualTo(bytes(2));
    }
  }

  @Test
  void aSocketWithoutAPeerHearsOfNoRefusal() throws IOException {
    try (UdpSocket sender = UdpSocket.bind(kernel, TcpPair.loopback())) {
      InetSocketAddress nobody = server.localAddress();
      server.close();
      sender.send(bytes(1), nobody);
      assertThat(Ready.within(configuration, sender, Interest.READABLE, Duration.ZERO)).isFalse();
      assertThat(sender.takeError()).isNull();
    }
  }

  @Test
  void aConnectedSocketReceivesFromItsPeerAlone() throws IOException {
    try (UdpSocket other = UdpSocket.connect(kernel, client.localAddress())) {
      other.send(bytes(7));
      server.send(bytes(2), client.localAddress());
      assertThat(received(client)).isEqualTo(bytes(2));
      assertThat(client.connectTo(other.localAddress())).isSameAs(client);
      assertThat(client.remoteAddress()).isEqualTo(other.localAddress());
      assertThat(client.toString()).endsWith(" to 127.0.0.1:" + other.localAddress().getPort());
      other.takeError(); // the first one was refused
      other.send(bytes(3));
      assertThat(received(client)).isEqualTo(bytes(3));
      client.send(bytes(4));
      assertThat(received(other)).isEqualTo(bytes(4));
    }
  }

  @Test
  void aDisconnectedSocketKeepsItsPort() throws IOException {
    try (UdpSocket named = UdpSocket.bind(kernel, TcpPair.loopback())) {
      for (UdpSocket socket : List.of(client, named)) {
        socket.connectTo(server.localAddress());
        InetSocketAddress before = socket.localAddress();
        socket.disconnect();
        assertThat(socket.remoteAddress()).isNull();
        assertThat(socket.localAddress().getPort()).isEqualTo(before.getPort());
        assertThat(socket.toString()).doesNotContain(" to ");
        assertThatThrownBy(() -> socket.send(bytes(1))).hasMessageContaining("EDESTADDRREQ");
        try (UdpSocket other = UdpSocket.connect(kernel, before)) {
          other.send(bytes(8));
          assertThat(received(socket)).isEqualTo(bytes(8));
        }
      }
    }
  }

  @Test
  void whatIsSentToAllNeedsTheOptionAndReachesAll() throws IOException {
    UdpSocket.Builder sharing =
        UdpSocket.builder().kernel(kernel).set(UdpOption.REUSE_ADDRESS, true);
    try (UdpSocket one = sharing.bind(TcpPair.at("0.0.0.0", 0));
        UdpSocket other = sharing.bind(one.localAddress())) {
      SocketAddress all = TcpPair.at("127.255.255.255", one.localAddress().getPort());
      assertThatThrownBy(() -> server.send(bytes(4), all))
          .hasMessageMatching(
              "sendmsg\\(fd \\d+ to 127.255.255.255:\\d+, 4 bytes\\): EACCES \\(.*\\)");
      server.set(UdpOption.BROADCAST, true);
      assertThat(server.send(bytes(4), all)).isEqualTo(4);
      for (UdpSocket socket : List.of(one, other)) {
        assertThat(received(socket)).isEqualTo(bytes(4));
      }
    }
  }

  @Test
  void aSocketIsWritableAtOnceAndReadableWithADatagram() throws IOException {
    try (EventQueue<String> queue = configuration.queue(kernel)) {
      queue.register(server, Interest.READABLE_WRITABLE, "server");
      assertThat(Report.only(queue)).hasToString("server: writable");
      client.send(bytes(0));
      Ready.await(configuration, server, Interest.READABLE);
      assertThat(Report.only(queue)).as("both in one").hasToString("server: readable writable");
      server.receive(ByteBuffer.allocate(1));
      assertThat(Report.only(queue)).hasToString("server: writable");
    }
  }

  @Test
  @Needs(Ability.EDGE)
  void anEdgeIsReportedForEachArrival() throws IOException {
    try (EventQueue<String> queue = configuration.queue(kernel)) {
      queue.register(server, Interest.READABLE.edge(), "server");
      for (int i = 0; i < 3; i++) {
        client.send(bytes(1));
        assertThat(Report.only(queue)).hasToString("server: readable");
      }
      Report.none(queue);
      for (int i = 0; i < 3; i++) {
        assertThat(server.receive(ByteBuffer.allocate(1))).isOne();
      }
      assertThat(server.receive(ByteBuffer.allocate(1))).isEqualTo(Io.NOT_READY);
    }
  }

  @Test
  void manySendersAreToldApart() throws IOException {
    List<UdpSocket> senders = new ArrayList<>();
    try {
      Map<SocketAddress, Integer> expected = new HashMap<>();
      for (int i = 0; i < SENDERS; i++) {
        UdpSocket sender = UdpSocket.connect(kernel, server.localAddress());
        senders.add(sender);
        expected.put(sender.localAddress(), i + 1);
        sender.send(bytes(i + 1));
      }
      Map<SocketAddress, Integer> got = new HashMap<>();
      Envelope envelope = new Envelope();
      ByteBuffer target = ByteBuffer.allocateDirect(100);
      while (got.size() < SENDERS) {
        int n = receive(server, target.clear(), envelope);
        got.put(envelope.address(), n);
        server.send(target.flip(), envelope);
      }
      assertThat(got).isEqualTo(expected);
      for (int i = 0; i < SENDERS; i++) {
        assertThat(received(senders.get(i))).isEqualTo(bytes(i + 1));
      }
    } finally {
      senders.forEach(UdpSocket::close);
    }
  }

  @Test
  void whatDoesNotFitTheReceiveBufferIsDropped() throws IOException {
    server.set(UdpOption.RECEIVE_BUFFER, 20_000);
    int sent = 200;
    for (int i = 0; i < sent; i++) {
      assertThat(client.send(bytes(1000))).isEqualTo(1000);
    }
    int count = 0;
    Ready.await(configuration, server, Interest.READABLE);
    while (server.receive(ByteBuffer.allocate(2000)) == 1000) {
      count++;
    }
    assertThat(count).isBetween(5, sent / 2);
    client.send(bytes(3));
    assertThat(received(server)).as("room again").isEqualTo(bytes(3));
  }

  @Test
  void overV6AndFromV4OnASocketOfBoth() throws IOException {
    try (UdpSocket both = UdpSocket.bind(kernel, TcpPair.at("::", 0));
        UdpSocket six = UdpSocket.bind(kernel, TcpPair.at("::1", 0))) {
      int port = both.localAddress().getPort();
      six.send(bytes(2), TcpPair.at("::1", port));
      server.send(bytes(2), TcpPair.at("127.0.0.1", port));
      Envelope envelope = new Envelope();
      for (int i = 0; i < 2; i++) {
        assertThat(receive(both, ByteBuffer.allocate(9), envelope)).isEqualTo(2);
        assertThat(envelope.address()).isIn(six.localAddress(), server.localAddress());
        both.send(bytes(3), envelope);
      }
      assertThat(received(six)).isEqualTo(bytes(3));
      assertThat(received(server)).isEqualTo(bytes(3));
      assertThat(both.send(bytes(4), server.localAddress())).isEqualTo(4);
      assertThat(received(server)).isEqualTo(bytes(4));
      both.connectTo(server.localAddress());
      both.send(bytes(5));
      assertThat(received(server)).isEqualTo(bytes(5));
      assertThat(both.remoteAddress()).isEqualTo(server.localAddress());
    } catch (SystemCallException e) {
      assertThat(e.errno()).isIn(Errno.EAFNOSUPPORT, Errno.EADDRNOTAVAIL); // no IPv6 here
    }
  }

  @Test
  void addressesInUseAndWrongOnesAreRefused() throws IOException {
    assertThatThrownBy(() -> UdpSocket.bind(kernel, server.localAddress()))
        .isInstanceOf(SystemCallException.class)
        .hasMessageStartingWith("bind(127.0.0.1:" + server.localAddress().getPort())
        .hasMessageContaining("EADDRINUSE");
    assertThatThrownBy(() -> UdpSocket.bind(kernel, TcpPair.at("203.0.113.1", 0)))
        .hasMessageContaining("EADDRNOTAVAIL");
    InetSocketAddress name = InetSocketAddress.createUnresolved("host.test", 1);
    for (SocketAddress wrong : List.of(name, UnixDomainSocketAddress.of("/tmp/x"))) {
      assertThatThrownBy(() -> UdpSocket.bind(kernel, wrong))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> UdpSocket.connect(kernel, wrong))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> client.connectTo(wrong))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> client.send(bytes(1), wrong))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> client.send(bytes(1), new Envelope().address(wrong)))
          .isInstanceOf(IllegalArgumentException.class);
    }
    assertThatThrownBy(() -> client.receive(bytes(1).asReadOnlyBuffer()))
        .isInstanceOf(ReadOnlyBufferException.class);
  }

  @Test
  void adoptedAndDetached() throws IOException {
    int number = client.detach();
    assertThatThrownBy(client::detach).isInstanceOf(ClosedChannelException.class);
    try (UdpSocket adopted = UdpSocket.adopt(kernel, number)) {
      assertThat(adopted.remoteAddress()).isEqualTo(server.localAddress());
      adopted.send(bytes(3));
      assertThat(received(server)).isEqualTo(bytes(3));
      assertThatThrownBy(() -> TcpStream.adopt(kernel, number))
          .hasMessage("fd " + number + " is no connected stream socket");
    }
    try (TcpPair pair = TcpPair.open(configuration, kernel)) {
      int stream = pair.client().descriptor().number();
      assertThatThrownBy(() -> UdpSocket.adopt(kernel, stream))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("fd " + stream + " is no datagram socket");
    }
    assertThatThrownBy(() -> UdpSocket.adopt(kernel, 1 << 20)).hasMessageContaining("EBADF");
  }

  @Test
  void aClosedSocketRefusesEverything() throws IOException {
    InetSocketAddress peer = server.localAddress();
    client.close();
    client.close();
    assertThat(client.isOpen()).isFalse();
    assertThat(client.remoteAddress()).isEqualTo(peer);
    assertThat(client.toString()).contains("closed");
    for (ThrowingCallable call :
        List.<ThrowingCallable>of(
            () -> client.receive(ByteBuffer.allocate(1)),
            () -> client.receive(ByteBuffer.allocate(1), new Envelope()),
            () -> client.send(bytes(1)),
            () -> client.send(bytes(1), peer),
            () -> client.connectTo(peer),
            client::disconnect,
            client::localAddress,
            client::takeError)) {
      assertThatThrownBy(call).isInstanceOf(ClosedChannelException.class);
    }
  }

  @Test
  void everyOptionIsSetAndReadBack() throws IOException {
    for (UdpOption<Boolean> flag :
        List.of(UdpOption.BROADCAST, UdpOption.REUSE_ADDRESS, UdpOption.REUSE_PORT)) {
      for (boolean value : new boolean[] {true, false}) {
        assertThat(client.set(flag, value).get(flag)).as(flag.name()).isEqualTo(value);
      }
    }
    for (UdpOption<Integer> buffer : List.of(UdpOption.SEND_BUFFER, UdpOption.RECEIVE_BUFFER)) {
      assertThat(client.set(buffer, 20_000).get(buffer)).isIn(20_000, 40_000);
      assertThatThrownBy(() -> client.set(buffer, -1))
          .hasMessage(buffer + " takes a number of bytes, not negative: -1");
    }
    assertThat(client.set(UdpOption.TYPE_OF_SERVICE, 0x10).get(UdpOption.TYPE_OF_SERVICE))
        .isEqualTo(0x10);
    assertThat(client.get(UdpOption.INCOMING_CPU)).isGreaterThanOrEqualTo(-1);
    refusedOrKept(UdpOption.MARK, 7);
    refusedOrKept(UdpOption.DEVICE, "lo");
    UdpSocket.Builder builder =
        UdpSocket.builder()
            .kernel(kernel)
            .set(UdpOption.V6_ONLY, true)
            .set(UdpOption.TRAFFIC_CLASS, 0x20);
    try (UdpSocket six = builder.bind(TcpPair.at("::1", 0))) {
      assertThat(six.get(UdpOption.V6_ONLY)).isTrue();
      assertThat(six.get(UdpOption.TRAFFIC_CLASS)).isEqualTo(0x20);
    } catch (SystemCallException e) {
      assertThat(e.errno()).isIn(Errno.EAFNOSUPPORT, Errno.EADDRNOTAVAIL); // no IPv6 here
    }
    assertThatThrownBy(() -> builder.bind(TcpPair.loopback()))
        .isInstanceOf(SystemCallException.class)
        .hasMessageStartingWith("setsockopt(IPV6_V6ONLY)");
  }

  private <T> void refusedOrKept(UdpOption<T> option, T value) throws IOException {
    try {
      assertThat(client.set(option, value).get(option)).isEqualTo(value);
    } catch (SystemCallException e) {
      assertThat(e.errno()).isIn(Errno.EPERM, Errno.EACCES, Errno.ENOPROTOOPT);
    }
  }
}
