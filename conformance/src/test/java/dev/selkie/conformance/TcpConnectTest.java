package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.selkie.Event;
import dev.selkie.EventQueue;
import dev.selkie.Events;
import dev.selkie.Interest;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpOption;
import dev.selkie.net.TcpStream;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** How a connection is made, and how it fails. */
@Contract
final class TcpConnectTest {
  private static final Duration A_MOMENT = Duration.ofMillis(50);

  private final Configuration configuration;
  private final Kernel kernel;

  TcpConnectTest(Configuration configuration) {
    this.configuration = configuration;
    this.kernel = configuration.kernel();
  }

  @Test
  void theOutcomeOfASuccessIsTrueAgainAndAgain() throws IOException {
    try (TcpListener listener = TcpListener.bind(kernel, TcpPair.loopback());
        TcpStream stream = TcpStream.connect(kernel, listener.localAddress())) {
      Ready.await(configuration, stream, Interest.WRITABLE);
      assertThat(stream.finishConnect()).isTrue();
      assertThat(stream.finishConnect()).isTrue();
      assertThat(stream.takeError()).isNull();
      assertThat(stream.remoteAddress()).isEqualTo(listener.localAddress());
    }
  }

  @Test
  void aRefusedConnectionTellsSoAtEachCall() throws IOException {
    InetSocketAddress closed = closedPort();
    try (EventQueue<String> queue = configuration.queue(kernel);
        TcpStream stream = TcpStream.connect(kernel, closed)) {
      queue.register(stream, Interest.WRITABLE, "stream");
      Events<String> events = queue.await(Ready.DEADLINE);
      Event<String> event = events.next();
      assertThat(event).isNotNull();
      assertThat(event.isError()).isTrue();
      assertThat(event.isWritable()).isTrue();
      for (int i = 0; i < 2; i++) {
        SystemCallException e =
            catchThrowableOfType(SystemCallException.class, stream::finishConnect);
        assertThat(e)
            .hasMessage(
                "connect(127.0.0.1:%d): ECONNREFUSED (connection refused)"
                    .formatted(closed.getPort()));
        assertThat(e.errno()).isEqualTo(Errno.ECONNREFUSED);
        assertThat(e.number()).isEqualTo(kernel.nativeErrno(Errno.ECONNREFUSED));
        assertThat(e.call()).isEqualTo("connect");
      }
    }
  }

  @Test
  void thePendingErrorIsTakenOnce() throws IOException {
    try (TcpStream stream = TcpStream.connect(kernel, closedPort())) {
      Ready.await(configuration, stream, Interest.WRITABLE);
      assertThat(stream.takeError()).isNotNull();
      assertThat(stream.takeError()).isNull();
    }
  }

  /** A read takes the error off the socket; the outcome is known all the same. */
  @Test
  void anAttemptWhoseErrorAReadHasToldHasFailed() throws IOException {
    try (TcpStream stream = TcpStream.connect(kernel, closedPort())) {
      Ready.await(configuration, stream, Interest.WRITABLE);
      assertThatThrownBy(() -> stream.read(ByteBuffer.allocate(1)))
          .isInstanceOf(SystemCallException.class);
      for (int i = 0; i < 2; i++) {
        assertThatThrownBy(stream::finishConnect)
            .isInstanceOf(SystemCallException.class)
            .hasMessageStartingWith("connect(127.0.0.1:");
      }
    }
  }

  @Test
  void theOutcomeIsOpenWhileTheBacklogIsFullAndTheStreamCanBeClosed() throws IOException {
    try (FullBacklog backlog = new FullBacklog(configuration, kernel);
        EventQueue<String> queue = configuration.queue(kernel)) {
      TcpStream stream = backlog.connect(TcpStream.builder());
      queue.register(stream, Interest.WRITABLE, "stream");
      assertThat(queue.await(A_MOMENT).isEmpty()).isTrue();
      assertThat(stream.finishConnect()).isFalse();
      assertThat(stream.remoteAddress()).isEqualTo(backlog.address());
      stream.close();
      assertThat(queue.await(A_MOMENT).isEmpty()).isTrue();
      assertThatThrownBy(stream::finishConnect).isInstanceOf(ClosedChannelException.class);
    }
  }

  @Test
  void aConnectionThatNobodyAnswersTimesOut() throws IOException {
    try (FullBacklog backlog = new FullBacklog(configuration, kernel);
        TcpStream stream =
            backlog.connect(TcpStream.builder().set(TcpOption.USER_TIMEOUT, A_MOMENT))) {
      Ready.await(configuration, stream, Interest.WRITABLE);
      SystemCallException e =
          catchThrowableOfType(SystemCallException.class, stream::finishConnect);
      assertThat(e.errno()).isEqualTo(Errno.ETIMEDOUT);
    }
  }

  @Test
  void anUnreachableAddressIsRefusedAtOnce() {
    SystemCallException e =
        catchThrowableOfType(
            SystemCallException.class,
            () -> TcpStream.connect(kernel, TcpPair.at("255.255.255.255", 9)).close());
    // Linux: no route for a stream's broadcast, or not permitted, as its routing table has it.
    assertThat(e.errno()).isIn(Errno.ENETUNREACH, Errno.EACCES, Errno.EHOSTUNREACH);
    assertThat(e).hasMessageStartingWith("connect(255.255.255.255:9): ");
  }

  @Test
  void addressesOfOtherKindsAreRefused() {
    assertThatThrownBy(
            () -> TcpStream.connect(kernel, InetSocketAddress.createUnresolved("host.test", 80)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("host.test");
    assertThatThrownBy(() -> TcpStream.connect(kernel, UnixDomainSocketAddress.of("/tmp/none")))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() ->
            TcpStream.builder()
                .kernel(kernel)
                .bind(InetSocketAddress.createUnresolved("local.test", 80))
                .connect(closedPort()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("local.test");
    assertThatThrownBy(() -> TcpStream.connect(kernel, null))
        .isInstanceOf(NullPointerException.class);
  }

  @Test
  void theLocalAddressAndOptionsAreSetBeforeConnecting() throws IOException {
    InetSocketAddress local = TcpPair.at("127.0.0.2", 0);
    TcpStream.Builder builder =
        TcpStream.builder().bind(local).set(TcpOption.NODELAY, true).set(TcpOption.KEEPALIVE, true);
    try (TcpListener listener = TcpListener.bind(kernel, TcpPair.loopback());
        TcpPair pair = TcpPair.open(configuration, kernel, listener, builder)) {
      assertThat(pair.client().localAddress().getAddress()).isEqualTo(local.getAddress());
      assertThat(pair.client().localAddress()).isEqualTo(pair.server().remoteAddress());
      assertThat(pair.client().get(TcpOption.NODELAY)).isTrue();
      assertThat(pair.client().get(TcpOption.KEEPALIVE)).isTrue();
    }
  }

  @Test
  void aLocalAddressThatIsTakenOrForeignIsRefused() throws IOException {
    try (TcpListener listener = TcpListener.bind(kernel, TcpPair.loopback())) {
      InetSocketAddress address = listener.localAddress();
      SystemCallException taken =
          catchThrowableOfType(
              SystemCallException.class,
              () -> TcpStream.builder().kernel(kernel).bind(address).connect(address).close());
      assertThat(taken.errno()).isEqualTo(Errno.EADDRINUSE);
      InetSocketAddress foreign = TcpPair.at("203.0.113.1", 0);
      SystemCallException notOurs =
          catchThrowableOfType(
              SystemCallException.class,
              () -> TcpStream.builder().kernel(kernel).bind(foreign).connect(address).close());
      assertThat(notOurs.errno()).isEqualTo(Errno.EADDRNOTAVAIL);
      assertThat(notOurs).hasMessageContaining("203.0.113.1");
    }
  }

  @Test
  void v6AndDualStack() throws IOException {
    assumeIpv6();
    InetSocketAddress v6 = TcpPair.at("::1", 0);
    try (TcpListener listener = TcpListener.bind(kernel, v6);
        TcpPair pair = TcpPair.open(configuration, kernel, listener, TcpStream.builder())) {
      assertThat(pair.client().remoteAddress().getAddress()).isInstanceOf(Inet6Address.class);
      assertThat(pair.server().localAddress()).isEqualTo(listener.localAddress());
      assertThat(pair.client().toString()).contains(" to [0:0:0:0:0:0:0:1]:");
    }
    InetSocketAddress any = TcpPair.at("::", 0);
    try (TcpListener listener =
        TcpListener.builder().kernel(kernel).set(TcpOption.V6_ONLY, false).bind(any)) {
      int port = listener.localAddress().getPort();
      for (String literal : List.of("127.0.0.1", "::1")) {
        try (TcpStream stream = TcpStream.connect(kernel, TcpPair.at(literal, port))) {
          Ready.await(configuration, listener, Interest.READABLE);
          try (TcpStream accepted = listener.accept()) {
            Ready.await(configuration, stream, Interest.WRITABLE);
            assertThat(stream.finishConnect()).isTrue();
            assertThat(accepted.remoteAddress().getPort())
                .isEqualTo(stream.localAddress().getPort());
          }
        }
      }
    }
  }

  @Test
  void v6OnlyTakesNoV4() throws IOException {
    assumeIpv6();
    try (TcpListener listener =
            TcpListener.builder()
                .kernel(kernel)
                .set(TcpOption.V6_ONLY, true)
                .bind(TcpPair.at("::", 0));
        TcpStream stream =
            TcpStream.connect(kernel, TcpPair.at("127.0.0.1", listener.localAddress().getPort()))) {
      Ready.await(configuration, stream, Interest.WRITABLE);
      assertThat(catchThrowableOfType(SystemCallException.class, stream::finishConnect).errno())
          .isEqualTo(Errno.ECONNREFUSED);
    }
  }

  @Test
  void aScopedLinkLocalAddressKeepsItsScope() throws IOException {
    Optional<Inet6Address> scoped = linkLocal();
    assumeTrue(scoped.isPresent(), "no interface of this machine has a link-local address");
    Inet6Address address = scoped.orElseThrow();
    try (TcpListener listener = TcpListener.bind(kernel, new InetSocketAddress(address, 0));
        TcpPair pair = TcpPair.open(configuration, kernel, listener, TcpStream.builder())) {
      Inet6Address peer = (Inet6Address) pair.server().remoteAddress().getAddress();
      assertThat(peer.getScopeId()).isEqualTo(address.getScopeId());
      assertThat(listener.localAddress().getAddress()).isEqualTo(address);
    }
  }

  @Test
  void aFailureToSetAnOptionLeavesNoSocketBehind() throws IOException {
    assertThatThrownBy(() ->
            TcpStream.builder()
                .kernel(kernel)
                .set(TcpOption.KEEPALIVE_COUNT, -1)
                .connect(closedPort()))
        .isInstanceOf(SystemCallException.class)
        .hasMessageContaining("setsockopt(TCP_KEEPCNT)");
    assertThatThrownBy(() ->
            TcpStream.builder()
                .kernel(kernel)
                .set(TcpOption.USER_TIMEOUT, Duration.ofNanos(5))
                .connect(closedPort()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private void assumeIpv6() {
    try (TcpListener listener = TcpListener.bind(kernel, TcpPair.at("::1", 0))) {
      assertThat(listener.isOpen()).isTrue();
    } catch (IOException e) {
      assumeTrue(false, "this host has no IPv6: " + e.getMessage());
    }
  }

  private Optional<Inet6Address> linkLocal() throws IOException {
    if (!configuration.isMachine()) {
      return Optional.of((Inet6Address) Configurations.LINK_LOCAL);
    }
    return NetworkInterface.networkInterfaces()
        .flatMap(NetworkInterface::inetAddresses)
        .filter(InetAddress::isLinkLocalAddress)
        .filter(Inet6Address.class::isInstance)
        .map(Inet6Address.class::cast)
        .findFirst();
  }

  /** An address that nobody listens at. */
  private InetSocketAddress closedPort() throws IOException {
    try (TcpListener listener = TcpListener.bind(kernel, TcpPair.loopback())) {
      return listener.localAddress();
    }
  }
}
