package dev.selkie.source;

import dev.selkie.ByteInput;
import dev.selkie.ByteOutput;
import dev.selkie.Descriptor;
import dev.selkie.Io;
import dev.selkie.descriptor.DescriptorLifetime;
import dev.selkie.descriptor.DescriptorLifetime.Ownership;
import dev.selkie.kernel.Kernel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.InvocationTargetException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.DatagramChannel;
import java.nio.channels.GatheringByteChannel;
import java.nio.channels.IllegalBlockingModeException;
import java.nio.channels.NonReadableChannelException;
import java.nio.channels.NonWritableChannelException;
import java.nio.channels.ScatteringByteChannel;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SocketChannel;
import java.util.Objects;

/**
 * A channel of the JDK as a source, so that it can be waited for beside others: the channel accepts
 * and connects as ever, the queue tells when; and reads and writes as a source does, if it is one
 * of bytes. Datagrams are received by the channel.
 *
 * <p>The JDK keeps its descriptors to itself. The JVM must be started with {@code --add-exports
 * java.base/sun.nio.ch=dev.selkie}, or {@code =ALL-UNNAMED} where Selkie is on the class path.
 *
 * <p>The channel must be in non-blocking mode, and closed through here: {@link #close} ends the
 * registrations first. A channel that is closed behind the source's back takes its number with it,
 * which another file may have had by then; the queue survives that, but tells of nothing.
 *
 * @param <C> the type of channel: a socket, a listener, a datagram socket, an end of a pipe
 */
public final class ChannelSource<C extends SelectableChannel> implements ByteInput, ByteOutput {
  private final C channel;
  private final DescriptorLifetime lifetime;

  private ChannelSource(C channel, DescriptorLifetime lifetime) {
    this.channel = channel;
    this.lifetime = lifetime;
  }

  /**
   * A channel of the JDK as a source of the machine's kernel.
   *
   * @throws IllegalBlockingModeException if the channel is in blocking mode
   * @throws ClosedChannelException if it is closed
   * @throws UnsupportedOperationException if the JVM was started without the option, or the channel
   *     is of another provider than the JDK's; the message says which
   */
  public static <C extends SelectableChannel> ChannelSource<C> of(C channel)
      throws ClosedChannelException {
    Objects.requireNonNull(channel, "channel");
    if (channel.isBlocking()) {
      throw new IllegalBlockingModeException();
    }
    int number = number(channel);
    if (!channel.isOpen()) {
      throw new ClosedChannelException();
    }
    Kernel kernel = Kernel.system();
    DescriptorLifetime.Kind kind = RawSource.kind(kernel, number);
    return new ChannelSource<>(
        channel, DescriptorLifetime.of(kernel, number, "ChannelSource", kind, Ownership.BORROWED));
  }

  private static int number(SelectableChannel channel) {
    try {
      Class<?> type = Class.forName("sun.nio.ch.SelChImpl");
      if (!type.isInstance(channel)) {
        throw new UnsupportedOperationException(
            channel.getClass().getName() + " is no channel of the JDK's: it has no descriptor");
      }
      return (int) type.getMethod("getFDVal").invoke(channel);
    } catch (IllegalAccessException e) {
      Module own = ChannelSource.class.getModule();
      throw new UnsupportedOperationException(
          "the JDK keeps the descriptors of its channels to itself: start java with --add-exports"
              + " java.base/sun.nio.ch="
              + (own.isNamed() ? own.getName() : "ALL-UNNAMED"),
          e);
    } catch (ClassNotFoundException | NoSuchMethodException | InvocationTargetException e) {
      throw new UnsupportedOperationException(
          "this JDK's channels have another shape than those of JDK 25", e);
    }
  }

  /** The channel. */
  public C channel() {
    return channel;
  }

  @Override
  public Descriptor descriptor() {
    return Descriptor.of(lifetime);
  }

  /**
   * {@inheritDoc}
   *
   * @throws NonReadableChannelException if the channel is none to be read
   * @throws UnsupportedOperationException if it is a {@link DatagramChannel}, whose read of 0 bytes
   *     took an empty datagram or none: its {@code receive} gives null for none
   */
  @Override
  public int read(ByteBuffer target) throws IOException {
    if (!target.hasRemaining()) {
      return 0;
    }
    int n = input().read(target);
    return n == 0 ? Io.NOT_READY : n;
  }

  @Override
  public long read(ByteBuffer[] targets, int first, int count) throws IOException {
    if (!hasRemaining(targets, first, count)) {
      return 0;
    }
    long n = input().read(targets, first, count);
    return n == 0 ? Io.NOT_READY : n;
  }

  @Override
  public long read(MemorySegment target) throws IOException {
    return read(ofSegment(target));
  }

  private ScatteringByteChannel input() {
    if (channel instanceof DatagramChannel) {
      throw new UnsupportedOperationException(
          "a read of 0 bytes from a DatagramChannel took an empty datagram, or none: call"
              + " channel().receive, which is null if there is none");
    }
    if (channel instanceof ScatteringByteChannel input) {
      return input;
    }
    throw new NonReadableChannelException();
  }

  /**
   * {@inheritDoc}
   *
   * @throws NonWritableChannelException if the channel is none to be written
   */
  @Override
  public int write(ByteBuffer source) throws IOException {
    if (!source.hasRemaining()) {
      return 0;
    }
    int n = output().write(source);
    return n == 0 ? Io.NOT_READY : n;
  }

  @Override
  public long write(ByteBuffer[] sources, int first, int count) throws IOException {
    if (!hasRemaining(sources, first, count)) {
      return 0;
    }
    long n = output().write(sources, first, count);
    return n == 0 ? Io.NOT_READY : n;
  }

  @Override
  public long write(MemorySegment source) throws IOException {
    return write(ofSegment(source));
  }

  private GatheringByteChannel output() {
    if (channel instanceof GatheringByteChannel output) {
      return output;
    }
    throw new NonWritableChannelException();
  }

  private static boolean hasRemaining(ByteBuffer[] buffers, int first, int count) {
    Objects.checkFromIndexSize(first, count, buffers.length);
    for (int i = first; i < first + count; i++) {
      if (buffers[i].hasRemaining()) {
        return true;
      }
    }
    return false;
  }

  private static ByteBuffer ofSegment(MemorySegment segment) {
    return segment.asSlice(0, Math.min(segment.byteSize(), Io.HEAP_BYTES)).asByteBuffer();
  }

  /** Ends the output of a connection; what ends by a close only is refused. */
  @Override
  public void shutdownOutput() throws IOException {
    if (channel instanceof SocketChannel connection) {
      connection.shutdownOutput();
    } else {
      ByteOutput.super.shutdownOutput();
    }
  }

  /** Ends the registrations, then closes the channel. */
  @Override
  public void close() {
    lifetime.close();
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public String toString() {
    return descriptor().toString();
  }
}
