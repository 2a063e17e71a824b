package dev.selkie.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.Io;
import dev.selkie.net.TcpListener;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Streams of a connection, and what reads and writes whole buffers, on each backend. */
@ParameterizedClass
@ValueSource(strings = {"epoll", "poll"})
final class StreamViewTest {
  private static final int MUCH = 3_000_000;

  private final String backend;
  private EventLoop loop;
  private Connection client;
  private Connection server;

  StreamViewTest(String backend) {
    this.backend = backend;
  }

  @BeforeEach
  void open() throws Exception {
    loop = EventLoop.builder().backend(backend).start();
    try (Incoming<Connection> incoming =
        loop.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
      client = loop.connect(((TcpListener) incoming.source()).localAddress());
      server = incoming.take();
    }
  }

  @AfterEach
  void close() {
    loop.close();
  }

  private static byte[] random(int size) {
    byte[] bytes = new byte[size];
    new Random(size).nextBytes(bytes);
    return bytes;
  }

  @Test
  void noByteIsLostWhereReadsMeetWhateverTheirSizes() throws Exception {
    byte[] sent = random(MUCH);
    Fiber<Object> writer =
        loop.fiber(() -> {
          OutputStream out = client.outputStream();
          out.write(sent[0]);
          out.write(sent, 1, MUCH - 2);
          out.write(sent[MUCH - 1]);
          client.shutdownOutput();
          return "written";
        });
    InputStream in = server.inputStream();
    ByteArrayOutputStream received = new ByteArrayOutputStream();
    received.write(in.read());
    received.write(in.readNBytes(70_000));
    ByteBuffer between = ByteBuffer.allocate(1000);
    server.readFully(between);
    received.write(between.array());
    byte[] odd = new byte[7001];
    received.write(odd, 1, in.read(odd, 1, 6999));
    int skipped = received.size();
    in.skipNBytes(100);
    received.write(sent, skipped, 100);
    in.transferTo(received);
    assertThat(received.toByteArray()).isEqualTo(sent);
    assertThat(in.read()).isEqualTo(-1);
    assertThat(in.read(odd)).isEqualTo(-1);
    assertThat(writer.join()).isEqualTo("written");
  }

  @Test
  void bytesAreNotSigned() throws Exception {
    client.outputStream().write(0x1ff);
    assertThat(server.inputStream().read()).isEqualTo(0xff);
  }

  @Test
  void itTellsWhatIsThere() throws Exception {
    InputStream in = server.inputStream();
    assertThat(in.available()).isZero();
    client.outputStream().write("hello".getBytes(UTF_8));
    assertThat(in.read()).isEqualTo('h');
    assertThat(in.available()).isEqualTo(4);
    assertThat(in.read(new byte[0])).isZero();
    assertThat(in.readNBytes(4)).isEqualTo("ello".getBytes(UTF_8));
  }

  @Test
  void aReadThatTakesTooLongTimesOutAndLosesNothing() throws Exception {
    server.readTimeout(Duration.ofMillis(3));
    InputStream in = server.inputStream();
    assertThatThrownBy(in::read).isInstanceOf(SocketTimeoutException.class);
    assertThatThrownBy(() -> loop.fiber(() -> in.read(new byte[5])).join())
        .hasRootCauseInstanceOf(SocketTimeoutException.class);
    client.outputStream().write('x');
    server.readTimeout(Duration.ZERO);
    assertThat(in.read()).isEqualTo('x');
  }

  @Test
  void anInterruptedWriteTellsHowMuchWasWritten() throws Exception {
    byte[] sent = random(64 << 20);
    CompletableFuture<Integer> written = new CompletableFuture<>();
    Thread writer =
        Thread.ofVirtual()
            .start(() -> {
              try {
                client.outputStream().write(sent);
              } catch (InterruptedIOException e) {
                written.complete(e.bytesTransferred);
              } catch (IOException e) {
                written.completeExceptionally(e);
              }
            });
    while (writer.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
    writer.interrupt();
    int count = written.get(10, TimeUnit.SECONDS);
    client.shutdownOutput();
    byte[] received = server.inputStream().readAllBytes();
    assertThat(received).hasSize(count).isEqualTo(Arrays.copyOf(sent, count));
  }

  @Test
  void closingOneClosesTheConnection() throws Exception {
    InputStream in = server.inputStream();
    OutputStream out = server.outputStream();
    in.close();
    in.close();
    assertThat(server.isOpen()).isFalse();
    assertThatThrownBy(in::read).isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(() -> out.write(1)).isInstanceOf(ClosedChannelException.class);
    assertThat(client.inputStream().read()).isEqualTo(-1);
    client.outputStream().close();
    assertThat(client.isOpen()).isFalse();
  }

  @Test
  void theOutputEndsAloneAndTheInputGoesOn() throws Exception {
    client.outputStream().write('q');
    client.shutdownOutput();
    assertThat(server.inputStream().readAllBytes()).containsExactly('q');
    server.outputStream().write('a');
    assertThat(client.inputStream().read()).isEqualTo('a');
    assertThatThrownBy(() -> client.outputStream().write(1)).hasMessageContaining("EPIPE");
  }

  @Test
  void onTheLoopsThreadAReadThatWouldBlockIsRefused() throws Exception {
    Object thrown =
        loop.submit(
                () -> {
                  try {
                    return server.inputStream().read();
                  } catch (IllegalStateException e) {
                    return e;
                  }
                })
            .get(10, TimeUnit.SECONDS);
    assertThat(thrown).asString().contains("would block").contains("readAsync");
    client.outputStream().write(7);
    assertThat(server.inputStream().read()).as("the refused one left no trace").isEqualTo(7);
  }

  @Test
  void futuresMoveWholeBuffers() throws Exception {
    ByteBuffer sent = ByteBuffer.wrap(random(MUCH));
    ByteBuffer received = ByteBuffer.allocateDirect(MUCH);
    CompletableFuture<Integer> reading = server.readFullyAsync(received);
    CompletableFuture<Integer> writing = client.writeFullyAsync(sent);
    assertThat(writing.get(10, TimeUnit.SECONDS)).isEqualTo(MUCH);
    assertThat(reading.get(10, TimeUnit.SECONDS)).isEqualTo(MUCH);
    assertThat(received.flip()).isEqualTo(sent.flip());
    assertThat(server.readFullyAsync(ByteBuffer.allocate(0)).get()).isZero();
    CompletableFuture<Integer> early = server.readFullyAsync(ByteBuffer.allocate(5));
    client.writeFullyAsync(ByteBuffer.allocate(3)).get(10, TimeUnit.SECONDS);
    client.close();
    assertThatThrownBy(() -> early.get(10, TimeUnit.SECONDS))
        .hasRootCauseInstanceOf(EOFException.class)
        .hasMessageContaining("2 bytes too early");
  }

  @Test
  void aCancelledFutureLeavesInTheBufferWhatItHasRead() throws Exception {
    ByteBuffer target = ByteBuffer.allocate(10);
    CompletableFuture<Integer> reading = server.readFullyAsync(target);
    client.outputStream().write("abc".getBytes(UTF_8));
    while (loop.submit(() -> target.position()).get(10, TimeUnit.SECONDS) < 3) {
      Thread.onSpinWait();
    }
    assertThat(reading.cancel(true)).isTrue();
    client.outputStream().write('d');
    assertThat(server.inputStream().read()).isEqualTo('d');
    assertThat(target.position()).isEqualTo(3);
  }

  /** The reader finds more at each attempt for as long as the writer, another thread, goes on. */
  @Test
  void whatNeverHasToWaitLeavesRoomForOthers() throws Exception {
    ByteBuffer much = ByteBuffer.allocateDirect(MUCH);
    ByteBuffer target = ByteBuffer.allocate(100 * MUCH);
    Thread writer =
        Thread.ofPlatform()
            .start(() -> {
              try {
                while (server.isOpen()) {
                  client.writeFully(much.clear());
                }
              } catch (IOException e) {
                // the end of the test
              }
            });
    CompletableFuture<Integer> reading = server.readFullyAsync(target);
    int turns = 0;
    while (!reading.isDone()) {
      loop.submit(() -> {}).get(10, TimeUnit.SECONDS);
      turns++;
    }
    assertThat(turns).isGreaterThan(10);
    server.close();
    client.close();
    writer.join();
  }

  @Test
  void pollingAndStreamsAreOfTheSameBytes() throws Exception {
    client.outputStream().write("ab".getBytes(UTF_8));
    assertThat(server.inputStream().read()).isEqualTo('a');
    ByteBuffer one = ByteBuffer.allocate(1);
    assertThat(server.pollRead(one, () -> {})).isEqualTo(1);
    assertThat(one.get(0)).isEqualTo((byte) 'b');
    assertThat(server.pollRead(one.clear(), () -> {})).isEqualTo(Io.NOT_READY);
  }
}
