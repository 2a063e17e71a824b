package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.Io;
import dev.selkie.kernel.CountingKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCall;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.WritePendingException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** Writes that wait in a queue, to a peer that reads or does not, on each backend. */
@ParameterizedClass
@ValueSource(strings = {"epoll", "poll"})
final class WriteQueueTest {
  private static final int LOW = 10_000;
  private static final int HIGH = 100_000;
  private static final int PIECE = 10_000;

  private final CountingKernel kernel = new CountingKernel(Kernel.system());
  private final String backend;
  private final List<Throwable> faults = new CopyOnWriteArrayList<>();
  private EventLoop loop;
  private Connection connection;
  private Connection peer;
  private WriteQueue queue;

  WriteQueueTest(String backend) {
    this.backend = backend;
  }

  @BeforeEach
  void open() throws Exception {
    loop =
        EventLoop.builder()
            .kernel(kernel)
            .backend(backend)
            .uncaughtExceptionHandler((_, e) -> faults.add(e))
            .start();
    try (Incoming<Connection> incoming =
        loop.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
      connection = loop.connect(((TcpListener) incoming.source()).localAddress());
      peer = incoming.take();
    }
    queue = connection.writeQueue(LOW, HIGH);
  }

  @AfterEach
  void close() {
    loop.close();
  }

  private static <T> T soon(CompletableFuture<T> future) throws Exception {
    return future.get(10, TimeUnit.SECONDS);
  }

  /** Fills the system's buffers and the queue, and returns what was taken by both. */
  private long fill() throws Exception {
    long taken = 0;
    int refusals = 0;
    while (refusals < 20) { // between which the loop has a turn
      if (queue.offer(ByteBuffer.allocate(PIECE))) {
        taken += PIECE;
        refusals = 0;
      } else {
        refusals++;
        loop.submit(() -> {}).get(10, TimeUnit.SECONDS);
      }
      assertThat(queue.size()).isLessThanOrEqualTo(HIGH);
    }
    assertThat(queue.isWritable()).isFalse();
    return taken;
  }

  @Test
  void aPeerThatNeverReadsHoldsUpNoMoreThanTheHighMark() throws Exception {
    fill();
    assertThat(queue.size()).isBetween(HIGH - PIECE + 1L, (long) HIGH);
    CompletableFuture<?> refused = queue.write(ByteBuffer.allocate(PIECE));
    assertThatThrownBy(() -> soon(refused)).hasCauseInstanceOf(RejectedExecutionException.class);
  }

  @Test
  void itIsWritableAgainOnceItHasFallenToTheLowMark() throws Exception {
    long taken = fill();
    CountDownLatch called = new CountDownLatch(1);
    assertThat(queue.whenWritable(called::countDown)).isTrue();
    CompletableFuture<Long> sizeThen = queue.writable().thenApply(_ -> queue.size());
    CompletableFuture<Integer> reading = peer.readFullyAsync(ByteBuffer.allocate((int) taken));
    assertThat(soon(sizeThen)).isLessThanOrEqualTo(LOW);
    assertThat(called.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(queue.isWritable()).isTrue();
    assertThat(queue.whenWritable(() -> {})).as("writable already").isFalse();
    soon(queue.writable());
    assertThat(soon(reading)).isEqualTo((int) taken);
  }

  @Test
  void aWakerThatThrowsDoesNotKeepOthersFromBeingCalled() throws Exception {
    fill();
    RuntimeException thrown = new IllegalStateException("by the waker");
    assertThat(
            queue.whenWritable(() -> {
              throw thrown;
            }))
        .isTrue();
    CompletableFuture<?> writable = queue.writable();
    connection.close();
    soon(writable);
    assertThat(faults).containsExactly(thrown);
  }

  @Test
  void aBufferAboveTheMarkIsTakenByAnEmptyQueueAndOneMoreIsNot() throws Exception {
    CompletableFuture<?> written = queue.write(ByteBuffer.allocate(8_000_000));
    assertThat(queue.offer(ByteBuffer.allocate(1))).isFalse();
    peer.readFully(ByteBuffer.allocate(8_000_000));
    soon(written);
    assertThat(queue.size()).isZero();
  }

  @Test
  void manyThreadsKeepTheOrderOfEach() throws Exception {
    int threads = 4;
    int each = 3000;
    List<Thread> writers = new ArrayList<>();
    for (int t = 0; t < threads; t++) {
      int number = t;
      writers.add(Thread.ofVirtual().start(() -> writeNumbers(number, each)));
    }
    int[] next = new int[threads];
    ByteBuffer eight = ByteBuffer.allocate(8);
    for (int i = 0; i < threads * each; i++) {
      peer.readFully(eight.clear());
      int thread = eight.flip().getInt();
      assertThat(eight.getInt()).isEqualTo(next[thread]++);
    }
    for (Thread writer : writers) {
      writer.join();
    }
    assertThat(queue.size()).isZero();
  }

  private void writeNumbers(int thread, int count) {
    try {
      for (int i = 0; i < count; i++) {
        ByteBuffer number = ByteBuffer.allocate(8).putInt(thread).putInt(i).flip();
        while (!queue.offer(number)) {
          soon(queue.writable());
        }
      }
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void whatIsOfferedInOneTurnGoesByOneCall() throws Exception {
    kernel.reset();
    loop.submit(
            () -> {
              for (int i = 0; i < 64; i++) {
                assertThat(queue.offer(ByteBuffer.allocate(10))).isTrue();
              }
              return 0;
            })
        .get(10, TimeUnit.SECONDS);
    soon(queue.flush());
    assertThat(kernel.count(SystemCall.SENDMSG)).isEqualTo(1);
    peer.readFully(ByteBuffer.allocate(640));
  }

  @Test
  void buffersAreBoundedToo() throws Exception {
    int[] taken = new int[1];
    loop.submit(
            () -> {
              while (queue.offer(ByteBuffer.allocate(1))) {
                taken[0]++;
              }
              return 0;
            })
        .get(10, TimeUnit.SECONDS);
    assertThat(taken[0]).isEqualTo(WriteQueue.SLOTS);
    soon(queue.writable());
    soon(queue.flush());
    peer.readFully(ByteBuffer.allocate(taken[0]));
  }

  @Test
  void aFlushIsDoneWhenAllBeforeItIsWritten() throws Exception {
    soon(queue.flush());
    byte[] bytes = new byte[HIGH];
    new Random(1).nextBytes(bytes);
    List<Integer> order = new ArrayList<>();
    CompletableFuture<?> first = queue.write(ByteBuffer.wrap(bytes)).thenRun(() -> order.add(1));
    CompletableFuture<?> second = queue.flush().thenRun(() -> order.add(2));
    ByteBuffer received = ByteBuffer.allocate(HIGH);
    peer.readFully(received);
    soon(CompletableFuture.allOf(first, second));
    assertThat(order).containsExactly(1, 2);
    assertThat(received.array()).isEqualTo(bytes);
  }

  @Test
  void aCancelledFutureTakesNoBytesBack() throws Exception {
    long taken = fill();
    soon(loop.offload(() -> 0));
    CompletableFuture<?> flush = queue.flush();
    assertThat(flush.cancel(true)).isTrue();
    peer.readFully(ByteBuffer.allocate((int) taken));
    soon(queue.flush());
  }

  @Test
  void closingWritesWhatWaitsAndThenCloses() throws Exception {
    long taken = fill();
    CompletableFuture<?> flush = queue.flush();
    CompletableFuture<Boolean> closed = queue.close(Duration.ofSeconds(60));
    assertThatThrownBy(() -> queue.offer(ByteBuffer.allocate(1)))
        .isInstanceOf(ClosedChannelException.class);
    peer.readFully(ByteBuffer.allocate((int) taken));
    assertThat(peer.read(ByteBuffer.allocate(1))).isEqualTo(Io.END);
    assertThat(soon(closed)).isTrue();
    soon(flush);
    assertThat(connection.isOpen()).isFalse();
    assertThat(queue.close(Duration.ZERO)).isSameAs(closed);
  }

  @Test
  void whenTheTimeOfACloseIsOverWhatWaitsFails() throws Exception {
    fill();
    CompletableFuture<?> flush = queue.flush();
    CompletableFuture<?> writable = queue.writable();
    assertThat(soon(queue.close(Duration.ofMillis(5)))).isFalse();
    assertThatThrownBy(() -> soon(flush)).hasCauseInstanceOf(AsynchronousCloseException.class);
    soon(writable);
    assertThat(queue.size()).isZero();
    assertThat(connection.isOpen()).isFalse();
  }

  @Test
  void aFailureFailsAllThatWaits() throws Exception {
    fill();
    CompletableFuture<?> flush = queue.flush();
    ((TcpStream) peer.source()).reset();
    assertThatThrownBy(() -> soon(flush)).hasMessageContaining("ECONNRESET");
    assertThatThrownBy(() -> queue.offer(ByteBuffer.allocate(1)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("has failed");
    assertThatThrownBy(() -> soon(queue.write(ByteBuffer.allocate(1))))
        .hasCauseInstanceOf(IOException.class);
    assertThat(queue.size()).isZero();
    soon(queue.writable());
    assertThat(soon(queue.close(Duration.ofDays(1)))).isFalse();
  }

  @Test
  void theLoopsCloseFailsAllThatWaits() throws Exception {
    fill();
    CompletableFuture<?> flush = queue.flush();
    CompletableFuture<?> writable = queue.writable();
    loop.close();
    assertThatThrownBy(() -> soon(flush)).hasCauseInstanceOf(ClosedLoopException.class);
    soon(writable);
    assertThatThrownBy(() -> queue.offer(ByteBuffer.allocate(1)))
        .isInstanceOf(ClosedLoopException.class);
    assertThat(soon(queue.close(Duration.ofDays(1)))).isFalse();
  }

  /** Nothing waits that would have found it. */
  @Test
  void theCloseOfAnIdleConnectionAndOfItsLoopIsTold() {
    connection.close();
    assertThatThrownBy(() -> queue.offer(ByteBuffer.allocate(1)))
        .isInstanceOf(ClosedChannelException.class)
        .isNotInstanceOf(ClosedLoopException.class);
    assertThatThrownBy(() -> soon(queue.flush())).hasCauseInstanceOf(ClosedChannelException.class);
    WriteQueue other = peer.writeQueue(LOW, HIGH);
    loop.close();
    assertThatThrownBy(() -> other.offer(ByteBuffer.allocate(1)))
        .isInstanceOf(ClosedLoopException.class);
    assertThatThrownBy(() -> soon(other.write(ByteBuffer.allocate(1))))
        .hasCauseInstanceOf(ClosedLoopException.class);
  }

  @Test
  void nobodyElseWritesWhereThereIsAQueue() {
    assertThatThrownBy(() -> connection.write(ByteBuffer.allocate(1)))
        .isInstanceOf(WritePendingException.class);
    assertThatThrownBy(() -> connection.writeQueue(0, 1)).isInstanceOf(WritePendingException.class);
    assertThatThrownBy(() -> peer.writeQueue(2, 1)).isInstanceOf(IllegalArgumentException.class);
  }
}
