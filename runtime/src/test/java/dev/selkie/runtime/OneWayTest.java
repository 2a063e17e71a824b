package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.Io;
import dev.selkie.source.PipePair;
import dev.selkie.source.RawSource;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;

/** The ends of a pipe, each of which goes one way, in each style and on each backend. */
@ParameterizedClass
@ValueSource(strings = {"epoll", "poll"})
final class OneWayTest {
  private final String backend;
  private EventLoop loop;
  private Input in;
  private Output out;

  OneWayTest(String backend) {
    this.backend = backend;
  }

  @BeforeEach
  void open() throws IOException {
    loop = EventLoop.builder().backend(backend).start();
    PipePair pipe = PipePair.open();
    in = loop.attach(pipe.reader());
    out = loop.attach(pipe.writer());
  }

  @AfterEach
  void close() {
    loop.close();
    assertThat(in.isOpen() || out.isOpen()).as("open after the loop's close").isFalse();
  }

  @Test
  void eachGoesOneWayByItsType() {
    assertThat((Object) in).isInstanceOf(ReadableByteChannel.class);
    assertThat((Object) in).isNotInstanceOf(WritableByteChannel.class);
    assertThat((Object) out).isInstanceOf(WritableByteChannel.class);
    assertThat((Object) out).isNotInstanceOf(ReadableByteChannel.class);
  }

  @Test
  void threadsAndFibersParkAtBothEnds() throws Exception {
    int size = 1 << 20;
    Fiber<Object> writer =
        loop.fiber(() -> {
          out.writeFully(ByteBuffer.allocate(size));
          out.shutdownOutput();
          return "written";
        });
    ByteBuffer all = ByteBuffer.allocateDirect(size);
    in.readFully(all);
    assertThat(in.read(ByteBuffer.allocate(1))).isEqualTo(Io.END);
    assertThat(writer.join()).isEqualTo("written");
    assertThat(out.isOpen()).as("a pipe's writer that has ended").isFalse();
  }

  @Test
  void futuresWaitAtBothEnds() throws Exception {
    CompletableFuture<Integer> read = in.readFullyAsync(ByteBuffer.allocate(100_000));
    assertThat(out.writeFullyAsync(ByteBuffer.allocate(100_000)).get(10, TimeUnit.SECONDS))
        .isEqualTo(100_000);
    assertThat(read.get(10, TimeUnit.SECONDS)).isEqualTo(100_000);
  }

  @Test
  void wakersAreCalledAtBothEnds() throws Exception {
    CountDownLatch readable = new CountDownLatch(1);
    ByteBuffer one = ByteBuffer.allocate(1 << 20);
    assertThat(in.pollRead(one, readable::countDown)).isEqualTo(Io.NOT_READY);
    fill();
    assertThat(readable.await(10, TimeUnit.SECONDS)).isTrue();
    CountDownLatch writable = new CountDownLatch(1);
    assertThat(out.pollWrite(ByteBuffer.allocate(1), writable::countDown)).isEqualTo(Io.NOT_READY);
    while (in.pollRead(one.clear(), () -> {}) > 0) {
      // until it is empty
    }
    assertThat(writable.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void theStreamsOfAPipe() throws Exception {
    out.outputStream().write(new byte[] {1, 2, 3});
    assertThat(in.inputStream().available()).isEqualTo(3);
    out.outputStream().close();
    assertThat(in.inputStream().readAllBytes()).containsExactly(1, 2, 3);
  }

  private void fill() throws IOException {
    while (out.source().write(ByteBuffer.allocate(1 << 20)) != Io.NOT_READY) {
      // until the pipe is full
    }
  }

  /** The end of a FIFO passes when it gets another writer; a read that finds nothing then waits. */
  @Test
  void theNextWriterOfAFifoIsWaitedFor() throws Exception {
    out.close();
    ByteBuffer target = ByteBuffer.allocate(9);
    assertThat(in.read(target)).isEqualTo(Io.END);
    CountDownLatch woken = new CountDownLatch(1);
    String end = "/proc/self/fd/" + in.source().descriptor().number();
    try (OutputStream second = new FileOutputStream(end)) {
      assertThat(in.pollRead(target, woken::countDown)).isEqualTo(Io.NOT_READY);
      Fiber<Integer> reader = loop.fiber(() -> in.read(target));
      while (reader.thread().getState() != Thread.State.WAITING) {
        Thread.onSpinWait();
      }
      reader.thread().interrupt();
      assertThatThrownBy(reader::join).hasRootCauseInstanceOf(InterruptedIOException.class);
      assertThat(in.pollRead(target, woken::countDown)).isEqualTo(Io.NOT_READY);
      second.write(new byte[3]);
      assertThat(woken.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(in.read(target)).isEqualTo(3);
    }
    assertThat(in.read(target)).isEqualTo(Io.END);
  }

  @Test
  void aWriterIsToldThatItsReaderIsGone() throws Exception {
    fill();
    CompletableFuture<Integer> waiting = out.writeAsync(ByteBuffer.allocate(1));
    in.close();
    assertThatThrownBy(() -> waiting.get(10, TimeUnit.SECONDS)).hasMessageContaining("EPIPE");
  }

  @Test
  void closingTellsWhoWaits() {
    CompletableFuture<Integer> waiting = in.readAsync(ByteBuffer.allocate(1));
    in.close();
    assertThatThrownBy(() -> waiting.get(10, TimeUnit.SECONDS))
        .hasRootCauseInstanceOf(AsynchronousCloseException.class);
  }

  @Test
  void aSourceThatCannotEndItsOutputAloneSaysSo() throws Exception {
    try (PipePair other = PipePair.open()) {
      Connection raw = loop.attach(RawSource.own(other.writer().detach()));
      assertThatThrownBy(raw::shutdownOutput)
          .isInstanceOf(UnsupportedOperationException.class)
          .hasMessageContaining("cannot end its output alone");
      raw.close();
    }
  }
}
