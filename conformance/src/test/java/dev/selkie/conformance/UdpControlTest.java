package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.DatagramBatch;
import dev.selkie.Envelope;
import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.net.Membership;
import dev.selkie.net.NetInterface;
import dev.selkie.net.UdpOption;
import dev.selkie.net.UdpSocket;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What goes with datagrams beside their bytes, and multicast groups. */
@Contract
final class UdpControlTest {
  private static final InetAddress V4 = InetAddress.ofLiteral("127.0.0.1");
  private static final InetAddress V6 = InetAddress.ofLiteral("::1");
  private static final InetAddress GROUP = InetAddress.ofLiteral("239.255.17.4");
  private static final InetAddress GROUP_V6 = InetAddress.ofLiteral("ff01::1:17");
  private static final int LOOPBACK = 1;

  private final Configuration configuration;
  private final Kernel kernel;

  UdpControlTest(Configuration configuration) {
    this.configuration = configuration;
    this.kernel = configuration.kernel();
  }

  private UdpSocket bound(InetAddress host) throws IOException {
    return UdpSocket.bind(kernel, new InetSocketAddress(host, 0));
  }

  private Envelope received(UdpSocket socket) throws IOException {
    Envelope envelope = new Envelope();
    Ready.await(configuration, socket, Interest.READABLE);
    assertThat(socket.receive(ByteBuffer.allocate(100), envelope)).isNotNegative();
    return envelope;
  }

  private static ByteBuffer word() {
    return ByteBuffer.wrap(new byte[] {1, 2, 3});
  }

  @Test
  void nothingIsToldUnasked() throws IOException {
    try (UdpSocket server = bound(V4);
        UdpSocket client = bound(V4)) {
      client.send(word(), server.localAddress());
      Envelope envelope = received(server);
      assertThat(envelope.destination()).isNull();
      assertThat(envelope.interfaceIndex()).isZero();
      assertThat(envelope.hopLimit()).isEqualTo(-1);
      assertThat(envelope.trafficClass()).isEqualTo(-1);
      assertThat(envelope.arrivalNanos()).isEqualTo(-1);
      assertThat(envelope.segmentSize()).isZero();
    }
  }

  @Test
  void whatIsAskedForIsToldInBothFamilies() throws IOException {
    for (InetAddress host : List.of(V4, V6)) {
      try (UdpSocket server = bound(host);
          UdpSocket client = bound(host)) {
        server.set(UdpOption.RECEIVE_DESTINATION, true);
        server.set(UdpOption.RECEIVE_HOP_LIMIT, true);
        server.set(UdpOption.RECEIVE_TRAFFIC_CLASS, true);
        server.set(UdpOption.RECEIVE_TIME, true);
        client.set(UdpOption.HOP_LIMIT, 7);
        assertThat(client.get(UdpOption.HOP_LIMIT)).isEqualTo(7);
        long before = TimeUnit.MILLISECONDS.toNanos(kernel.clock().currentTimeMillis());
        client.send(word(), server.localAddress());
        Envelope envelope = received(server);
        assertThat(envelope.address()).isEqualTo(client.localAddress());
        assertThat(envelope.destination()).isEqualTo(host);
        assertThat(envelope.interfaceIndex()).isEqualTo(LOOPBACK);
        assertThat(envelope.hopLimit()).isEqualTo(7);
        assertThat(envelope.trafficClass()).isZero();
        assertThat(envelope.arrivalNanos() - before)
            .isBetween(-TimeUnit.SECONDS.toNanos(1), TimeUnit.SECONDS.toNanos(60));
        Envelope said = Envelope.to(server.localAddress()).sendHopLimit(9).sendTrafficClass(0x2e);
        client.send(word(), said);
        envelope = received(server);
        assertThat(envelope.hopLimit()).isEqualTo(9);
        assertThat(envelope.trafficClass()).isEqualTo(0x2e);
        client.send(word(), said.sendHopLimit(-1).sendTrafficClass(-1));
        assertThat(received(server).hopLimit()).isEqualTo(7);
      }
    }
  }

  @Test
  void aSocketOfBothFamiliesIsToldOfBoth() throws IOException {
    try (UdpSocket server = UdpSocket.bind(kernel, new InetSocketAddress("::", 0));
        UdpSocket client = bound(V4)) {
      server.set(UdpOption.RECEIVE_DESTINATION, true).set(UdpOption.RECEIVE_HOP_LIMIT, true);
      server.set(UdpOption.RECEIVE_TRAFFIC_CLASS, true);
      int port = server.localAddress().getPort();
      client.send(word(), Envelope.to(new InetSocketAddress(V4, port)).sendHopLimit(5));
      Envelope envelope = received(server);
      assertThat(envelope.destination()).isEqualTo(V4);
      assertThat(envelope.hopLimit()).isEqualTo(5);
      client.set(UdpOption.RECEIVE_HOP_LIMIT, true).set(UdpOption.RECEIVE_TRAFFIC_CLASS, true);
      server.send(word(), envelope.from(V4, 0).sendHopLimit(6).sendTrafficClass(4));
      envelope = received(client);
      assertThat(envelope.address()).isEqualTo(new InetSocketAddress(V4, port));
      assertThat(envelope.hopLimit()).isEqualTo(6);
      assertThat(envelope.trafficClass()).isEqualTo(4);
    }
  }

  @Test
  void anAnswerLeavesFromTheAddressThatIsNamed() throws IOException {
    try (UdpSocket server = UdpSocket.bind(kernel, new InetSocketAddress("0.0.0.0", 0));
        UdpSocket client = bound(V4)) {
      Envelope envelope = Envelope.to(client.localAddress());
      server.send(word(), envelope.from(V4, 0));
      InetSocketAddress from = new InetSocketAddress(V4, server.localAddress().getPort());
      assertThat(received(client).address()).isEqualTo(from);
      envelope.from(InetAddress.ofLiteral("192.0.2.99"), 0); // nobody's, RFC 5737
      assertThatThrownBy(() -> server.send(word(), envelope))
          .isInstanceOf(SystemCallException.class);
      server.send(word(), envelope.from(null, 0));
      assertThat(received(client).address()).isEqualTo(from);
    }
  }

  @Test
  void aBatchBringsWhatCameWithEachDatagram() throws IOException {
    try (UdpSocket server = bound(V4);
        UdpSocket client = bound(V4)) {
      server.set(UdpOption.RECEIVE_HOP_LIMIT, true);
      DatagramBatch sent = client.newBatch(3, 10);
      for (int i = 0; i < 3; i++) {
        sent.add(word(), Envelope.to(server.localAddress()).sendHopLimit(10 + i));
      }
      while (sent.remaining() > 0) {
        client.send(sent);
      }
      List<Integer> limits = new ArrayList<>();
      DatagramBatch batch = server.newBatch(3, 10);
      Envelope envelope = new Envelope();
      while (limits.size() < 3) {
        Ready.await(configuration, server, Interest.READABLE);
        int n = server.receive(batch);
        for (int i = 0; i < n; i++) {
          limits.add(batch.envelope(i, envelope).hopLimit());
        }
      }
      assertThat(limits).containsExactly(10, 11, 12);
    }
  }

  @Test
  void oneSendIsManyDatagramsAndOneReceiveBringsThemTogether() throws IOException {
    try (UdpSocket server = bound(V4);
        UdpSocket client = bound(V4)) {
      Envelope envelope = Envelope.to(server.localAddress()).sendSegmentSize(10);
      ByteBuffer source = ByteBuffer.allocate(35);
      assertThat(client.send(source, envelope)).isEqualTo(35);
      ByteBuffer target = ByteBuffer.allocate(100);
      for (int length : new int[] {10, 10, 10, 5}) {
        Ready.await(configuration, server, Interest.READABLE);
        assertThat(server.receive(target.clear())).isEqualTo(length);
      }
      server.set(UdpOption.COALESCE, true);
      client.send(source.clear(), envelope);
      int sum = 0;
      Envelope told = new Envelope();
      while (sum < 35) {
        Ready.await(configuration, server, Interest.READABLE);
        int n = server.receive(target.clear(), told);
        sum += n;
        assertThat(told.segmentSize()).isEqualTo(n > 10 ? 10 : 0);
      }
      assertThat(sum).isEqualTo(35);
      ByteBuffer tooMany = ByteBuffer.allocate(10 * 200);
      assertThatThrownBy(() -> client.send(tooMany, envelope))
          .isInstanceOfSatisfying(
              SystemCallException.class,
              e -> assertThat(e.errno()).isIn(Errno.EINVAL, Errno.EMSGSIZE));
    }
  }

  @Test
  void aGroupIsHeardAfterJoiningAndUntilLeaving() throws IOException {
    for (boolean v6 : new boolean[] {false, true}) {
      InetAddress group = v6 ? GROUP_V6 : GROUP;
      InetSocketAddress any = new InetSocketAddress(v6 ? "::" : "0.0.0.0", 0);
      Membership membership =
          v6 ? Membership.of(scoped(LOOPBACK)) : Membership.of(group).by(loopbackName());
      try (UdpSocket server = UdpSocket.bind(kernel, any);
          UdpSocket client = UdpSocket.bind(kernel, any)) {
        InetSocketAddress to = new InetSocketAddress(group, server.localAddress().getPort());
        server.set(UdpOption.RECEIVE_DESTINATION, true);
        client.multicastInterface(loopbackName()).set(UdpOption.MULTICAST_HOP_LIMIT, 0);
        server.join(membership);
        assertThatThrownBy(() -> server.join(membership))
            .isInstanceOf(SystemCallException.class)
            .hasMessageContaining("join " + membership);
        if (reaches(client, to)) {
          Envelope envelope = received(server);
          assertThat(envelope.destination()).isEqualTo(group);
          assertThat(envelope.interfaceIndex()).isEqualTo(LOOPBACK);
        } else {
          assertThat(v6 && configuration.isMachine()).as("Linux's lo lacks ff00::/8").isTrue();
        }
        server.leave(membership);
        assertThatThrownBy(() -> server.leave(membership))
            .isInstanceOfSatisfying(
                SystemCallException.class,
                e -> assertThat(e.errno()).isEqualTo(Errno.EADDRNOTAVAIL));
        boolean _ = reaches(client, to);
        client.send(word(), new InetSocketAddress(v6 ? V6 : V4, to.getPort()));
        assertThat(received(server).destination()).isEqualTo(v6 ? V6 : V4);
      }
    }
  }

  private static InetAddress scoped(int index) throws IOException {
    return Inet6Address.getByAddress(null, GROUP_V6.getAddress(), index);
  }

  /** Sends to a group, if the system has a way to it. */
  private static boolean reaches(UdpSocket client, InetSocketAddress group) throws IOException {
    try {
      client.send(word(), group);
      return true;
    } catch (SystemCallException e) {
      assertThat(e.errno()).isEqualTo(Errno.ENETUNREACH);
      return false;
    }
  }

  @Test
  void ofAGroupOnlyTheSourceThatIsWantedIsHeard() throws IOException {
    InetAddress stranger = InetAddress.ofLiteral("192.0.2.1");
    try (UdpSocket server = UdpSocket.bind(kernel, new InetSocketAddress("0.0.0.0", 0));
        UdpSocket client = bound(V4)) {
      client.multicastInterface(loopbackName());
      InetSocketAddress to = new InetSocketAddress(GROUP, server.localAddress().getPort());
      Membership of = Membership.of(GROUP).by(loopbackName());
      server.join(of.from(stranger));
      client.send(word(), to);
      server.join(of.from(V4));
      client.send(ByteBuffer.allocate(9), to);
      Ready.await(configuration, server, Interest.READABLE);
      assertThat(server.receive(ByteBuffer.allocate(99))).isEqualTo(9);
      server.leave(of.from(V4));
      client.send(word(), to);
      assertThat(server.receive(ByteBuffer.allocate(99))).isEqualTo(Io.NOT_READY);
    }
  }

  @Test
  void optionsOfGroupsAreSetAndReadBackInBothFamilies() throws IOException {
    for (InetAddress host : List.of(V4, V6)) {
      try (UdpSocket socket = bound(host)) {
        assertThat(socket.get(UdpOption.MULTICAST_LOOP)).isTrue();
        assertThat(socket.get(UdpOption.MULTICAST_HOP_LIMIT)).isEqualTo(1);
        assertThat(socket.get(UdpOption.HOP_LIMIT)).isPositive();
        socket.set(UdpOption.MULTICAST_LOOP, false).set(UdpOption.MULTICAST_HOP_LIMIT, 3);
        assertThat(socket.get(UdpOption.MULTICAST_LOOP)).isFalse();
        assertThat(socket.get(UdpOption.MULTICAST_HOP_LIMIT)).isEqualTo(3);
      }
    }
  }

  private String loopbackName() throws IOException {
    return NetInterface.all(kernel).stream()
        .filter(one -> one.index() == LOOPBACK)
        .findFirst()
        .orElseThrow()
        .name();
  }

  @Test
  void whatCannotBeSaysWhy() throws IOException {
    try (UdpSocket socket = bound(V4)) {
      String known = loopbackName();
      assertThatThrownBy(() -> socket.join(Membership.of(GROUP).by("wlan9")))
          .isInstanceOfSatisfying(
              SystemCallException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ENODEV))
          .hasMessageContainingAll("wlan9", "there are [", known);
      assertThatThrownBy(() -> socket.multicastInterface("wlan9")).hasMessageContaining(known);
      assertThatThrownBy(() -> socket.join(Membership.of(scoped(7)).by(known)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("is of interface 7, and " + known + " is number 1");
      assertThatThrownBy(() -> Membership.of(V4))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("127.0.0.1 is no multicast group");
      assertThatThrownBy(() -> Membership.of(GROUP).from(V6)).hasMessageContaining("one family");
      Envelope envelope = new Envelope();
      assertThatThrownBy(() -> envelope.sendHopLimit(256)).hasMessageContaining("0 to 255");
      assertThatThrownBy(() -> envelope.sendTrafficClass(-2)).hasMessageContaining("0 to 255");
      assertThatThrownBy(() -> envelope.sendSegmentSize(-1)).hasMessageContaining("1 to 65535");
      assertThatThrownBy(() -> socket.set(UdpOption.HOP_LIMIT, 0))
          .isInstanceOf(SystemCallException.class);
    }
  }
}
