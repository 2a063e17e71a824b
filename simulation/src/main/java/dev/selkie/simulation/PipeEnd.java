package dev.selkie.simulation;

import dev.selkie.kernel.Epoll;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.Result;

/** One end of a pipe, pipe(7). */
final class PipeEnd extends OpenFile {
  private final PipeBuffer buffer;
  private final boolean writer;
  private PipeEnd peer;
  private boolean peerGone;

  @SuppressWarnings("NullAway") // the maker sets the peer at once
  private PipeEnd(SimulatedKernel kernel, PipeBuffer buffer, boolean writer) {
    super(kernel);
    this.buffer = buffer;
    this.writer = writer;
  }

  /** A pipe: its reading end at 0 and its writing end at 1. */
  static PipeEnd[] pair(SimulatedKernel kernel) {
    PipeBuffer buffer = new PipeBuffer();
    PipeEnd reading = new PipeEnd(kernel, buffer, false);
    PipeEnd writing = new PipeEnd(kernel, buffer, true);
    reading.peer = writing;
    writing.peer = reading;
    return new PipeEnd[] {reading, writing};
  }

  @Override
  String kind() {
    return writer ? "pipe writer" : "pipe reader";
  }

  @Override
  int format() {
    return Files.S_IFIFO;
  }

  @Override
  int readiness() {
    if (writer) {
      return (buffer.isFull() ? 0 : Epoll.OUT) | (peerGone ? Epoll.ERR : 0);
    }
    return (buffer.isEmpty() ? 0 : Epoll.IN) | (peerGone ? Epoll.HUP : 0);
  }

  @Override
  int readable() {
    return writer ? 0 : buffer.size();
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
    return !writer && peerGone;
  }

  @Override
  boolean isWriteEnded() {
    return writer && peerGone;
  }

  @Override
  long read(Transfer target) {
    if (writer) {
      return Result.EBADF;
    }
    if (target.remaining() == 0) {
      return 0;
    }
    if (buffer.isEmpty()) {
      return peerGone ? 0 : Result.EAGAIN;
    }
    boolean wasFull = buffer.isFull();
    int n = buffer.read(target);
    if (wasFull && !buffer.isFull()) {
      peer.arrived(Epoll.OUT);
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
    if (peerGone) {
      return Codes.EPIPE;
    }
    long n = buffer.write(source);
    if (n > 0) {
      peer.arrived(Epoll.IN);
    }
    return n;
  }

  /** Moves bytes of the pipe to what is no pipe, as far as that takes them; splice(2). */
  long spliceTo(OpenFile target, int most, Transfer transfer) {
    if (writer) {
      return Result.EBADF;
    }
    if (buffer.isEmpty()) {
      return peerGone ? 0 : Result.EAGAIN;
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
    if (peerGone) {
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
    peer.peerGone = true;
    peer.changed();
  }
}
