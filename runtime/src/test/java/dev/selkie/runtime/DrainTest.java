package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import dev.selkie.source.PipePair;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** For what the orderly end of a loop waits. */
final class DrainTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final int CHUNK = 1 << 16;
  private static final int CHUNKS = 128;

  /** A connection of a loop, and a peer that waits with its reads until the loop ends. */
  private static final class SlowReader implements AutoCloseable {
    private final Socket peer;
    private final Connection connection;
    private final CompletableFuture<Long> received = new CompletableFuture<>();

    SlowReader(EventLoop loop) throws IOException {
      InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
      try (TcpListener listener = TcpListener.bind(any)) {
        InetSocketAddress address = listener.localAddress();
        peer = new Socket();
        peer.setReceiveBufferSize(CHUNK);
        peer.connect(address);
        TcpStream stream = listener.poll();
        while (stream == null) {
          Thread.onSpinWait();
          stream = listener.poll();
        }
        connection = loop.attach(stream);
      }
    }

    void readAfter(EventLoop loop) {
      Thread.ofVirtual()
          .start(() -> {
            while (!loop.isShutdown()) {
              Thread.onSpinWait();
            }
            try (InputStream in = peer.getInputStream()) {
              byte[] bytes = new byte[CHUNK];
              long count = 0;
              for (int n = in.read(bytes); n >= 0; n = in.read(bytes)) {
                count += n;
              }
              received.complete(count);
            } catch (IOException e) {
              received.completeExceptionally(e);
            }
          });
    }

    @Override
    public void close() throws IOException {
      peer.close();
    }
  }

  @Test
  void whatWasOfferedToAWriteQueueArrives() throws Exception {
    EventLoop loop = EventLoop.start();
    try (SlowReader reader = new SlowReader(loop)) {
      WriteQueue queue = reader.connection.writeQueue(0, (long) CHUNK * CHUNKS);
      for (int i = 0; i < CHUNKS; i++) {
        assertThat(queue.offer(ByteBuffer.allocateDirect(CHUNK))).isTrue();
      }
      reader.readAfter(loop);
      assertThat(loop.close(PATIENCE)).as("it ended by itself").isTrue();
      assertThat(reader.received.get(10, TimeUnit.SECONDS)).isEqualTo((long) CHUNK * CHUNKS);
    }
  }

  @Test
  void whatAFutureWritesArrives() throws Exception {
    EventLoop loop = EventLoop.start();
    try (SlowReader reader = new SlowReader(loop)) {
      CompletableFuture<?> written =
          reader.connection.writeFullyAsync(ByteBuffer.allocate(CHUNK * CHUNKS));
      reader.readAfter(loop);
      assertThat(loop.close(PATIENCE)).as("it ended by itself").isTrue();
      assertThat(reader.received.get(10, TimeUnit.SECONDS)).isEqualTo((long) CHUNK * CHUNKS);
      written.get(10, TimeUnit.SECONDS);
    }
  }

  @Test
  void aPeerThatDoesNotReadIsWaitedForUntilTheDeadline() throws Exception {
    EventLoop loop = EventLoop.start();
    try (SlowReader reader = new SlowReader(loop)) {
      CompletableFuture<?> writing =
          reader.connection.writeFullyAsync(ByteBuffer.allocate(CHUNK * CHUNKS));
      long began = System.nanoTime();
      assertThat(loop.close(Duration.ofMillis(200))).as("it ended by itself").isFalse();
      assertThat(System.nanoTime() - began).isGreaterThanOrEqualTo(150_000_000);
      assertThatThrownBy(() -> writing.get(10, TimeUnit.SECONDS))
          .hasCauseInstanceOf(ClosedLoopException.class);
    }
  }

  @Test
  void aWriteThatIsGivenUpIsWaitedForNoMore() throws Exception {
    EventLoop loop = EventLoop.start();
    try (SlowReader reader = new SlowReader(loop)) {
      CompletableFuture<?> writing =
          reader.connection.writeFullyAsync(ByteBuffer.allocate(CHUNK * CHUNKS));
      loop.shutdown();
      writing.cancel(false);
      assertThat(loop.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void whoWaitsForInputIsNotWaitedFor() throws Exception {
    EventLoop loop = EventLoop.start();
    try (PipePair pipe = PipePair.open();
        SlowReader reader = new SlowReader(loop)) {
      CompletableFuture<Integer> reading = reader.connection.readAsync(ByteBuffer.allocate(1));
      CompletableFuture<Long> relaying =
          loop.attach(pipe.reader()).transferToAsync(reader.connection.output());
      assertThat(loop.close(Duration.ofDays(1))).as("it ended by itself").isTrue();
      assertThatThrownBy(() -> reading.get(10, TimeUnit.SECONDS))
          .hasCauseInstanceOf(ClosedLoopException.class);
      assertThatThrownBy(() -> relaying.get(10, TimeUnit.SECONDS))
          .hasCauseInstanceOf(TransferException.class);
    }
  }

  @Test
  void offloadedWorkIsWaitedFor() throws Exception {
    EventLoop loop = EventLoop.start();
    CountDownLatch mayEnd = new CountDownLatch(1);
    CompletableFuture<Boolean> work = loop.offload(() -> mayEnd.await(10, TimeUnit.SECONDS));
    loop.shutdown();
    assertThatThrownBy(() -> loop.offload(() -> 1)).isInstanceOf(RejectedExecutionException.class);
    CompletableFuture<Boolean> closed = CompletableFuture.supplyAsync(() -> loop.close(PATIENCE));
    mayEnd.countDown();
    assertThat(closed.get(10, TimeUnit.SECONDS)).as("it ended by itself").isTrue();
    assertThat(work.get(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void offloadedWorkEndsWithACancelledLoop() throws Exception {
    EventLoop loop = EventLoop.start();
    CountDownLatch mayEnd = new CountDownLatch(1);
    CompletableFuture<Boolean> work = loop.offload(() -> mayEnd.await(10, TimeUnit.SECONDS));
    loop.close();
    assertThatThrownBy(() -> work.get(10, TimeUnit.SECONDS))
        .hasCauseInstanceOf(ClosedLoopException.class);
    mayEnd.countDown();
    assertThatThrownBy(() -> loop.connectAsync("localhost", 1).get(10, TimeUnit.SECONDS))
        .hasCauseInstanceOf(ClosedLoopException.class);
  }
}
