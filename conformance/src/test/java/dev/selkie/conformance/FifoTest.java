package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.Event;
import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCall;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.source.Fifo;
import dev.selkie.source.FifoOpening;
import dev.selkie.source.PipeReader;
import dev.selkie.source.PipeWriter;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** FIFOs: ends that are opened without waiting, and who has come and gone. */
@Contract
final class FifoTest extends QueueCases {
  private static final Duration SHORT = Duration.ofMillis(5);

  private Fifo fifo;
  @TempDir private Path folder;

  FifoTest(Configuration configuration) {
    super(configuration);
  }

  @BeforeEach
  void makeFifo() throws IOException {
    fifo = new Fifo(kernel, path("fifo")).make(0600);
  }

  private Path path(String name) {
    return (configuration.isMachine() ? folder : Path.of("/tmp")).resolve(name);
  }

  private static int read(PipeReader reader) throws IOException {
    return Bytes.read(reader, 10);
  }

  @Test
  void aReaderIsOpenedAtOnceAndAwaitsItsFirstWriter() throws IOException {
    try (PipeReader reader = fifo.openReader()) {
      queue.register(reader, Interest.READABLE, "reader");
      Report.none(queue);
      assertThat(read(reader)).as("no writer yet is no end").isEqualTo(Io.NOT_READY);
      assertThat(reader.read(MemorySegment.ofArray(new byte[4]))).isEqualTo(Io.NOT_READY);
      assertThat(reader.read(ByteBuffer.allocate(1), ByteBuffer.allocate(1)))
          .isEqualTo(Io.NOT_READY);
      try (PipeWriter writer = fifo.tryOpenWriter()) {
        assertThat(writer).isNotNull();
        assertThat(read(reader)).isEqualTo(Io.NOT_READY);
        Bytes.send(writer, 3);
        assertThat(Report.only(queue)).hasToString("reader: readable");
        assertThat(read(reader)).isEqualTo(3);
        Bytes.send(writer, 2);
      }
      Event<String> event = queue.await(Ready.DEADLINE).next();
      assertThat(event.isReadable()).isTrue();
      assertThat(event.isReadClosed()).isTrue();
      assertThat(read(reader)).isEqualTo(2);
      assertThat(read(reader)).isEqualTo(Io.END);
      assertThat(reader.read(MemorySegment.ofArray(new byte[4]))).isEqualTo(Io.END);
    }
  }

  @Test
  void afterItsEndAReaderGoesOnWithTheNextWriter() throws IOException {
    try (PipeReader reader = fifo.openReader()) {
      for (int i = 1; i <= 3; i++) {
        try (PipeWriter writer = fifo.tryOpenWriter()) {
          assertThat(read(reader)).isEqualTo(Io.NOT_READY);
          Bytes.send(writer, i);
        }
        assertThat(read(reader)).isEqualTo(i);
        assertThat(read(reader)).isEqualTo(Io.END);
      }
    }
  }

  @Test
  void aLastingReaderHasNoEnd() throws IOException {
    try (PipeReader reader = fifo.openLastingReader()) {
      queue.register(reader, Interest.READABLE, "reader");
      for (int i = 1; i <= 3; i++) {
        Report.none(queue);
        try (PipeWriter writer = fifo.tryOpenWriter()) {
          Bytes.send(writer, i);
        }
        Report<String> report = Report.only(queue);
        assertThat(report).hasToString("reader: readable");
        assertThat(read(reader)).isEqualTo(i);
        assertThat(read(reader)).isEqualTo(Io.NOT_READY);
      }
    }
    assertThat(fifo.tryOpenWriter()).as("its own writer is closed along").isNull();
  }

  @Test
  void aLastingReaderThatIsHandedOverComesToItsEnd() throws IOException {
    int number = fifo.openLastingReader().detach();
    try (PipeReader reader = PipeReader.adopt(kernel, number)) {
      assertThat(read(reader)).isEqualTo(Io.END);
    }
  }

  @Test
  void aWriterIsOpenedOnlyWhileSomebodyReads() throws IOException {
    assertThat(fifo.tryOpenWriter()).isNull();
    PipeReader reader = fifo.openReader();
    try (PipeWriter writer = fifo.tryOpenWriter()) {
      assertThat(writer).isNotNull();
      reader.close();
      assertThatThrownBy(() -> Bytes.send(writer, 1)).hasMessageMatching("write\\(.*EPIPE.*");
      assertThat(fifo.tryOpenWriter()).isNull();
    }
  }

  @Test
  void theOpeningGivesAWriterOnceSomebodyReads() throws IOException {
    try (FifoOpening opening = fifo.openingWriter(null)) {
      queue.register(opening, Interest.READABLE, "opening");
      for (int i = 0; i < 4; i++) {
        Report.only(queue);
        assertThat(opening.poll()).isNull();
        assertThat(opening.poll()).isNull();
      }
      try (PipeReader reader = fifo.openReader();
          PipeWriter writer = awaitWriter(opening)) {
        Bytes.send(writer, 5);
        assertThat(read(reader)).isEqualTo(5);
        Report.none(queue);
        assertThat(opening.poll()).isNull();
      }
    }
  }

  private PipeWriter awaitWriter(FifoOpening opening) throws IOException {
    long start = System.nanoTime();
    while (System.nanoTime() - start < Ready.DEADLINE.toNanos()) {
      Ready.await(configuration, opening, Interest.READABLE);
      PipeWriter writer = opening.poll();
      if (writer != null) {
        return writer;
      }
    }
    throw new AssertionError(opening + " gives none in " + Ready.DEADLINE);
  }

  /** Between the tries it costs nothing: 1, 2, 4 … 64, 100, 100 ms. */
  @Test
  void theOpeningDoesNotSpinAndGivesUpInTime() throws IOException {
    long start = kernel.clock().nanoTime();
    Duration timeout = Duration.ofMillis(40);
    try (FifoOpening opening = fifo.openingWriter(timeout)) {
      assertThatThrownBy(() -> awaitWriter(opening))
          .isInstanceOf(FileSystemException.class)
          .hasMessage(fifo.path() + ": nobody has opened it to read within PT0.04S");
      assertThat(kernel.clock().nanoTime() - start).isGreaterThanOrEqualTo(timeout.toNanos());
      assertThat(opening.poll()).isNull();
    }
    try (FifoOpening opening = fifo.openingWriter(Duration.ZERO)) {
      assertThatThrownBy(() -> awaitWriter(opening)).hasMessageContaining("nobody has opened it");
    }
    try (PipeReader _ = fifo.openReader();
        FifoOpening opening = fifo.openingWriter(Duration.ZERO)) {
      awaitWriter(opening).close();
    }
  }

  @Test
  void anOpeningThatIsClosedIsReportedNoMore() throws IOException {
    FifoOpening opening = fifo.openingWriter(null);
    queue.register(opening, Interest.READABLE, "opening");
    Report.only(queue);
    opening.close();
    Report.none(queue);
    assertThatThrownBy(opening::poll).isInstanceOf(ClosedChannelException.class);
    assertThat(opening).hasToString("opening of FIFO " + fifo.path());
  }

  @Test
  void whatIsWrittenStaysWhileSomebodyHasItOpen() throws IOException {
    PipeReader first = fifo.openReader();
    try (PipeWriter writer = fifo.tryOpenWriter()) {
      Bytes.send(writer, 7);
      first.close();
      try (PipeReader second = fifo.openReader()) {
        assertThat(read(second)).isEqualTo(7);
      }
    }
    try (PipeReader third = fifo.openReader();
        PipeWriter writer = fifo.tryOpenWriter()) {
      Bytes.send(writer, 1);
      fifo.delete();
      Bytes.send(writer, 1);
      assertThat(read(third)).isEqualTo(2);
    }
    assertThatThrownBy(fifo::openReader).isInstanceOf(NoSuchFileException.class);
  }

  @Test
  void whatIsNoFifoIsRefusedByName() throws IOException {
    Path file = path("file");
    int number =
        SystemCalls.check(
            "open", kernel.files().open(file.toString(), Files.O_CREAT | Files.O_WRONLY, 0600));
    kernel.files().close(number);
    Fifo wrong = new Fifo(kernel, file);
    for (Opens opens : new Opens[] {wrong::openReader, wrong::tryOpenWriter}) {
      assertThatThrownBy(opens::open)
          .isInstanceOf(FileSystemException.class)
          .hasMessage(
              file
                  + ": a regular file, and no FIFO, which Fifo.make or mkfifo(1) makes at another path");
    }
    Fifo folder = new Fifo(kernel, file.getParent());
    assertThatThrownBy(folder::openReader).hasMessageContaining(": a folder, and no FIFO");
    Fifo device = new Fifo(kernel, Path.of("/dev/null"));
    assertThatThrownBy(device::openLastingReader).hasMessageContaining(": a device, and no FIFO");
  }

  private interface Opens {
    Object open() throws IOException;
  }

  @Test
  void aPathThatLeadsNowhereIsToldWithTheWayOut() {
    Fifo missing = new Fifo(kernel, path("missing"));
    for (Opens opens :
        new Opens[] {missing::openReader, missing::tryOpenWriter, missing::openLastingReader}) {
      assertThatThrownBy(opens::open)
          .isInstanceOf(NoSuchFileException.class)
          .hasMessage(missing.path() + ": no FIFO is there: Fifo.make")
          .hasCauseInstanceOf(SystemCallException.class);
    }
    assertThatThrownBy(missing::delete).isInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(() -> fifo.make(0600))
        .isInstanceOf(FileAlreadyExistsException.class)
        .hasMessage(fifo.path() + ": something is there already");
    assertThatThrownBy(() -> new Fifo(kernel, path("x".repeat(300))).make(0600))
        .isInstanceOf(SystemCallException.class)
        .hasMessageContaining("ENAMETOOLONG");
  }

  @Test
  void whatTheSystemRefusesIsToldAndLeavesNothing() throws IOException {
    faults.on(SystemCall.OPEN).times(1).fail(Errno.EACCES);
    assertThatThrownBy(fifo::openReader)
        .isInstanceOf(AccessDeniedException.class)
        .hasMessageContaining("see its permissions");
    faults.on(SystemCall.OPEN).times(1).fail(Errno.EMFILE);
    assertThatThrownBy(fifo::openReader).hasMessageContaining("EMFILE");
    faults.on(SystemCall.OPEN).times(3).fail(Errno.EINTR);
    try (PipeReader reader = fifo.openReader()) {
      assertThat(read(reader)).isEqualTo(Io.NOT_READY);
      faults.on(SystemCall.OPEN).times(1).fail(Errno.EMFILE);
      assertThatThrownBy(fifo::tryOpenWriter).isInstanceOf(SystemCallException.class);
    }
  }

  @Test
  void anEndThatCannotBeOpenedWhollyLeavesNothing() throws IOException {
    faults.on(SystemCall.OPEN).fromCall(2).times(1).fail(Errno.EMFILE);
    assertThatThrownBy(fifo::openLastingReader).hasMessageContaining("EMFILE");
    assertThat(fifo.tryOpenWriter()).as("its reader is closed").isNull();
    for (SystemCall call : new SystemCall[] {SystemCall.TIMER_CREATE, SystemCall.TIMER_SET}) {
      faults.clear();
      faults.on(call).times(1).fail(Errno.EMFILE);
      assertThatThrownBy(() -> fifo.openingWriter(null)).hasMessageContaining("EMFILE");
    }
  }

  @Test
  void manyWritersShareOneReader() throws IOException {
    try (PipeReader reader = fifo.openLastingReader();
        PipeWriter one = fifo.tryOpenWriter();
        PipeWriter other = fifo.tryOpenWriter()) {
      long sum = 0;
      for (int i = 1; i <= 20; i++) {
        Bytes.send(i % 2 == 0 ? one : other, i);
        sum += i;
      }
      assertThat(Bytes.drain(reader)).isEqualTo(sum);
      assertThat(Bytes.fill(one)).isPositive();
      assertThat(other.write(ByteBuffer.allocate(1))).isEqualTo(Io.NOT_READY);
      assertThat(Ready.within(configuration, other, Interest.WRITABLE, SHORT)).isFalse();
      Bytes.drain(reader);
      Ready.await(configuration, other, Interest.WRITABLE);
    }
  }

  /** The names of the current kernel's factories. */
  @Test
  void theCurrentKernelIsTheDefault() throws IOException {
    Path here = folder.resolve("here");
    Fifo made = Fifo.make(here, 0600);
    assertThat(made).isEqualTo(new Fifo(Kernel.current(), here)).isEqualTo(Fifo.at(here));
    made.openReader().close();
    made.delete();
  }
}
