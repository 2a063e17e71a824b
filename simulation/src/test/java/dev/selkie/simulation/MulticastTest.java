package dev.selkie.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.Envelope;
import dev.selkie.net.Membership;
import dev.selkie.net.UdpOption;
import dev.selkie.net.UdpSocket;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Who hears what is sent to a multicast group of a simulated network. */
final class MulticastTest {
  private static final InetAddress GROUP = InetAddress.ofLiteral("239.1.2.3");
  private static final InetAddress HERE = InetAddress.ofLiteral("10.0.0.1");
  private static final InetAddress THERE = InetAddress.ofLiteral("10.0.0.2");
  private static final InetSocketAddress TO = new InetSocketAddress(GROUP, 5000);
  private static final InetSocketAddress ANY = new InetSocketAddress("0.0.0.0", 5000);

  private final SimulatedNetwork network = SimulatedNetwork.builder().seed(1).build();
  private UdpSocket own;
  private UdpSocket other;
  private UdpSocket sender;

  @BeforeEach
  void open() throws IOException {
    SimulatedKernel here =
        SimulatedKernel.builder().network(network).name("here").address(HERE).build();
    SimulatedKernel there =
        SimulatedKernel.builder().network(network).name("there").address(THERE).build();
    own = UdpSocket.bind(here, ANY).join(Membership.of(GROUP));
    other = UdpSocket.bind(there, ANY).join(Membership.of(GROUP));
    sender = UdpSocket.bind(here, new InetSocketAddress("0.0.0.0", 0));
  }

  @AfterEach
  void close() {
    own.close();
    other.close();
    sender.close();
  }

  private boolean hears(UdpSocket socket) throws IOException {
    network.advance(Duration.ofSeconds(1));
    return socket.receive(ByteBuffer.allocate(9)) >= 0;
  }

  private void send() throws IOException {
    sender.send(ByteBuffer.allocate(1), TO);
  }

  @Test
  void membersOfAllHostsHearOnce() throws IOException {
    send();
    assertThat(hears(own)).isTrue();
    assertThat(hears(other)).isTrue();
    assertThat(hears(own)).isFalse();
    assertThat(hears(other)).isFalse();
  }

  @Test
  void withoutLoopTheSendersHostDoesNot() throws IOException {
    sender.set(UdpOption.MULTICAST_LOOP, false);
    send();
    assertThat(hears(own)).isFalse();
    assertThat(hears(other)).isTrue();
  }

  @Test
  void withoutAHopOrByTheLoopbackOtherHostsDoNot() throws IOException {
    sender.set(UdpOption.MULTICAST_HOP_LIMIT, 0);
    send();
    assertThat(hears(own)).isTrue();
    assertThat(hears(other)).isFalse();
    sender.set(UdpOption.MULTICAST_HOP_LIMIT, 1).multicastInterface("lo");
    send();
    assertThat(hears(other)).isFalse();
    assertThat(hears(own)).as("joined by eth0").isFalse();
  }

  @Test
  void aSourceIsHeardAloneAndWhoHasLeftHearsNothing() throws IOException {
    other.leave(Membership.of(GROUP));
    send();
    assertThat(hears(other)).isFalse();
    other.join(Membership.of(GROUP).from(InetAddress.ofLiteral("10.0.0.9")));
    send();
    assertThat(hears(other)).isFalse();
    other.join(Membership.of(GROUP).from(HERE));
    send();
    assertThat(hears(other)).isTrue();
  }

  @Test
  void aSourceThatIsNotTheHostsIsRefused() {
    Envelope envelope = Envelope.to(TO).from(THERE, 0);
    assertThatThrownBy(() -> sender.send(ByteBuffer.allocate(1), envelope))
        .hasMessageContaining("EINVAL");
  }
}
