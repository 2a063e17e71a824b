package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.selkie.Envelope;
import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Facility;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.kernel.UnixAddress;
import dev.selkie.net.UnixDatagramSocket;
import dev.selkie.net.UnixListener;
import dev.selkie.net.UnixOption;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.charset.StandardCharsets;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Unix sockets of datagrams. */
@Contract
final class UnixDatagramTest {
  private final Configuration configuration;
  private final Kernel kernel;
  private SocketFolder folder;
  private UnixDatagramSocket server;

  UnixDatagramTest(Configuration configuration) {
    this.configuration = configuration;
    this.kernel = configuration.kernel();
  }

  @BeforeEach
  void open() throws IOException {
    folder = new SocketFolder(configuration);
    server = UnixDatagramSocket.bind(kernel, folder.address("server"));
  }

  @AfterEach
  void close() throws IOException {
    server.close();
    folder.close();
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }

  private String receive(UnixDatagramSocket socket, Envelope envelope) throws IOException {
    Ready.await(configuration, socket, Interest.READABLE);
    ByteBuffer target = ByteBuffer.allocate(100);
    int n = socket.receive(target, envelope);
    assertThat(n).isNotNegative();
    return new String(target.array(), 0, n, StandardCharsets.US_ASCII);
  }

  private static Errno errno(ThrowingCallable call) {
    SystemCallException e = catchThrowableOfType(SystemCallException.class, call);
    assertThat(e).as("a refusal").isNotNull();
    return e.errno();
  }

  @Test
  void aNamedSenderIsAnswered() throws IOException {
    try (UnixDatagramSocket client =
        UnixDatagramSocket.builder()
            .kernel(kernel)
            .removeOnClose()
            .permissions(0600)
            .bind(folder.address("client"))) {
      assertThat(server.receive(ByteBuffer.allocate(1))).isEqualTo(Io.NOT_READY);
      client.connectTo(folder.address("server"));
      assertThat(client.remoteAddress()).isEqualTo(folder.address("server"));
      assertThat(client.send(bytes("ask"))).isEqualTo(3);
      assertThat(client.send(bytes(""))).isZero();
      Envelope envelope = new Envelope();
      assertThat(receive(server, envelope)).isEqualTo("ask");
      UnixAddress first = (UnixAddress) envelope.address();
      assertThat(first).isEqualTo(folder.address("client"));
      assertThat(receive(server, envelope)).isEmpty();
      assertThat(envelope.address()).isSameAs(first); // nothing was made for it
      assertThat(server.send(bytes("answer"), envelope)).isEqualTo(6);
      assertThat(receive(client, new Envelope())).isEqualTo("answer");
    }
    assertThat(kernel.files().kind(folder.path("client"))).isEqualTo(-Errno.ENOENT.number());
  }

  @Test
  void anUnnamedSenderCannotBe() throws IOException {
    try (UnixDatagramSocket client = UnixDatagramSocket.builder().kernel(kernel).open()) {
      assertThat(client.localAddress()).isEqualTo(UnixAddress.unnamed());
      client.send(bytes("x"), folder.address("server"));
      Envelope envelope = Envelope.to(folder.address("other"));
      assertThat(receive(server, envelope)).isEqualTo("x");
      assertThat(envelope.address()).isNull();
    }
  }

  @Test
  void abstractNamesAreGivenAndChosen() throws IOException {
    if (!kernel.facilities().contains(Facility.ABSTRACT_NAMES)) {
      UnixAddress name = UnixAddress.abstractName("x");
      assertThatThrownBy(() -> server.send(bytes("x"), name))
          .isInstanceOf(UnsupportedOperationException.class);
      return;
    }
    try (UnixDatagramSocket client = UnixDatagramSocket.bind(kernel, UnixAddress.unnamed())) {
      UnixAddress chosen = client.localAddress();
      assertThat(chosen.isAbstract()).isTrue();
      client.send(bytes("x"), folder.address("server"));
      Envelope envelope = new Envelope();
      assertThat(receive(server, envelope)).isEqualTo("x");
      assertThat(envelope.address()).isEqualTo(chosen);
      server.send(bytes("y"), envelope);
      assertThat(receive(client, envelope)).isEqualTo("y");
    }
  }

  @Test
  void pairsAreConnectedAndTruncationIsTold() throws IOException {
    try (UnixDatagramSocket.Pair pair = UnixDatagramSocket.pair(kernel)) {
      pair.one().send(bytes("hello"));
      pair.one().send(bytes("next"));
      ByteBuffer small = ByteBuffer.allocate(2);
      Envelope envelope = new Envelope();
      assertThat(pair.other().receive(small, envelope)).isEqualTo(2);
      assertThat(envelope.isTruncated()).isTrue();
      assertThat(receive(pair.other(), envelope)).isEqualTo("next");
      assertThat(envelope.isTruncated()).isFalse();
      assertThat(pair.one().peerCredentials().uid()).isNotNegative();
      pair.other().close();
      assertThat(errno(() -> pair.one().send(bytes("x")))).isEqualTo(Errno.ECONNREFUSED);
      assertThatThrownBy(() -> pair.other().send(bytes("x")))
          .isInstanceOf(ClosedChannelException.class);
    }
  }

  @Test
  void nothingLeavesTheEnvelopeAlone() throws IOException {
    UnixAddress own = folder.address("client");
    try (UnixDatagramSocket client = UnixDatagramSocket.bind(kernel, own)) {
      client.connectTo(folder.address("server")).send(bytes("x"));
      Envelope envelope = new Envelope();
      assertThat(receive(server, envelope)).isEqualTo("x");
      assertThat(server.receive(ByteBuffer.allocate(9), envelope)).isEqualTo(Io.NOT_READY);
      assertThat(envelope.address()).isEqualTo(own);
      assertThat(server.send(bytes("y"), envelope)).isEqualTo(1);
    }
  }

  @Test
  void aFullReceiverIsWaitedFor() throws IOException {
    try (UnixDatagramSocket client = UnixDatagramSocket.connect(kernel, folder.address("server"))) {
      int sent = 0;
      while (client.send(bytes("x")) != Io.NOT_READY) {
        sent++;
      }
      assertThat(sent).isPositive();
      for (int i = 0; i < sent; i++) {
        assertThat(receive(server, new Envelope())).isEqualTo("x");
      }
      Ready.await(configuration, client, Interest.WRITABLE);
      assertThat(client.send(bytes("y"))).isEqualTo(1);
    }
  }

  @Test
  void whoSendsInVainIsToldWhy() throws IOException {
    try (UnixDatagramSocket client = UnixDatagramSocket.builder().kernel(kernel).open()) {
      assertThat(errno(() -> client.send(bytes("x"), folder.address("none"))))
          .isEqualTo(Errno.ENOENT);
      assertThat(errno(() -> client.send(bytes("x")))).isEqualTo(Errno.ENOTCONN);
      UnixDatagramSocket.bind(kernel, folder.address("stale")).close();
      assertThatThrownBy(() -> client.send(bytes("x"), folder.address("stale")))
          .hasMessageContaining("to " + folder.path("stale"))
          .hasMessageContaining("ECONNREFUSED");
      try (UnixListener _ = UnixListener.bind(kernel, folder.address("stream"))) {
        assertThat(errno(() -> client.connectTo(folder.address("stream"))))
            .isEqualTo(Errno.EPROTOTYPE);
      }
      assertThatThrownBy(() -> client.send(bytes("x"), TcpPair.loopback()))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> client.send(bytes("x"), Envelope.to(TcpPair.loopback())))
          .isInstanceOf(IllegalArgumentException.class);
      client.connectTo(folder.address("server"));
      client.set(UnixOption.SEND_BUFFER, 8192);
      int most = client.get(UnixOption.SEND_BUFFER);
      assertThat(errno(() -> client.send(ByteBuffer.allocateDirect(most + 1))))
          .isEqualTo(Errno.EMSGSIZE);
      assertThat(client.takeError()).isNull();
    }
  }

  @Test
  void aStalePathIsTakenOverALiveOneIsNot() throws IOException {
    UnixDatagramSocket.Builder builder = UnixDatagramSocket.builder().kernel(kernel).replaceStale();
    assertThatThrownBy(() -> builder.bind(folder.address("server")))
        .isInstanceOf(SystemCallException.class)
        .hasMessageContaining("live socket");
    server.close();
    server = builder.bind(folder.address("server"));
    try (UnixDatagramSocket client = UnixDatagramSocket.connect(kernel, folder.address("server"))) {
      client.send(bytes("x"));
      assertThat(receive(server, new Envelope())).isEqualTo("x");
    }
  }

  @Test
  void aSocketWithAPeerHearsItAlone() throws IOException {
    try (UnixDatagramSocket client = UnixDatagramSocket.bind(kernel, folder.address("client"));
        UnixDatagramSocket other = UnixDatagramSocket.builder().kernel(kernel).open()) {
      client.connectTo(folder.address("server"));
      assertThat(errno(() -> other.send(bytes("x"), folder.address("client"))))
          .isEqualTo(Errno.EPERM);
      client.disconnect();
      assertThat(client.remoteAddress()).isNull();
      other.send(bytes("x"), folder.address("client"));
      assertThat(receive(client, new Envelope())).isEqualTo("x");
    }
  }
}
