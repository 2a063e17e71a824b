package dev.selkie.simulation;

import dev.selkie.kernel.Epoll;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.Result;
import org.jspecify.annotations.Nullable;

/** One end of a pipe or of a FIFO, or both ends of a FIFO in one, pipe(7), fifo(7). */
final class PipeEnd extends OpenFile {
  private final PipeChannel channel;
  private final PipeBuffer buffer;
  private final boolean reader;
  private final boolean writer;

  /** Of a FIFO's: where it was opened. */
  private final @Nullable FileNode node;

  /** How many writers had come when this reader came to none; what they left is no end for it. */
  private final int cameAfter;

  private PipeEnd(
      SimulatedKernel kernel,
      PipeChannel channel,
      boolean reader,
      boolean writer,
      @Nullable FileNode node) {
    super(kernel);
    this.channel = channel;
    this.buffer = channel.buffer;
    this.reader = reader;
    this.writer = writer;
    this.node = node;
    this.cameAfter = channel.hasWriter() || writer ? -1 : channel.writersThatCame();
    channel.join(this, reader, writer);
  }

  /** A pipe: its reading end at 0 and its writing end at 1. */
  static PipeEnd[] pair(SimulatedKernel kernel) {
    PipeChannel channel = new PipeChannel();
    PipeEnd reading = new PipeEnd(kernel, channel, true, false, null);
    return new PipeEnd[] {reading, new PipeEnd(kernel, channel, false, true, null)};
  }

  /**
   * Opens a FIFO with flags of {@link Files#open}; null for one to be written that nobody reads.
   */
  static @Nullable PipeEnd open(SimulatedKernel kernel, FileNode node, int flags) {
    boolean writes = (flags & (Files.O_WRONLY | Files.O_RDWR)) != 0;
    boolean reads = (flags & Files.O_WRONLY) == 0;
    PipeChannel channel = node.occupant instanceof PipeChannel opened ? opened : new PipeChannel();
    if (!reads && !channel.hasReader()) {
      return null;
    }
    node.occupant = channel;
    PipeEnd end = new PipeEnd(kernel, channel, reads, writes, node);
    node.opened(end);
    return end;
  }

  /** Whether all writers have gone, of which there was one. */
  private boolean isAtEnd() {
    return !channel.hasWriter() && channel.writersThatCame() != cameAfter;
  }

  @Override
  String kind() {
    return (node == null ? "pipe" : "fifo") + (writer ? " writer" : " reader");
  }

  @Override
  int format() {
    return Files.S_IFIFO;
  }

  @Override
  int accessMode() {
    return reader ? writer ? Files.O_RDWR : Files.O_RDONLY : Files.O_WRONLY;
  }

  @Override
  int readiness() {
    int ready = 0;
    if (writer) {
      ready = (buffer.isFull() ? 0 : Epoll.OUT) | (channel.hasReader() ? 0 : Epoll.ERR);
    }
    if (reader) {
      ready |= (buffer.isEmpty() ? 0 : Epoll.IN) | (isAtEnd() ? Epoll.HUP : 0);
    }
    return ready;
  }

  @Override
  int readable() {
    return reader ? buffer.size() : 0;
  }

  @Override
  int available() {
    return buffer.size(); // either end tells it
  }

  @Override
  int room() {
    return writer ? buffer.room() : 0;
  }

  @Override
  boolean isReadEnded() {
    return reader && isAtEnd();
  }

  @Override
  boolean isWriteEnded() {
    return writer && !channel.hasReader();
  }

  @Override
  long read(Transfer target) {
    if (!reader) {
      return Result.EBADF;
    }
    if (target.remaining() == 0) {
      return 0;
    }
    if (buffer.isEmpty()) {
      return channel.hasWriter() ? Result.EAGAIN : 0;
    }
    boolean wasFull = buffer.isFull();
    int n = buffer.read(target);
    if (wasFull && !buffer.isFull()) {
      channel.tellWriters(Epoll.OUT);
    }
    return n;
  }

  @Override
  long write(Transfer source) {
    if (!writer) {
      return Result.EBADF;
    }
    if (source.remaining() == 0) {
      return 0;
    }
    if (!channel.hasReader()) {
      return Codes.EPIPE;
    }
    long n = buffer.write(source);
    if (n > 0) {
      channel.tellReaders(Epoll.IN);
    }
    return n;
  }

  /** Moves bytes of the pipe to what is no pipe, as far as that takes them; splice(2). */
  long spliceTo(OpenFile target, int most, Transfer transfer) {
    if (!reader) {
      return Result.EBADF;
    }
    if (buffer.isEmpty()) {
      return channel.hasWriter() ? Result.EAGAIN : 0;
    }
    byte[] bytes = new byte[Math.min(most, buffer.size())];
    int length = buffer.peek(bytes);
    long n = target.write(transfer.of(bytes, 0, length));
    return n <= 0 ? n : read(transfer.of(bytes, 0, (int) n));
  }

  /** Moves bytes of another file to the pipe, as far as there is room; splice(2). */
  long spliceFrom(OpenFile source, int most, Transfer transfer) {
    if (!writer) {
      return Result.EBADF;
    }
    if (!channel.hasReader()) {
      return Codes.EPIPE;
    }
    if (buffer.isFull()) {
      return Result.EAGAIN;
    }
    byte[] bytes = new byte[Math.min(most, buffer.room())];
    long n = source.read(transfer.of(bytes, 0, bytes.length));
    return n <= 0 ? n : write(transfer.of(bytes, 0, (int) n));
  }

  @Override
  void release() {
    channel.leave(this);
    if (node != null) {
      if (channel.isDeserted()) {
        node.occupant = null; // and what was in it is gone
      }
      node.closed(this, writer);
    }
  }
}
