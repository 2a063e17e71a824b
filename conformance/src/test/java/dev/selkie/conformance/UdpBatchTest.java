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
import dev.selkie.net.UdpSocket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Datagrams moved many at a time. */
@Contract
final class UdpBatchTest {
  private static final int ROOM = 100;

  private final Configuration configuration;
  private final Kernel kernel;
  private UdpSocket server;
  private UdpSocket client;

  UdpBatchTest(Configuration configuration) {
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
      buffer.put(i, (byte) (i + count));
    }
    return buffer;
  }

  private int receive(UdpSocket socket, DatagramBatch batch) throws IOException {
    Ready.await(configuration, socket, Interest.READABLE);
    return socket.receive(batch);
  }

  private static void sendAll(UdpSocket socket, DatagramBatch batch) throws IOException {
    while (batch.remaining() > 0) {
      assertThat(socket.send(batch)).isPositive();
    }
  }

  @Test
  void datagramsArriveWholeAndInOrderFromEitherKindOfMemory() throws IOException {
    DatagramBatch sent = client.newBatch(8, ROOM);
    for (int i = 0; i < 8; i++) {
      ByteBuffer content = bytes(i * 10);
      ByteBuffer direct = ByteBuffer.allocateDirect(i * 10).put(content.duplicate()).flip();
      sent.add(i % 2 == 0 ? content : direct);
      assertThat(content.hasRemaining() && i % 2 == 0).isFalse();
    }
    assertThat(sent.size()).isEqualTo(8);
    sendAll(client, sent);
    List<ByteBuffer> received = new ArrayList<>();
    DatagramBatch batch = server.newBatch(5, ROOM);
    Envelope envelope = new Envelope();
    while (received.size() < 8) {
      int n = receive(server, batch);
      assertThat(n).isBetween(1, 5).isEqualTo(batch.size());
      for (int i = 0; i < n; i++) {
        assertThat(batch.isTruncated(i)).isFalse();
        assertThat(batch.envelope(i, envelope).address()).isEqualTo(client.localAddress());
        assertThat(batch.length(i)).isEqualTo(batch.data(i).remaining());
        received.add(ByteBuffer.allocate(ROOM).put(batch.data(i)).flip());
      }
    }
    for (int i = 0; i < 8; i++) {
      assertThat(received.get(i)).isEqualTo(bytes(i * 10));
    }
    assertThat(server.receive(batch)).isEqualTo(Io.NOT_READY);
    assertThat(batch.size()).isZero();
  }

  @Test
  void aDatagramTooLongForItsRoomIsCutAndTheNextOneIsNot() throws IOException {
    client.send(bytes(ROOM + 1));
    client.send(bytes(ROOM));
    DatagramBatch batch = server.newBatch(1, ROOM);
    assertThat(receive(server, batch)).isEqualTo(1);
    assertThat(batch.isTruncated(0)).isTrue();
    assertThat(batch.data(0)).isEqualTo(bytes(ROOM + 1).limit(ROOM));
    assertThat(receive(server, batch)).isEqualTo(1);
    assertThat(batch.isTruncated(0)).isFalse();
    assertThat(batch.data(0)).isEqualTo(bytes(ROOM));
  }

  @Test
  void eachDatagramGoesToWhomItsEnvelopeNames() throws IOException {
    try (UdpSocket other = UdpSocket.bind(kernel, TcpPair.loopback());
        UdpSocket sender = UdpSocket.bind(kernel, TcpPair.loopback())) {
      DatagramBatch batch = sender.newBatch(2, ROOM);
      batch.add(bytes(3), Envelope.to(server.localAddress()));
      batch.add(bytes(4), Envelope.to(other.localAddress()));
      sendAll(sender, batch);
      DatagramBatch received = server.newBatch(9, ROOM);
      assertThat(receive(server, received)).isEqualTo(1);
      assertThat(received.length(0)).isEqualTo(3);
      DatagramBatch others = other.newBatch(9, ROOM);
      assertThat(receive(other, others)).isEqualTo(1);
      assertThat(others.length(0)).isEqualTo(4);
    }
  }

  @Test
  void whatIsRefusedRemainsAndCanBeSkipped() throws IOException {
    try (UdpSocket sender = UdpSocket.bind(kernel, TcpPair.loopback())) {
      DatagramBatch batch = sender.newBatch(3, ROOM);
      batch.add(bytes(1), Envelope.to(server.localAddress()));
      batch.add(bytes(2));
      batch.add(bytes(3), Envelope.to(server.localAddress()));
      assertThat(sender.send(batch)).isEqualTo(1);
      assertThat(batch.remaining()).isEqualTo(2);
      assertThatThrownBy(() -> sender.send(batch))
          .isInstanceOfSatisfying(
              SystemCallException.class,
              e -> assertThat(e.errno()).isIn(Errno.EDESTADDRREQ, Errno.ENOTCONN))
          .hasMessageStartingWith("sendmmsg(fd ");
      assertThat(batch.remaining()).isEqualTo(2);
      batch.skip(1);
      assertThat(sender.send(batch)).isEqualTo(1);
      assertThat(sender.send(batch)).isZero();
    }
  }

  @Test
  void theRefusalOfThePeersHostIsTold() throws IOException {
    InetSocketAddress gone = server.localAddress();
    server.close();
    client.send(bytes(1));
    Ready.await(configuration, client, Interest.READABLE);
    DatagramBatch batch = client.newBatch(4, ROOM);
    assertThatThrownBy(() -> client.receive(batch))
        .isInstanceOfSatisfying(
            SystemCallException.class, e -> assertThat(e.errno()).isEqualTo(Errno.ECONNREFUSED));
    assertThat(client.receive(batch)).isEqualTo(Io.NOT_READY);
    assertThat(client.remoteAddress()).isEqualTo(gone);
  }

  @Test
  void misuseSaysWhatIsWrong() throws IOException {
    assertThatThrownBy(() -> client.newBatch(0, 1)).hasMessageContaining("1 to 1024");
    assertThatThrownBy(() -> client.newBatch(1025, 1)).hasMessageContaining("1025");
    assertThatThrownBy(() -> client.newBatch(1, 65_536)).hasMessageContaining("65535");
    DatagramBatch batch = client.newBatch(1, ROOM);
    assertThatThrownBy(() -> batch.data(0)).isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> batch.add(bytes(ROOM + 1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("a datagram of 101 bytes for room of 100");
    batch.add(bytes(1));
    assertThatThrownBy(() -> batch.add(bytes(1)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("send it, then clear it");
    assertThatThrownBy(() -> server.send(batch))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("a batch of ");
    assertThatThrownBy(() -> batch.skip(2)).isInstanceOf(IndexOutOfBoundsException.class);
    client.close();
    assertThatThrownBy(() -> client.send(batch)).isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(() -> client.receive(batch)).isInstanceOf(ClosedChannelException.class);
  }
}
