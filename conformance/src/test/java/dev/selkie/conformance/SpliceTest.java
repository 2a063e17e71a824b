package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.selkie.ByteInput;
import dev.selkie.ByteOutput;
import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Facility;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.SystemCall;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.simulation.SimulatedKernel;
import dev.selkie.source.Fifo;
import dev.selkie.source.PipePair;
import dev.selkie.source.PipeReader;
import dev.selkie.source.PseudoTerminal;
import dev.selkie.source.RawSource;
import dev.selkie.source.Splice;
import dev.selkie.source.Terminal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bytes that go from one descriptor to another without coming to the program. */
@Contract
final class SpliceTest extends QueueCases {
  private static final long MUCH = 1 << 20;
  private static final int CHUNK = 10_000;

  private PipePair in;
  private PipePair out;
  private TcpPair first;
  private TcpPair second;
  @TempDir private Path folder;

  SpliceTest(Configuration configuration) {
    super(configuration);
  }

  @BeforeEach
  void openEnds() throws IOException {
    in = PipePair.open(kernel);
    out = PipePair.open(kernel);
    first = TcpPair.open(configuration, kernel);
    second = TcpPair.open(configuration, kernel);
  }

  @AfterEach
  void closeEnds() {
    in.close();
    out.close();
    first.close();
    second.close();
  }

  /** Whether the system can: where it cannot, the same holds by a buffer. */
  private boolean within() {
    return kernel.facilities().contains(Facility.SPLICE);
  }

  /**
   * Moves random bytes through, the source written and the target read in pieces, and waits for
   * what it says; the end is handed on.
   */
  private void carry(ByteOutput feed, ByteInput from, ByteOutput to, ByteInput drain)
      throws IOException {
    byte[] sent = new byte[300_000];
    new Random(7).nextBytes(sent);
    ByteBuffer source = ByteBuffer.wrap(sent);
    ByteBuffer target = ByteBuffer.allocate(sent.length + 1);
    int waitsForInput = 0;
    int waitsForOutput = 0;
    try (Splice splice = Splice.between(from, to)) {
      while (true) {
        long n = splice.move(CHUNK);
        if (n == Io.END) {
          break;
        }
        if (n != Io.NOT_READY) {
          assertThat(n).isPositive();
        } else if (splice.awaitsOutput()) {
          waitsForOutput++;
          Ready.await(configuration, drain, Interest.READABLE);
          drain.read(target.limit(Math.min(target.position() + 70_000, target.capacity())));
          Ready.await(configuration, to, Interest.WRITABLE);
        } else {
          waitsForInput++;
          if (source.hasRemaining()) {
            source.limit(Math.min(source.position() + 90_000, sent.length));
            assertThat(feed.write(source)).isPositive();
            source.limit(sent.length);
          } else if (feed.isOpen()) {
            feed.shutdownOutput();
          }
          Ready.await(configuration, from, Interest.READABLE);
        }
      }
      assertThat(splice.held()).isZero();
      assertThat(splice.move(CHUNK)).isEqualTo(Io.END);
      assertThat(splice.isWithinKernel()).isEqualTo(within());
    }
    to.shutdownOutput();
    target.limit(target.capacity());
    while (drain.read(target) != Io.END) {
      Ready.await(configuration, drain, Interest.READABLE);
    }
    assertThat(waitsForInput).isPositive();
    assertThat(target.flip()).isEqualTo(ByteBuffer.wrap(sent));
    assertThat(waitsForOutput).isNotNegative();
  }

  @Test
  void fromASocketToASocket() throws IOException {
    carry(first.client(), first.server(), second.client(), second.server());
  }

  @Test
  void inPiecesOfAnySizeNothingIsLost() throws IOException {
    faults.on(SystemCall.SPLICE).shorten(777);
    carry(first.client(), first.server(), second.client(), second.server());
  }

  @Test
  void fromAPipeToASocket() throws IOException {
    carry(in.writer(), in.reader(), second.client(), second.server());
  }

  @Test
  void fromASocketToAPipe() throws IOException {
    carry(first.client(), first.server(), out.writer(), out.reader());
  }

  @Test
  void fromAPipeToAPipe() throws IOException {
    carry(in.writer(), in.reader(), out.writer(), out.reader());
  }

  @Test
  void betweenFilesAndPipes() throws IOException {
    Path path = (configuration.isMachine() ? folder : Path.of("/tmp")).resolve("file");
    int flags = Files.O_CREAT | Files.O_RDWR;
    try (RawSource file =
        RawSource.own(
            kernel, SystemCalls.check("open", kernel.files().open(path.toString(), flags, 0600)))) {
      Bytes.send(in.writer(), 5000);
      in.writer().close();
      try (Splice splice = Splice.between(in.reader(), file)) {
        assertThat(splice.move(3000)).isEqualTo(3000);
        assertThat(splice.move(MUCH)).isEqualTo(2000);
        assertThat(splice.move(MUCH)).isEqualTo(Io.END);
      }
    }
    try (RawSource file =
            RawSource.own(
                kernel,
                SystemCalls.check(
                    "open", kernel.files().open(path.toString(), Files.O_RDONLY, 0)));
        Splice splice = Splice.between(file, second.client())) {
      long moved = 0;
      for (long n; (n = splice.move(MUCH)) != Io.END; ) {
        moved += n;
      }
      assertThat(moved).isEqualTo(5000);
      second.client().shutdownOutput();
      Ready.await(configuration, second.server(), Interest.READABLE);
      assertThat(Bytes.drain(second.server())).isEqualTo(5000);
    }
  }

  @Test
  void itSaysForWhichOfTheTwoToWait() throws IOException {
    for (Ends ends :
        new Ends[] {
          new Ends(in.reader(), out.writer()),
          new Ends(in.reader(), second.client()),
          new Ends(first.server(), out.writer()),
          new Ends(first.server(), second.client())
        }) {
      try (Splice splice = Splice.between(ends.from, ends.to)) {
        assertThat(splice.move(MUCH)).isEqualTo(Io.NOT_READY);
        assertThat(splice.awaitsOutput()).as("%s", ends).isFalse();
      }
    }
    Bytes.fill(out.writer());
    Bytes.send(in.writer(), 100);
    Bytes.send(first.client(), 100);
    Ready.await(configuration, first.server(), Interest.READABLE);
    for (ByteInput from : new ByteInput[] {in.reader(), first.server()}) {
      try (Splice splice = Splice.between(from, out.writer())) {
        assertThat(splice.move(MUCH)).isEqualTo(Io.NOT_READY);
        assertThat(splice.awaitsOutput()).as("%s", from).isTrue();
      }
    }
  }

  private record Ends(ByteInput from, ByteOutput to) {}

  @Test
  void eachWayOfAConnectionEndsByItself() throws IOException {
    try (Splice there = Splice.between(first.server(), second.client());
        Splice back = Splice.between(second.client(), first.server())) {
      Bytes.send(first.client(), 10);
      first.client().shutdownOutput();
      assertThat(all(there)).isEqualTo(10);
      second.client().shutdownOutput();
      Ready.await(configuration, second.server(), Interest.READABLE);
      assertThat(Bytes.drain(second.server())).isEqualTo(10);
      assertThat(Bytes.read(second.server(), 1)).isEqualTo(Io.END);
      Bytes.send(second.server(), 20);
      second.server().shutdownOutput();
      assertThat(all(back)).isEqualTo(20);
      assertThat(Bytes.drain(first.client())).isEqualTo(20);
    }
  }

  private long all(Splice splice) throws IOException {
    long sum = 0;
    long start = System.nanoTime();
    while (System.nanoTime() - start < Ready.DEADLINE.toNanos()) {
      long n = splice.move(7);
      if (n == Io.END) {
        return sum;
      }
      sum += Math.max(n, 0);
    }
    throw new AssertionError(splice + " has no end in " + Ready.DEADLINE);
  }

  @Test
  void whatTheOutputHasNotTakenIsHeldAndGoesFirst() throws IOException {
    try (Splice splice = Splice.between(first.server(), second.client())) {
      Bytes.fill(second.client());
      Bytes.send(first.client(), 500);
      Ready.await(configuration, first.server(), Interest.READABLE);
      long moved = Math.max(splice.move(MUCH), 0);
      assertThat(moved + splice.held()).isEqualTo(500);
      first.client().shutdownOutput();
      while (true) {
        Bytes.drain(second.server());
        long n = splice.move(1);
        if (n == Io.END) {
          break;
        }
        moved += Math.max(n, 0);
      }
      assertThat(moved).isEqualTo(500);
    }
  }

  @Test
  void aFifoWithoutAWriterIsNotAtItsEnd() throws IOException {
    Path path = (configuration.isMachine() ? folder : Path.of("/tmp")).resolve("fifo");
    Fifo fifo = new Fifo(kernel, path).make(0600);
    try (PipeReader reader = fifo.openReader();
        Splice splice = Splice.between(reader, second.client())) {
      assertThat(splice.move(MUCH)).isEqualTo(Io.NOT_READY);
      assertThat(splice.awaitsOutput()).isFalse();
      fifo.tryOpenWriter().close();
      assertThat(splice.move(MUCH)).isEqualTo(Io.END);
    }
  }

  /** A terminal is one of those that splice(2) refuses to write to, or has refused. */
  @Test
  void whatTheSystemCannotDoGoesByABuffer() throws IOException {
    try (PseudoTerminal terminal = PseudoTerminal.open(kernel);
        Splice splice = Splice.between(first.server(), terminal.slave())) {
      faults.on(SystemCall.SPLICE).fail(Errno.EINVAL);
      Bytes.send(first.client(), 100);
      first.client().shutdownOutput();
      assertThat(all(splice)).isEqualTo(100);
      assertThat(splice.isWithinKernel()).isFalse();
    }
  }

  /** SPLICE_F_NONBLOCK counts for pipes alone: a terminal that is shared would keep the thread. */
  @Test
  void anEndInBlockingModeIsAskedFirst() throws Exception {
    try (PseudoTerminal pair = PseudoTerminal.open(kernel)) {
      int number = pair.slave().descriptor().number();
      kernel.files().setNonBlocking(number, false);
      try (Terminal blocking = Terminal.of(kernel, number);
          Splice there = Splice.between(blocking, second.client());
          Splice back = Splice.between(first.server(), blocking)) {
        assertThat(inTime(pair.master(), () -> there.move(MUCH))).isEqualTo(Io.NOT_READY);
        assertThat(there.awaitsOutput()).isFalse();
        assertThat(there.isWithinKernel()).isFalse();
        pair.master().write(ByteBuffer.wrap(new byte[] {'a', '\n'}));
        Ready.await(configuration, blocking, Interest.READABLE);
        assertThat(inTime(pair.master(), () -> there.move(MUCH))).isEqualTo(2);

        long sent = Bytes.fill(first.client());
        Ready.await(configuration, first.server(), Interest.READABLE);
        long moved = 0;
        for (long n; (n = inTime(pair.master(), () -> back.move(MUCH))) != Io.NOT_READY; ) {
          moved += n;
        }
        assertThat(back.awaitsOutput()).isTrue();
        assertThat(moved).isBetween(1L, sent);
        assertThatThrownBy(() -> in.reader().spliceTo(blocking, 1))
            .isInstanceOf(UnsupportedOperationException.class);
        assertThatThrownBy(() -> out.writer().spliceFrom(blocking, 1))
            .isInstanceOf(UnsupportedOperationException.class)
            .hasMessageContaining(
                within() ? "is in blocking mode, and might wait; read or write it" : "no splice");
      }
    }
  }

  @Test
  void ofNothingNothingIsMovedAndOfLessNone() throws IOException {
    Bytes.send(in.writer(), 5);
    assertThat(in.reader().spliceTo(second.client(), 0)).isZero();
    assertThat(out.writer().spliceFrom(first.server(), 0)).isZero();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> in.reader().spliceTo(second.client(), -1))
        .withMessage("at most -1 bytes: it must not be negative");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> out.writer().spliceFrom(first.server(), Long.MIN_VALUE));
    assertThat(in.reader().available()).isEqualTo(5);
    in.reader().close();
    assertThatThrownBy(() -> in.reader().spliceTo(second.client(), 0))
        .isInstanceOf(ClosedChannelException.class);
  }

  @Test
  void whereOnlyTheOutputRefusesNothingIsLost() throws IOException {
    assumeTrue(within(), "nothing goes by a pipe where the system has no splice(2)");
    try (Splice splice = Splice.between(first.server(), second.client())) {
      Bytes.send(first.client(), 100);
      Ready.await(configuration, first.server(), Interest.READABLE);
      faults.on(SystemCall.SPLICE).fromCall(2).times(1).fail(Errno.EINVAL);
      assertThat(splice.move(MUCH)).isEqualTo(100);
      assertThat(splice.isWithinKernel()).isFalse();
    }
  }

  @Test
  void anEndThatFailsIsNamed() throws IOException {
    out.reader().close();
    Bytes.send(in.writer(), 1);
    try (Splice splice = Splice.between(in.reader(), out.writer())) {
      assertThatThrownBy(() -> splice.move(MUCH))
          .isInstanceOf(SystemCallException.class)
          .hasMessageContaining("EPIPE");
    }
    Splice splice = Splice.between(first.server(), second.client());
    first.server().close();
    assertThatThrownBy(() -> splice.move(MUCH)).isInstanceOf(ClosedChannelException.class);
    splice.close();
    assertThatThrownBy(() -> splice.move(MUCH)).isInstanceOf(ClosedChannelException.class);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> splice.move(0))
        .withMessage("at most 0 bytes: it must be positive");
    try (PipePair other = PipePair.open(SimulatedKernel.threaded())) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> Splice.between(other.reader(), out.writer()))
          .withMessageEndingWith("are of different kernels");
    }
  }

  @Test
  void withoutADescriptorLeftItIsRefused() throws IOException {
    faults.on(SystemCall.PIPE).times(1).fail(Errno.EMFILE);
    if (within()) {
      assertThatThrownBy(() -> Splice.between(first.server(), second.client()))
          .hasMessageContaining("EMFILE");
    } else {
      Splice.between(first.server(), second.client()).close();
    }
  }
}
