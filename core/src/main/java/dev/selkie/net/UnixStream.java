package dev.selkie.net;

import dev.selkie.Descriptor;
import dev.selkie.Io;
import dev.selkie.descriptor.ByteTransfer;
import dev.selkie.descriptor.DescriptorLifetime;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SocketOption;
import dev.selkie.kernel.Sockets;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.kernel.UnixAddress;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A connection between two programs of one host that never waits, unix(7).
 *
 * <p>It is made at once, or refused: {@link #connect} never leaves the outcome open. Reading and
 * writing work as {@link dev.selkie.ByteInput} and {@link dev.selkie.ByteOutput} say; {@link
 * #receive} and {@link #send} take and give descriptors and credentials with the bytes.
 *
 * <p><b>Sequenced packets.</b> A connection may carry messages in place of bytes ({@link
 * Builder#sequencedPackets}): each write, be it of several buffers, is one message, and each read
 * takes one; what there is no room for is lost, which {@link AncillaryData#isTruncated} tells. An
 * empty message looks like the end to a reader. macOS has none of these.
 *
 * <p><b>Concurrency.</b> All methods may be called from any thread; one reader and one writer at a
 * time keep the order of bytes.
 */
public final class UnixStream implements StreamSocket {
  private static final String HOLDER = "UnixStream";

  private final Socket socket;
  private final DescriptorLifetime lifetime; // the socket's, one step nearer for reads and writes
  private final Sockets.Type type;
  private final @Nullable UnixAddress remote;

  private UnixStream(Socket socket, Sockets.Type type, @Nullable UnixAddress remote) {
    this.socket = socket;
    this.lifetime = socket.lifetime;
    this.type = type;
    this.remote = remote;
    if (remote != null) {
      lifetime.setPeer(remote);
    }
  }

  /** Connects on the current kernel; see {@link #connect(Kernel, SocketAddress)}. */
  public static UnixStream connect(SocketAddress address) throws IOException {
    return builder().connect(address);
  }

  /**
   * Connects, or is refused at once.
   *
   * @throws SystemCallException if the system refuses: ENOENT if nothing is at the path,
   *     ECONNREFUSED if nobody listens there (any more), EACCES if its permissions forbid it,
   *     EPROTOTYPE if it is a socket of another type, and on Linux EAGAIN if the listener's backlog
   *     is full, which nothing tells the end of: try again later
   * @throws IllegalArgumentException for an address of another family, or one that is too long
   * @throws UnsupportedOperationException for an abstract name where there are none
   */
  public static UnixStream connect(Kernel kernel, SocketAddress address) throws IOException {
    return builder().kernel(kernel).connect(address);
  }

  /** A stream with settings of its own. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * The two ends of a connection without names.
   *
   * @param one the one
   * @param other and the other
   */
  public record Pair(UnixStream one, UnixStream other) implements AutoCloseable {
    /** Closes both. */
    @Override
    public void close() {
      one.close();
      other.close();
    }
  }

  /** Two connected streams of the current kernel, socketpair(2). */
  public static Pair pair() throws IOException {
    return pair(Kernel.current());
  }

  /** Two connected streams, socketpair(2). */
  public static Pair pair(Kernel kernel) throws IOException {
    return pair(kernel, Sockets.Type.STREAM);
  }

  /** Two connected streams of messages, socketpair(2) with SOCK_SEQPACKET. */
  public static Pair pairOfSequencedPackets(Kernel kernel) throws IOException {
    return pair(kernel, Sockets.Type.SEQUENCED_PACKET);
  }

  private static Pair pair(Kernel kernel, Sockets.Type type) throws IOException {
    int[] ends = new int[2];
    int result = Objects.requireNonNull(kernel, "kernel").sockets().pair(type, ends);
    if (result < 0) {
      throw new SystemCallException("socketpair", type, result, kernel);
    }
    return new Pair(made(kernel, ends[0], type), made(kernel, ends[1], type));
  }

  /** Takes charge of a socket of the current kernel; see {@link #adopt(Kernel, int)}. */
  public static UnixStream adopt(int number) throws IOException {
    return adopt(Kernel.current(), number);
  }

  /**
   * Takes charge of a connected Unix socket made elsewhere, of a stream or of sequenced packets,
   * which becomes non-blocking.
   *
   * @throws SystemCallException if the number is not open or no socket; it is not taken then
   * @throws IllegalArgumentException if it is another kind of socket; it is not taken then
   */
  public static UnixStream adopt(Kernel kernel, int number) throws IOException {
    Objects.requireNonNull(kernel, "kernel");
    Socket socket = Socket.adoptUnix(kernel, number, Socket.Role.STREAM, HOLDER);
    socket.lifetime.share(); // whoever made it may have a duplicate
    try {
      long type = Socket.ask(kernel, number, SocketOption.SO_TYPE);
      return new UnixStream(socket, typeOf(type), named(socket.unixPeer()));
    } catch (IOException e) {
      socket.lifetime.detach(); // not taken
      throw e;
    }
  }

  private static @Nullable UnixAddress named(@Nullable UnixAddress address) {
    return address == null || address.isUnnamed() ? null : address;
  }

  static Sockets.Type typeOf(long number) {
    return number == Sockets.SOCK_SEQPACKET ? Sockets.Type.SEQUENCED_PACKET : Sockets.Type.STREAM;
  }

  static UnixStream made(Kernel kernel, int number, Sockets.Type type) {
    return new UnixStream(Socket.made(kernel, number, type, HOLDER), type, null);
  }

  /**
   * Gives the socket up: its registrations end, and the caller closes the number.
   *
   * @throws java.nio.channels.ClosedChannelException after close
   */
  public int detach() throws IOException {
    return socket.lifetime.detach();
  }

  /** True: a connection is made at once, or not at all. */
  @Override
  public boolean finishConnect() {
    return true;
  }

  /** Whether it carries messages, in sequence, instead of bytes. */
  public boolean isSequencedPackets() {
    return type == Sockets.Type.SEQUENCED_PACKET;
  }

  /**
   * Reads bytes, or a message, and what came with it. Of a stream it stops behind the bytes that
   * descriptors came with, so that they are told with these.
   *
   * @param data is filled anew; what it still had is closed
   * @return a count, {@link Io#NOT_READY}, or {@link Io#END}
   */
  public int receive(ByteBuffer target, AncillaryData data) throws IOException {
    boolean room = target.hasRemaining();
    int n = data.receive(lifetime, target);
    return n == 0 && room ? Io.END : n;
  }

  /**
   * Writes bytes, or a message, and passes with them what the data names; see {@link
   * AncillaryData#pass}.
   *
   * @return a count, of a stream less than remains too, or {@link Io#NOT_READY}
   * @throws IllegalArgumentException if descriptors are to be passed with no byte of a stream
   */
  public int send(ByteBuffer source, AncillaryData data) throws IOException {
    return data.send(lifetime, source, true);
  }

  /**
   * Who the peer is: who connected, or who listens, as it was then; of a pair, who made it.
   *
   * @throws SystemCallException if the system refuses, such as ENOTCONN
   */
  public PeerCredentials peerCredentials() throws IOException {
    return socket.peerCredentials();
  }

  /** The pending error of the socket (SO_ERROR), taken off it, or null if there is none. */
  public @Nullable SystemCallException takeError() throws IOException {
    int error = socket.takeError();
    return error == 0 ? null : new SystemCallException("SO_ERROR", lifetime, -error, socket.kernel);
  }

  /** Ends receiving: reads return end of file, and the peer cannot write. */
  public void shutdownInput() throws IOException {
    shutdown(Sockets.Direction.INPUT);
  }

  /** Ends sending, after what was written: the peer reads end of file. */
  @Override
  public void shutdownOutput() throws IOException {
    shutdown(Sockets.Direction.OUTPUT);
  }

  private void shutdown(Sockets.Direction direction) throws IOException {
    lifetime.acquireOrThrow();
    try {
      int result = socket.calls.shutdown(lifetime.number(), direction);
      if (result != Result.ENOTCONN) { // the BSDs of a peer that has gone
        socket.check("shutdown", result);
      }
    } finally {
      lifetime.release();
    }
  }

  /**
   * Sets an option.
   *
   * @throws SystemCallException if the system refuses: ENOPROTOOPT where it does not have the
   *     option
   */
  public <T> UnixStream set(UnixOption<T> option, T value) throws IOException {
    socket.set(option, value);
    return this;
  }

  /** An option's value. */
  public <T> T get(UnixOption<T> option) throws IOException {
    return socket.get(option);
  }

  /** The stream's own address: the listener's for one that was accepted, else mostly unnamed. */
  @Override
  public UnixAddress localAddress() throws IOException {
    return socket.unixAddress();
  }

  /** The address that it was connected to, also after close; null if it has an unnamed peer. */
  @Override
  public @Nullable UnixAddress remoteAddress() {
    return remote;
  }

  @Override
  public Descriptor descriptor() {
    return socket.descriptor;
  }

  @Override
  public int available() throws IOException {
    return ByteTransfer.available(lifetime);
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    return ByteTransfer.read(lifetime, target);
  }

  @Override
  public long read(ByteBuffer[] targets, int first, int count) throws IOException {
    return ByteTransfer.read(lifetime, targets, first, count);
  }

  @Override
  public long read(MemorySegment target) throws IOException {
    return ByteTransfer.read(lifetime, target);
  }

  @Override
  public int write(ByteBuffer source) throws IOException {
    return ByteTransfer.write(lifetime, source);
  }

  @Override
  public long write(ByteBuffer[] sources, int first, int count) throws IOException {
    return ByteTransfer.write(lifetime, sources, first, count);
  }

  @Override
  public long write(MemorySegment source) throws IOException {
    return ByteTransfer.write(lifetime, source);
  }

  @Override
  public void close() {
    socket.lifetime.close();
  }

  @Override
  public String toString() {
    return socket.descriptor.toString();
  }

  /** What is set on a stream before it connects. */
  public static final class Builder {
    private final Map<UnixOption<?>, Object> options = new LinkedHashMap<>();
    private Sockets.Type type = Sockets.Type.STREAM;
    private @Nullable Kernel kernel;

    private Builder() {}

    /** The kernel; {@link Kernel#current()} unless set. */
    public Builder kernel(Kernel kernel) {
      this.kernel = Objects.requireNonNull(kernel, "kernel");
      return this;
    }

    /** It carries messages, in sequence, instead of bytes (SOCK_SEQPACKET). */
    public Builder sequencedPackets() {
      type = Sockets.Type.SEQUENCED_PACKET;
      return this;
    }

    /** An option. */
    public <T> Builder set(UnixOption<T> option, T value) {
      options.put(Objects.requireNonNull(option, "option"), Objects.requireNonNull(value, "value"));
      return this;
    }

    /**
     * Connects.
     *
     * @see UnixStream#connect(Kernel, SocketAddress)
     */
    public UnixStream connect(SocketAddress address) throws IOException {
      Kernel host = kernel == null ? Kernel.current() : kernel;
      UnixAddress wanted = Socket.unix(host, address);
      Socket socket = Socket.openUnix(host, type, HOLDER);
      socket.setAll(options);
      int result;
      do {
        result = socket.calls.connect(socket.lifetime.number(), wanted);
      } while (result == Result.EINTR);
      if (result < 0) {
        socket.lifetime.close();
        throw new SystemCallException("connect", wanted, result, host);
      }
      return new UnixStream(socket, type, wanted);
    }
  }
}
