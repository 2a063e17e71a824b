package dev.selkie.source;

import dev.selkie.ByteInput;
import dev.selkie.ByteOutput;
import dev.selkie.Descriptor;
import dev.selkie.descriptor.ByteTransfer;
import dev.selkie.descriptor.DescriptorLifetime;
import dev.selkie.descriptor.DescriptorLifetime.Kind;
import dev.selkie.descriptor.DescriptorLifetime.Ownership;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SocketOption;
import dev.selkie.kernel.Sockets;
import dev.selkie.kernel.SystemCallException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * Any descriptor as a source, owned or borrowed: one of a C library, a device, an inherited one.
 *
 * <p>Reading and writing are read(2) and write(2), or recv(2) and send(2) where the descriptor is a
 * socket's; a message of a datagram or packet socket stays whole, and a read of 0 bytes from a
 * datagram socket took an empty one. They never wait: a borrowed descriptor in blocking mode is
 * refused for them until {@link #setNonBlocking}; an owned one is switched when it is taken.
 * O_NONBLOCK belongs to the open file, which its duplicates in other processes share (open(2)).
 */
public final class RawSource implements ByteInput, ByteOutput {
  private final DescriptorLifetime lifetime;
  private volatile boolean blocking;

  private RawSource(DescriptorLifetime lifetime, boolean blocking) {
    this.lifetime = lifetime;
    this.blocking = blocking;
  }

  /** Takes charge of a descriptor of the current kernel; see {@link #own(Kernel, int)}. */
  public static RawSource own(int number) throws IOException {
    return own(Kernel.current(), number);
  }

  /**
   * Takes charge of a descriptor: it is made non-blocking now, and closed by {@link #close}.
   *
   * @throws SystemCallException if the number is not open (EBADF); it is not taken then
   */
  public static RawSource own(Kernel kernel, int number) throws IOException {
    Objects.requireNonNull(kernel, "kernel");
    check(kernel, number, kernel.files().setNonBlocking(number, true));
    DescriptorLifetime lifetime = lifetime(kernel, number, Ownership.OWNED);
    lifetime.share(); // whoever made it may have a duplicate
    return new RawSource(lifetime, false);
  }

  /** Uses a descriptor of the current kernel; see {@link #borrow(Kernel, int)}. */
  public static RawSource borrow(int number) throws IOException {
    return borrow(Kernel.current(), number);
  }

  /**
   * Uses a descriptor that somebody else owns: it is left in its mode, and {@link #close} ends its
   * registrations and leaves it open. Keep it open until then.
   *
   * @throws SystemCallException if the number is not open (EBADF)
   */
  public static RawSource borrow(Kernel kernel, int number) throws IOException {
    Objects.requireNonNull(kernel, "kernel");
    int nonBlocking = kernel.files().isNonBlocking(number);
    check(kernel, number, nonBlocking);
    return new RawSource(lifetime(kernel, number, Ownership.BORROWED), nonBlocking == 0);
  }

  private static void check(Kernel kernel, int number, int result) throws SystemCallException {
    if (result < 0) {
      throw new SystemCallException("fcntl", "fd " + number, result, kernel);
    }
  }

  private static DescriptorLifetime lifetime(Kernel kernel, int number, Ownership ownership) {
    return DescriptorLifetime.of(kernel, number, "RawSource", kind(kernel, number), ownership);
  }

  /** What a descriptor is that somebody else made. */
  static Kind kind(Kernel kernel, int number) {
    long type = kernel.sockets().getOption(number, SocketOption.SO_TYPE);
    return switch ((int) type) {
      case Sockets.SOCK_STREAM -> Kind.STREAM_SOCKET;
      case Sockets.SOCK_DGRAM -> Kind.DATAGRAM_SOCKET;
      default -> type < 0 ? Kind.FOREIGN_FILE : Kind.PACKET_SOCKET;
    };
  }

  /** Makes the open file non-blocking, for everyone who shares it. */
  public void setNonBlocking() throws IOException {
    lifetime.acquireOrThrow();
    try {
      check(
          lifetime.kernel(),
          lifetime.number(),
          lifetime.kernel().files().setNonBlocking(lifetime.number(), true));
      blocking = false;
    } finally {
      lifetime.release();
    }
  }

  /**
   * Gives the descriptor up: its registrations end, and the caller closes the number.
   *
   * @throws java.nio.channels.ClosedChannelException after close
   */
  public int detach() throws IOException {
    return lifetime.detach();
  }

  @Override
  public Descriptor descriptor() {
    return Descriptor.of(lifetime);
  }

  @Override
  public int available() throws IOException {
    return ByteTransfer.available(lifetime);
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    refuseBlocking();
    return ByteTransfer.read(lifetime, target);
  }

  @Override
  public long read(ByteBuffer[] targets, int first, int count) throws IOException {
    refuseBlocking();
    return ByteTransfer.read(lifetime, targets, first, count);
  }

  @Override
  public long read(MemorySegment target) throws IOException {
    refuseBlocking();
    return ByteTransfer.read(lifetime, target);
  }

  @Override
  public int write(ByteBuffer source) throws IOException {
    refuseBlocking();
    return ByteTransfer.write(lifetime, source);
  }

  @Override
  public long write(ByteBuffer[] sources, int first, int count) throws IOException {
    refuseBlocking();
    return ByteTransfer.write(lifetime, sources, first, count);
  }

  @Override
  public long write(MemorySegment source) throws IOException {
    refuseBlocking();
    return ByteTransfer.write(lifetime, source);
  }

  @Override
  public void shutdownOutput() throws IOException {
    if (!lifetime.isSocket()) {
      ByteOutput.super.shutdownOutput();
      return;
    }
    lifetime.acquireOrThrow();
    try {
      int result =
          lifetime.kernel().sockets().shutdown(lifetime.number(), Sockets.Direction.OUTPUT);
      if (result < 0) {
        throw new SystemCallException("shutdown", lifetime, result, lifetime.kernel());
      }
    } finally {
      lifetime.release();
    }
  }

  private void refuseBlocking() {
    if (blocking) {
      throw new IllegalStateException(
          lifetime
              + " is in blocking mode: a read or write might wait; call setNonBlocking(), which"
              + " changes the open file for all who share it, also in other processes");
    }
  }

  @Override
  public void close() {
    lifetime.close();
  }

  @Override
  public String toString() {
    return descriptor().toString();
  }
}
