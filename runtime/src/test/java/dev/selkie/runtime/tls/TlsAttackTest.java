package dev.selkie.runtime.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.selkie.Io;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpOption;
import dev.selkie.net.TcpStream;
import dev.selkie.runtime.Connection;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.Fiber;
import dev.selkie.runtime.Incoming;
import dev.selkie.runtime.LayeredSource;
import dev.selkie.runtime.ManualClock;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * What a peer may do to a server of TLS that it should not: each time the server's operation ends
 * with an error that says so, and its descriptor is free again.
 */
final class TlsAttackTest {
  private static final SSLContext SERVER = Certificates.of("localhost");
  private static final SSLContext CLIENT = Certificates.trusting("localhost");
  private static final Duration SHORT = Duration.ofMillis(300);

  private final List<Throwable> faults = new CopyOnWriteArrayList<>();
  private EventLoop loop;
  private Incoming<Connection> incoming;
  private int port;

  /** What a peer does, with a connection of its own. */
  private interface Deed {
    void to(RoguePeer peer) throws Exception;
  }

  /** A row of the table: what the peer does, and what the server is told. */
  private record Row(String name, String version, Deed deed, String told) {}

  @BeforeEach
  void listen() throws IOException {
    loop = EventLoop.builder().uncaughtExceptionHandler((_, e) -> faults.add(e)).start();
    incoming = Tls.server(SERVER).handshakeTimeout(SHORT).listen(loop, loopback());
    port = port(incoming);
  }

  @AfterEach
  void close() {
    loop.close();
    assertThat(faults).isEmpty();
  }

  private static InetSocketAddress loopback() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  private static int port(Incoming<Connection> incoming) throws IOException {
    return ((TcpListener) incoming.source()).localAddress().getPort();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static byte[] repeated(int value, int count) {
    byte[] bytes = new byte[count];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  /** A record of some type and length, with nothing behind its header that makes sense. */
  private static byte[] header(int type, int length, int behind) {
    byte[] record = repeated(7, 5 + behind);
    record[0] = (byte) type;
    record[1] = 3;
    record[2] = 3;
    record[3] = (byte) (length >> 8);
    record[4] = (byte) length;
    return record;
  }

  private static final List<Row> TABLE =
      List.of(
          new Row("silence", "TLSv1.3", _ -> {}, "the handshake was not done in 300 ms"),
          new Row(
              "half a hello",
              "TLSv1.3",
              peer -> {
                peer.engine.beginHandshake();
                byte[] hello = peer.record(ByteBuffer.allocate(0));
                peer.send(Arrays.copyOf(hello, hello.length / 2));
              },
              "the handshake was not done in 300 ms"),
          new Row(
              "a hello and no answer",
              "TLSv1.3",
              peer -> {
                peer.engine.beginHandshake();
                peer.send(peer.record(ByteBuffer.allocate(0)));
              },
              "the handshake was not done in 300 ms"),
          new Row(
              "the end before a hello",
              "TLSv1.3",
              peer -> peer.socket.shutdownOutput(),
              "closed the connection in the handshake"),
          new Row(
              "the end in the handshake",
              "TLSv1.2",
              peer -> {
                peer.engine.beginHandshake();
                peer.send(peer.record(ByteBuffer.allocate(0)));
                peer.receive();
                peer.socket.shutdownOutput();
              },
              "closed the connection in the handshake"),
          new Row(
              "HTTP without TLS",
              "TLSv1.3",
              peer -> peer.send(bytes("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")),
              "Unrecognized SSL message, plaintext connection?"),
          new Row(
              "noise",
              "TLSv1.3",
              peer -> peer.send(repeated(0xa5, 5000)),
              "nrecognized SSL message"),
          new Row(
              "a record that is too long",
              "TLSv1.3",
              peer -> peer.send(header(22, 0xffff, 0xffff)),
              "SSL"),
          new Row(
              "an alert for a hello",
              "TLSv1.3",
              peer -> peer.send(new byte[] {21, 3, 3, 0, 2, 2, 40}),
              "handshake_failure"),
          new Row(
              "a hello of nothing but ones",
              "TLSv1.3",
              peer -> peer.send(header(22, 200, 200)),
              ""),
          new Row(
              "the end without close_notify",
              "TLSv1.3",
              peer -> {
                peer.handshake();
                peer.socket.shutdownOutput();
              },
              "the end came without close_notify"),
          new Row(
              "the end without close_notify before TLS 1.3",
              "TLSv1.2",
              peer -> {
                peer.handshake();
                peer.socket.shutdownOutput();
              },
              "the end came without close_notify"),
          new Row(
              "the end amid a record",
              "TLSv1.3",
              peer -> {
                peer.handshake();
                byte[] record = peer.record(ByteBuffer.wrap(bytes("pay 1000 to me")));
                peer.send(Arrays.copyOf(record, record.length - 1));
                peer.socket.shutdownOutput();
              },
              "the end came without close_notify"),
          new Row(
              "a changed record",
              "TLSv1.3",
              peer -> {
                peer.handshake();
                byte[] record = peer.record(ByteBuffer.wrap(bytes("pay 1000 to me")));
                record[record.length - 3] ^= 1;
                peer.send(record);
              },
              "Tag mismatch"),
          new Row(
              "a record that is sent twice",
              "TLSv1.2",
              peer -> {
                peer.handshake();
                byte[] record = peer.record(ByteBuffer.wrap(bytes("pay 1000 to me")));
                peer.send(record);
                peer.send(record);
              },
              "Tag mismatch"),
          new Row(
              "plain text after the handshake",
              "TLSv1.3",
              peer -> {
                peer.handshake();
                peer.send(header(23, 14, 14));
              },
              ""),
          new Row(
              "another handshake",
              "TLSv1.2",
              peer -> {
                peer.handshake();
                peer.engine.beginHandshake();
                peer.send(peer.record(ByteBuffer.allocate(0)));
              },
              "renegotiation, which is refused"),
          new Row(
              "a reset",
              "TLSv1.3",
              peer -> {
                peer.handshake();
                peer.socket.setSoLinger(true, 0);
                peer.socket.close();
              },
              "ECONNRESET"));

  @TestFactory
  Stream<DynamicTest> theServerIsTold() {
    return TABLE.stream().map(row -> DynamicTest.dynamicTest(row.name, () -> check(row)));
  }

  private void check(Row row) throws Exception {
    try (RoguePeer peer = new RoguePeer(port, CLIENT, row.version)) {
      Connection server = incoming.take();
      CompletableFuture<Integer> read = server.readFullyAsync(ByteBuffer.allocate(100));
      row.deed.to(peer);
      assertThatThrownBy(() -> read.get(10, TimeUnit.SECONDS))
          .hasCauseInstanceOf(IOException.class)
          .hasStackTraceContaining(row.told);
      assertThatThrownBy(() -> server.read(ByteBuffer.allocate(1))).isInstanceOf(IOException.class);
      assertThatThrownBy(() -> server.writeFully(ByteBuffer.allocate(1_000_000)))
          .isInstanceOf(IOException.class);
      server.close();
      if (!row.told.contains("not done in")) {
        peer.socket.close(); // otherwise it is given up at once
      }
      awaitFree(server);
    }
  }

  /** Waits until the descriptor of a connection that was closed is. */
  private void awaitFree(Connection connection) {
    TlsStream stream = (TlsStream) connection.source();
    assertTimeoutPreemptively(
        Duration.ofSeconds(10),
        () -> {
          while (stream.below().isOpen()) {
            loop.submit(() -> {}).get(10, TimeUnit.SECONDS);
          }
        });
  }

  @Test
  void aClientIsToldWhyItsServerFails() throws Exception {
    try (RoguePeer peer = new RoguePeer(port, CLIENT, "TLSv1.3")) {
      Connection server = incoming.take();
      CompletableFuture<Integer> read = server.readAsync(ByteBuffer.allocate(10));
      peer.handshake();
      byte[] record = peer.record(ByteBuffer.wrap(bytes("hello")));
      record[8] ^= 1;
      peer.send(record);
      assertThatThrownBy(
              () -> {
                while (peer.receive() != null) {
                  // A ticket.
                }
              })
          .isInstanceOf(SSLException.class)
          .hasMessageContaining("bad_record_mac");
      assertThatThrownBy(() -> read.get(10, TimeUnit.SECONDS))
          .hasCauseInstanceOf(SSLException.class);
    }
  }

  @Test
  void whatCameBeforeTheEndWithoutCloseNotifyIsRead() throws Exception {
    try (RoguePeer peer = new RoguePeer(port, CLIENT, "TLSv1.3")) {
      Connection server = incoming.take();
      CompletableFuture<Integer> read = server.readFullyAsync(ByteBuffer.allocate(5));
      peer.handshake();
      peer.send(peer.record(ByteBuffer.wrap(bytes("hello"))));
      peer.socket.shutdownOutput();
      assertThat(read.get(10, TimeUnit.SECONDS)).isEqualTo(5);
      assertThatThrownBy(() -> server.read(ByteBuffer.allocate(1)))
          .isInstanceOf(SSLException.class)
          .hasMessageContaining("close_notify");
    }
  }

  @Test
  void aHandshakeThatComesByteByByteIsOneToo() throws Exception {
    try (Incoming<Connection> patient = Tls.server(SERVER).listen(loop, loopback());
        RoguePeer peer = new RoguePeer(port(patient), CLIENT, "TLSv1.3")) {
      peer.socket.setTcpNoDelay(true);
      Connection server = patient.take();
      CompletableFuture<Integer> read = server.readAsync(ByteBuffer.allocate(10));
      peer.engine.beginHandshake();
      for (byte one : peer.record(ByteBuffer.allocate(0))) {
        peer.send(new byte[] {one});
      }
      while (peer.engine.getHandshakeStatus()
          != javax.net.ssl.SSLEngineResult.HandshakeStatus.NOT_HANDSHAKING) {
        switch (peer.engine.getHandshakeStatus()) {
          case NEED_TASK -> peer.engine.getDelegatedTask().run();
          case NEED_WRAP -> peer.send(peer.record(ByteBuffer.allocate(0)));
          default -> peer.receive();
        }
      }
      peer.send(peer.record(ByteBuffer.wrap(bytes("hello"))));
      assertThat(read.get(10, TimeUnit.SECONDS)).isEqualTo(5);
    }
  }

  /** What the peer sends again and again, which brings the reader nothing. */
  private void flood(Deed beginning, Deed again) throws Exception {
    try (RoguePeer peer = new RoguePeer(port, CLIENT, "TLSv1.3")) {
      Connection server = incoming.take();
      Fiber<Integer> read = loop.fiber(() -> server.read(ByteBuffer.allocate(10)));
      beginning.to(peer);
      Thread flood =
          Thread.ofPlatform()
              .start(() -> {
                try {
                  while (!peer.socket.isClosed()) {
                    again.to(peer);
                  }
                } catch (Exception e) {
                  // Its end.
                }
              });
      for (int i = 0; i < 5; i++) {
        loop.submit(() -> {}).get(10, TimeUnit.SECONDS);
      }
      server.close();
      assertThatThrownBy(() -> read.get(10, TimeUnit.SECONDS))
          .hasCauseInstanceOf(IOException.class);
      peer.socket.close();
      flood.join(10_000);
      assertThat(flood.isAlive()).isFalse();
      awaitFree(server);
    }
  }

  @Test
  void aFloodOfKeyUpdatesLeavesTheLoopToOthers() throws Exception {
    flood(
        RoguePeer::handshake,
        peer -> {
          peer.engine.beginHandshake();
          peer.send(peer.record(ByteBuffer.allocate(0)));
        });
  }

  @Test
  void aFloodInTheHandshakeLeavesTheLoopToOthers() throws Exception {
    byte[] changeCipherSpec = {20, 3, 3, 0, 1, 1};
    flood(
        peer -> {
          peer.engine.beginHandshake();
          peer.send(peer.record(ByteBuffer.allocate(0)));
        },
        peer -> peer.send(changeCipherSpec));
  }

  @Test
  void aPeerThatDoesNotReadHoldsUpACloseForFiveSeconds() throws Exception {
    ManualClock clock = new ManualClock();
    try (EventLoop timed = EventLoop.builder().kernel(clock).start();
        Incoming<Connection> clients = Tls.server(SERVER).listen(timed, loopback());
        RoguePeer peer = new RoguePeer(port(clients), CLIENT, "TLSv1.3")) {
      peer.socket.setReceiveBufferSize(10_000);
      Connection server = clients.take();
      CompletableFuture<?> ready = server.flushAsync();
      peer.handshake();
      ready.get(10, TimeUnit.SECONDS);
      ByteBuffer source = ByteBuffer.allocate(20_000_000);
      while (server.pollWrite(source, () -> {}) != Io.NOT_READY) {
        assertThat(source.hasRemaining()).isTrue();
      }
      server.close();
      TlsStream stream = (TlsStream) server.source();
      clock.millis(4_999);
      timed.submit(() -> {}).get(10, TimeUnit.SECONDS);
      timed.submit(() -> {}).get(10, TimeUnit.SECONDS);
      assertThat(stream.below().isOpen()).isTrue();
      clock.millis(5_100);
      timed.submit(() -> {}).get(10, TimeUnit.SECONDS);
      timed.submit(() -> {}).get(10, TimeUnit.SECONDS);
      assertThat(stream.below().isOpen()).isFalse();
    }
  }

  @Test
  void ofAPeerThatSendsAndIsNotReadFewRecordsAreKept() throws Exception {
    // room for all of it: what the stream leaves must not depend on how the window grows
    ((TcpListener) incoming.source()).set(TcpOption.RECEIVE_BUFFER, 1 << 20);
    try (RoguePeer peer = new RoguePeer(port, CLIENT, "TLSv1.3")) {
      Connection server = incoming.take();
      CompletableFuture<Integer> first = server.readAsync(ByteBuffer.allocate(1));
      peer.handshake();
      int sent = 0;
      for (int i = 0; i < 10; i++) {
        byte[] record = peer.record(ByteBuffer.allocate(16_000));
        peer.send(record);
        sent += record.length;
      }
      assertThat(first.get(10, TimeUnit.SECONDS)).isEqualTo(1);
      TcpStream below = (TcpStream) ((TlsStream) server.source()).below();
      int most = sent;
      assertTimeoutPreemptively(
          Duration.ofSeconds(10),
          () -> {
            while (below.available() < most - (1 << 16) - (1 << 14) - 1000) {
              loop.submit(() -> {}).get(10, TimeUnit.SECONDS);
            }
          });
    }
  }

  /** The attempt ends before the records do, so that others have their turn. */
  @Test
  void ofRecordsThatSayNothingFewAreReadInATurn() throws Exception {
    try (RoguePeer peer = new RoguePeer(port, CLIENT, "TLSv1.3")) {
      Connection server = incoming.take();
      CompletableFuture<?> ready = server.flushAsync();
      peer.handshake();
      ready.get(10, TimeUnit.SECONDS);
      ByteArrayOutputStream updates = new ByteArrayOutputStream();
      for (int i = 0; i < 50; i++) {
        peer.engine.beginHandshake();
        updates.writeBytes(peer.record(ByteBuffer.allocate(0)));
      }
      peer.send(updates.toByteArray());
      TlsStream stream = (TlsStream) server.source();
      TcpStream below = (TcpStream) stream.below();
      assertTimeoutPreemptively(
          Duration.ofSeconds(10),
          () -> {
            while (below.available() < updates.size()) {
              loop.submit(() -> {}).get(10, TimeUnit.SECONDS);
            }
          });
      assertThat(stream.read(ByteBuffer.allocate(10))).isEqualTo(Io.NOT_READY);
      assertThat(stream.readNeeds()).isEqualTo(LayeredSource.Need.TURN);
    }
  }

  @Test
  void whatIsCutOffByAFailureDoesNotLookWhole() throws Exception {
    try (RoguePeer peer = new RoguePeer(port, CLIENT, "TLSv1.3")) {
      Connection server = incoming.take();
      CompletableFuture<Integer> written = server.writeAsync(ByteBuffer.wrap(bytes("half")));
      peer.handshake();
      assertThat(written.get(10, TimeUnit.SECONDS)).isEqualTo(4);
      peer.socket.shutdownOutput();
      assertThatThrownBy(() -> server.read(ByteBuffer.allocate(1)))
          .hasMessageContaining("close_notify");
      server.close();
      assertThatThrownBy(
              () -> {
                while (peer.receive() != null) {
                  // A ticket, and the half.
                }
              })
          .isInstanceOf(EOFException.class);
    }
  }

  @Test
  void aClientThatItsServerDoesNotAnswerIsToldInTime() throws Exception {
    try (TcpListener silent = TcpListener.bind(loopback())) {
      int there = silent.localAddress().getPort();
      CompletableFuture<Connection> made =
          Tls.client(CLIENT).handshakeTimeout(SHORT).connectAsync(loop, "localhost", there);
      assertThatThrownBy(() -> made.get(10, TimeUnit.SECONDS))
          .hasRootCauseInstanceOf(SSLHandshakeException.class)
          .hasStackTraceContaining("the handshake was not done in 300 ms");
    }
  }

  @Test
  void theTimeoutOfAConnectCoversTheHandshake() throws Exception {
    try (TcpListener silent = TcpListener.bind(loopback())) {
      int there = silent.localAddress().getPort();
      assertThatThrownBy(() ->
              Tls.client(CLIENT)
                  .handshakeTimeout(Duration.ZERO)
                  .connect(loop, "localhost", there, SHORT))
          .isInstanceOf(SSLHandshakeException.class);
      assertThatThrownBy(() -> Tls.server(SERVER).connect(loop, "localhost", there, SHORT))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageStartingWith("a client connects");
    }
  }

  @Test
  void aHandshakeThatIsCancelledClosesTheConnection() throws Exception {
    try (TcpListener silent = TcpListener.bind(loopback())) {
      int there = silent.localAddress().getPort();
      CompletableFuture<Connection> made =
          Tls.client(CLIENT).connectAsync(loop, "localhost", there);
      Incoming<Connection> accepting = loop.listen(silent);
      Connection accepted = accepting.take().readTimeout(Duration.ofSeconds(10));
      ByteBuffer hello = ByteBuffer.allocate(10_000);
      assertThat(accepted.read(hello)).isPositive();
      made.cancel(false);
      while (accepted.read(hello) != Io.END) {
        assertThat(hello.hasRemaining()).isTrue();
      }
    }
  }
}
