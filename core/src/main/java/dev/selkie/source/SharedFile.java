package dev.selkie.source;

import dev.selkie.Io;
import dev.selkie.descriptor.ByteTransfer;
import dev.selkie.descriptor.DescriptorLifetime;
import dev.selkie.descriptor.DescriptorLifetime.Kind;
import dev.selkie.descriptor.DescriptorLifetime.Ownership;
import dev.selkie.kernel.Epoll;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SocketOption;
import dev.selkie.kernel.Sockets;
import dev.selkie.kernel.SystemCallException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * Reading and writing of an open file that other processes share, and that is therefore left in its
 * mode, which they may change at any time: it is asked for its readiness before each read and
 * write, poll(2). A regular file never waits.
 */
final class SharedFile {
  /** The room that a writable pseudo-terminal of Linux may have: one buffer, tty_buffer.c. */
  private static final int ROOM = 256;

  final DescriptorLifetime lifetime;

  /** What {@link Files#kind} says of a borrowed one. */
  final int format;

  private final boolean asksFirst;

  private SharedFile(DescriptorLifetime lifetime, int format, boolean asksFirst) {
    this.lifetime = lifetime;
    this.format = format;
    this.asksFirst = asksFirst;
  }

  /** A file of this program alone, which is non-blocking, and no socket. */
  static SharedFile owned(Kernel kernel, int number, String holder) {
    DescriptorLifetime lifetime =
        DescriptorLifetime.of(kernel, number, holder, Kind.FOREIGN_FILE, Ownership.OWNED);
    return new SharedFile(lifetime, 0, false);
  }

  /**
   * The open file of a descriptor that somebody else closes.
   *
   * @throws SystemCallException if the number is not open (EBADF)
   */
  static SharedFile borrowed(Kernel kernel, int number, String holder) throws SystemCallException {
    Files files = kernel.files();
    int nonBlocking = files.isNonBlocking(number);
    if (nonBlocking < 0) {
      throw new SystemCallException("fcntl", "fd " + number, nonBlocking, kernel);
    }
    int format = files.kind(number);
    DescriptorLifetime lifetime =
        DescriptorLifetime.of(
            kernel, number, holder, transferred(kernel, number), Ownership.BORROWED);
    return new SharedFile(lifetime, format, format != Files.S_IFREG);
  }

  private static Kind transferred(Kernel kernel, int number) {
    long type = kernel.sockets().getOption(number, SocketOption.SO_TYPE);
    return switch ((int) type) {
      case Sockets.SOCK_STREAM -> Kind.STREAM_SOCKET;
      case Sockets.SOCK_DGRAM -> Kind.DATAGRAM_SOCKET;
      default -> type < 0 ? Kind.FOREIGN_FILE : Kind.PACKET_SOCKET;
    };
  }

  int read(ByteBuffer target) throws IOException {
    if (wouldWait(Epoll.IN)) {
      return Io.NOT_READY;
    }
    try {
      return ByteTransfer.read(lifetime, target);
    } catch (SystemCallException e) {
      return endOrThrow(e);
    }
  }

  long read(ByteBuffer[] targets, int first, int count) throws IOException {
    if (wouldWait(Epoll.IN)) {
      return Io.NOT_READY;
    }
    try {
      return ByteTransfer.read(lifetime, targets, first, count);
    } catch (SystemCallException e) {
      return endOrThrow(e);
    }
  }

  long read(MemorySegment target) throws IOException {
    if (wouldWait(Epoll.IN)) {
      return Io.NOT_READY;
    }
    try {
      return ByteTransfer.read(lifetime, target);
    } catch (SystemCallException e) {
      return endOrThrow(e);
    }
  }

  int write(ByteBuffer source) throws IOException {
    if (!asksFirst) {
      return ByteTransfer.write(lifetime, source);
    }
    if (wouldWait(Epoll.OUT)) {
      return Io.NOT_READY;
    }
    int limit = source.limit();
    source.limit(source.position() + unit(source));
    try {
      return ByteTransfer.write(lifetime, source);
    } finally {
      source.limit(limit);
    }
  }

  /**
   * How much of it a writable terminal takes at once. What Linux writes in the place of a newline,
   * a return or a tab gets a buffer by itself, for which there may be no room after other bytes.
   */
  private static int unit(ByteBuffer source) {
    int most = Math.min(source.remaining(), ROOM);
    for (int i = 0; i < most; i++) {
      byte next = source.get(source.position() + i);
      if (next == '\n' || next == '\r' || next == '\t') {
        return Math.max(i, 1);
      }
    }
    return most;
  }

  long write(ByteBuffer[] sources, int first, int count) throws IOException {
    if (!asksFirst) {
      return ByteTransfer.write(lifetime, sources, first, count);
    }
    Objects.checkFromIndexSize(first, count, sources.length);
    for (int i = first; i < first + count; i++) {
      if (sources[i].hasRemaining()) {
        return write(sources[i]);
      }
    }
    return 0;
  }

  long write(MemorySegment source) throws IOException {
    return asksFirst
        ? write(source.asSlice(0, Math.min(source.byteSize(), ROOM)).asByteBuffer())
        : ByteTransfer.write(lifetime, source);
  }

  private boolean wouldWait(int events) throws IOException {
    return asksFirst && readiness(events) == 0;
  }

  /** The bits of {@link Epoll} that hold now: poll(2) has the same numbers. */
  int readiness(int events) throws IOException {
    lifetime.acquireOrThrow();
    try {
      int result;
      do {
        result = lifetime.kernel().files().poll(lifetime.number(), events);
      } while (result == Result.EINTR);
      if (result < 0) {
        throw new SystemCallException("poll", lifetime, result, lifetime.kernel());
      }
      return result;
    } finally {
      lifetime.release();
    }
  }

  /** A terminal whose other end is gone fails with EIO, where the BSDs tell the end. */
  private int endOrThrow(SystemCallException e) throws IOException {
    if (e.errno() == Errno.EIO && (readiness(0) & Epoll.HUP) != 0) {
      return Io.END;
    }
    throw e;
  }
}
