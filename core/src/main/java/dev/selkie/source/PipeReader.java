package dev.selkie.source;

import dev.selkie.ByteInput;
import dev.selkie.ByteOutput;
import dev.selkie.Descriptor;
import dev.selkie.Io;
import dev.selkie.descriptor.ByteTransfer;
import dev.selkie.descriptor.DescriptorLifetime;
import dev.selkie.descriptor.DescriptorLifetime.Ownership;
import dev.selkie.kernel.Epoll;
import dev.selkie.kernel.Facility;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCallException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The end of a pipe or of a {@link Fifo} that is read; end of file comes when every writer is
 * closed.
 *
 * <p>Interest in {@link dev.selkie.Interest#WRITABLE} is of no use for it: it reports the end and
 * errors at most.
 */
public final class PipeReader implements ByteInput {
  private final DescriptorLifetime lifetime;

  /** Whether a read of nothing may mean that no writer has come yet. */
  private final boolean named;

  /** Of a FIFO: a writer that keeps the end from coming. */
  private final @Nullable PipeWriter kept;

  private PipeReader(DescriptorLifetime lifetime, boolean named, @Nullable PipeWriter kept) {
    this.lifetime = lifetime;
    this.named = named;
    this.kept = kept;
  }

  /** The owner of a descriptor that is non-blocking already. */
  static PipeReader of(Kernel kernel, int number) {
    return new PipeReader(lifetime(kernel, number), false, null);
  }

  /** The same of a FIFO, with a writer that is closed along. */
  static PipeReader ofFifo(Kernel kernel, int number, @Nullable PipeWriter kept) {
    return new PipeReader(lifetime(kernel, number), true, kept);
  }

  private static DescriptorLifetime lifetime(Kernel kernel, int number) {
    return DescriptorLifetime.ofFile(kernel, number, "PipeReader", Ownership.OWNED);
  }

  /** Takes charge of a descriptor of the current kernel; see {@link #adopt(Kernel, int)}. */
  public static PipeReader adopt(int number) throws IOException {
    return adopt(Kernel.current(), number);
  }

  /**
   * Takes charge of a pipe's end made elsewhere, which becomes non-blocking for all who share it.
   *
   * @throws SystemCallException if the number is not open (EBADF); it is not taken then
   * @throws IllegalArgumentException if it is no pipe or FIFO, or not opened for reading; it is not
   *     taken then either
   */
  public static PipeReader adopt(Kernel kernel, int number) throws IOException {
    Objects.requireNonNull(kernel, "kernel");
    PipePair.prepare(kernel, number, Files.O_RDONLY);
    PipeReader pipe = of(kernel, number);
    pipe.lifetime.share(); // whoever made it may have a duplicate
    return pipe;
  }

  /**
   * Gives the descriptor up: its registrations end, and the caller closes the number.
   *
   * @throws java.nio.channels.ClosedChannelException after close
   */
  public int detach() throws IOException {
    int number = lifetime.detach();
    closeKept();
    return number;
  }

  @Override
  public Descriptor descriptor() {
    return Descriptor.of(lifetime);
  }

  @Override
  public ShortRead shortRead() {
    return descriptor().kernel().facilities().contains(Facility.SHORT_READS_DRAIN)
        ? ShortRead.DRAINS
        : ShortRead.TELLS_NOTHING;
  }

  @Override
  public int available() throws IOException {
    return ByteTransfer.available(lifetime);
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    int n = ByteTransfer.read(lifetime, target);
    return n == Io.END && awaitsWriter() ? Io.NOT_READY : n;
  }

  @Override
  public long read(ByteBuffer[] targets, int first, int count) throws IOException {
    long n = ByteTransfer.read(lifetime, targets, first, count);
    return n == Io.END && awaitsWriter() ? Io.NOT_READY : n;
  }

  @Override
  public long read(MemorySegment target) throws IOException {
    long n = ByteTransfer.read(lifetime, target);
    return n == Io.END && awaitsWriter() ? Io.NOT_READY : n;
  }

  /**
   * Whether the end is none, since no writer has come yet: the system tells of no hang-up then,
   * fifo(7), poll(2). One who has come in between may have left bytes.
   */
  private boolean awaitsWriter() throws IOException {
    if (!named) {
      return false;
    }
    lifetime.acquireOrThrow();
    try {
      int now = lifetime.kernel().files().poll(lifetime.number(), Epoll.IN);
      return now >= 0 && (now & (Epoll.IN | Epoll.HUP)) != Epoll.HUP;
    } finally {
      lifetime.release();
    }
  }

  /**
   * Moves bytes of the pipe to an output within the kernel, splice(2).
   *
   * @param most how many bytes at most; 0 moves none, and asks for nothing
   * @return a count, or {@link dev.selkie.Io#NOT_READY} if the pipe is empty or the output takes
   *     none now; {@link dev.selkie.Io#END} at end of file
   * @throws UnsupportedOperationException if the system ({@link Facility#SPLICE}) or the output
   *     cannot do it, also since it is borrowed in blocking mode and would wait
   * @throws IllegalArgumentException if the most is negative
   * @throws SystemCallException if the call fails, in the output's name
   */
  public long spliceTo(ByteOutput target, long most) throws IOException {
    DescriptorLifetime other = target.descriptor().lifetime();
    long n = ByteTransfer.splice(lifetime, other, most, other);
    return n == Io.END && awaitsWriter() ? Io.NOT_READY : n;
  }

  private void closeKept() {
    if (kept != null) {
      kept.close();
    }
  }

  @Override
  public void close() {
    lifetime.close();
    closeKept();
  }

  @Override
  public String toString() {
    return descriptor().toString();
  }
}
