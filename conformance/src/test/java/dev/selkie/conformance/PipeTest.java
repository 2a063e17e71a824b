package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.Event;
import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.source.Fifo;
import dev.selkie.source.PipePair;
import dev.selkie.source.PipeReader;
import dev.selkie.source.PipeWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pipes. */
@Contract
final class PipeTest {
  private final Configuration configuration;
  private final Kernel kernel;
  @TempDir private Path folder;

  PipeTest(Configuration configuration) {
    this.configuration = configuration;
    this.kernel = configuration.kernel();
  }

  @Test
  void bytesGoThroughInEveryKindOfMemory() throws IOException {
    try (PipePair pipe = PipePair.open(kernel)) {
      ByteBuffer target = ByteBuffer.allocateDirect(64);
      assertThat(pipe.reader().read(target)).isEqualTo(Io.NOT_READY);
      assertThat(pipe.writer().write(ByteBuffer.wrap(new byte[] {1, 2}))).isEqualTo(2);
      assertThat(pipe.writer().write(MemorySegment.ofArray(new byte[] {3}))).isEqualTo(1);
      assertThat(pipe.writer().write(ByteBuffer.wrap(new byte[] {4}), ByteBuffer.allocate(2)))
          .isEqualTo(3);
      assertThat(pipe.reader().read(target, ByteBuffer.allocate(1))).isEqualTo(6);
      byte[] got = new byte[6];
      target.flip().get(got);
      assertThat(got).containsExactly(1, 2, 3, 4, 0, 0);
      assertThat(pipe.reader().read(MemorySegment.ofArray(new byte[4]))).isEqualTo(Io.NOT_READY);
    }
  }

  @Test
  void aFullPipeTakesNoMore() throws IOException {
    try (PipePair pipe = PipePair.open(kernel)) {
      long filled = Bytes.fill(pipe.writer());
      assertThat(filled).isPositive();
      assertThat(pipe.writer().write(ByteBuffer.allocate(1))).isEqualTo(Io.NOT_READY);
      assertThat(Bytes.drain(pipe.reader())).isEqualTo(filled);
    }
  }

  @Test
  void withoutAWriterTheReaderComesToTheEnd() throws IOException {
    try (PipePair pipe = PipePair.open(kernel);
        EventQueue<String> queue = configuration.queue(kernel)) {
      queue.register(pipe.reader(), Interest.READABLE, "reader");
      pipe.writer().write(ByteBuffer.allocate(3));
      pipe.writer().close();
      Event<String> event = queue.await(Ready.DEADLINE).next();
      assertThat(event.isReadable()).isTrue();
      assertThat(event.isReadClosed()).isTrue();
      assertThat(pipe.reader().read(ByteBuffer.allocate(9))).isEqualTo(3);
      assertThat(pipe.reader().read(ByteBuffer.allocate(9))).isEqualTo(Io.END);
      assertThat(pipe.reader().read(ByteBuffer.allocate(9), ByteBuffer.allocate(1)))
          .isEqualTo(Io.END);
    }
  }

  @Test
  void withoutAReaderTheWriterFails() throws IOException {
    try (PipePair pipe = PipePair.open(kernel);
        EventQueue<String> queue = configuration.queue(kernel)) {
      queue.register(pipe.writer(), Interest.WRITABLE, "writer");
      pipe.reader().close();
      Event<String> event = queue.await(Ready.DEADLINE).next();
      assertThat(event.isWritable()).isTrue();
      assertThat(event.isWriteClosed()).isTrue();
      assertThatThrownBy(() -> pipe.writer().write(ByteBuffer.allocate(1)))
          .isInstanceOf(SystemCallException.class)
          .hasMessageMatching("write\\(fd \\d+\\): EPIPE \\(broken pipe\\)");
      assertThatThrownBy(() -> pipe.writer().write(ByteBuffer.allocate(1), ByteBuffer.allocate(1)))
          .isInstanceOf(SystemCallException.class);
    }
  }

  @Test
  void closedEndsRefuseEverything() throws IOException {
    PipePair pipe = PipePair.open(kernel);
    pipe.close();
    pipe.close();
    assertThat(pipe.reader().isOpen()).isFalse();
    assertThatThrownBy(() -> pipe.reader().read(ByteBuffer.allocate(1)))
        .isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(() -> pipe.writer().write(ByteBuffer.allocate(0)))
        .isInstanceOf(ClosedChannelException.class);
    assertThatThrownBy(() -> pipe.reader().descriptor().number())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the PipeReader is closed: it has no number");
    assertThat(pipe.writer().toString()).startsWith("PipeWriter fd ").endsWith("(closed)");
  }

  /** FreeBSD's pipes go both ways. */
  @Test
  void anEndSaysHowItWasOpened() throws IOException {
    try (PipePair pipe = PipePair.open(kernel)) {
      assertThat(kernel.files().accessMode(pipe.reader().descriptor().number()))
          .isIn(Files.O_RDONLY, Files.O_RDWR);
      assertThat(kernel.files().accessMode(pipe.writer().descriptor().number()))
          .isIn(Files.O_WRONLY, Files.O_RDWR);
    }
    assertThat(kernel.files().accessMode(1 << 20)).isEqualTo(Result.EBADF);
  }

  @Test
  void adoptingRefusesWhatIsNotThatEndOfAPipe() throws IOException {
    try (PipePair pipe = PipePair.open(kernel);
        TcpPair tcp = TcpPair.open(configuration, kernel)) {
      int reading = pipe.reader().descriptor().number();
      int writing = pipe.writer().descriptor().number();
      if (kernel.files().accessMode(writing) != Files.O_RDWR) {
        assertThatIllegalArgumentException()
            .isThrownBy(() -> PipeReader.adopt(kernel, writing))
            .withMessage("fd " + writing + " is a pipe's end for writing alone");
        assertThatIllegalArgumentException()
            .isThrownBy(() -> PipeWriter.adopt(kernel, reading))
            .withMessage("fd " + reading + " is a pipe's end for reading alone");
      }
      int socket = tcp.client().descriptor().number();
      String refusal = "fd " + socket + " is no pipe or FIFO; RawSource takes any descriptor";
      assertThatIllegalArgumentException()
          .isThrownBy(() -> PipeReader.adopt(kernel, socket))
          .withMessage(refusal);
      assertThatIllegalArgumentException()
          .isThrownBy(() -> PipeWriter.adopt(kernel, socket))
          .withMessage(refusal);
    }
  }

  /** As of a FIFO that a service manager opens for both. */
  @Test
  void adoptingTakesAnEndThatGoesBothWays() throws IOException {
    Path path = (configuration.isMachine() ? folder : Path.of("/tmp")).resolve("fifo");
    new Fifo(kernel, path).make(0600);
    int number = SystemCalls.check("open", kernel.files().open(path.toString(), Files.O_RDWR, 0));
    int second = SystemCalls.check("dup", kernel.files().duplicate(number));
    try (PipeReader reader = PipeReader.adopt(kernel, number);
        PipeWriter writer = PipeWriter.adopt(kernel, second)) {
      writer.write(ByteBuffer.allocate(3));
      assertThat(reader.read(ByteBuffer.allocate(9))).isEqualTo(3);
    }
  }

  @Test
  void adoptingMakesNonBlockingAndDetachingEndsRegistrations() throws IOException {
    try (PipePair pipe = PipePair.open(kernel);
        EventQueue<String> queue = configuration.queue(kernel)) {
      int reading = pipe.reader().detach();
      int writing = pipe.writer().detach();
      kernel.files().setNonBlocking(reading, false);
      kernel.files().setNonBlocking(writing, false);
      try (PipeReader reader = PipeReader.adopt(kernel, reading);
          PipeWriter writer = PipeWriter.adopt(kernel, writing)) {
        assertThat(kernel.files().isNonBlocking(reading)).isOne();
        assertThat(reader.read(ByteBuffer.allocate(1))).isEqualTo(Io.NOT_READY);
        var registration = queue.register(reader, Interest.READABLE, "reader");
        assertThat(writer.write(ByteBuffer.allocate(1))).isOne();
        int again = reader.detach();
        assertThat(registration.isValid()).isFalse();
        assertThat(queue.poll().isEmpty()).isTrue();
        assertThat(kernel.files().close(again)).isZero();
      }
      assertThatThrownBy(() -> PipeReader.adopt(kernel, 1 << 20)).hasMessageContaining("EBADF");
      assertThatThrownBy(() -> PipeWriter.adopt(kernel, 1 << 20)).hasMessageContaining("EBADF");
    }
  }
}
