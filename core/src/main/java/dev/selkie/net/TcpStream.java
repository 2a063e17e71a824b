package dev.selkie.net;

import dev.selkie.ByteInput;
import dev.selkie.ByteOutput;
import dev.selkie.Descriptor;
import dev.selkie.Io;
import dev.selkie.descriptor.AddressText;
import dev.selkie.descriptor.ByteTransfer;
import dev.selkie.descriptor.DescriptorLifetime;
import dev.selkie.kernel.Facility;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.Sockets;
import dev.selkie.kernel.SystemCallException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A TCP connection that never waits, tcp(7).
 *
 * <p>{@link #connect} returns at once; the stream becomes writable when the outcome is known, and
 * {@link #finishConnect} tells it. Reading and writing work as {@link ByteInput} and {@link
 * ByteOutput} say, by recv(2) and send(2).
 *
 * <p><b>Concurrency.</b> All methods may be called from any thread; one reader and one writer at a
 * time keep the order of bytes.
 */
public final class TcpStream implements StreamSocket {
  private static final String HOLDER = "TcpStream";
  private static final int PEEK_BYTES = 1 << 16;

  private final Socket socket;
  private final DescriptorLifetime lifetime; // the socket's, one step nearer for reads and writes
  private final @Nullable InetSocketAddress remote;
  private volatile boolean connected;

  /** The error that ended the connection attempt, a canonical number; 0 while there is none. */
  private volatile int connectError;

  private TcpStream(Socket socket, @Nullable InetSocketAddress remote, boolean connected) {
    this.socket = socket;
    this.lifetime = socket.lifetime;
    this.remote = remote;
    this.connected = connected;
    if (remote != null) {
      lifetime.setPeer(remote);
    }
  }

  /** Starts a connection of the current kernel; see {@link #connect(Kernel, SocketAddress)}. */
  public static TcpStream connect(SocketAddress address) throws IOException {
    return builder().connect(address);
  }

  /**
   * Starts a connection.
   *
   * @throws SystemCallException if the system refuses at once, such as ENETUNREACH or EMFILE
   * @throws IllegalArgumentException for an unresolved address or one that is not of the Internet
   */
  public static TcpStream connect(Kernel kernel, SocketAddress address) throws IOException {
    return builder().kernel(kernel).connect(address);
  }

  /** A stream with options, or a local address, set before it connects. */
  public static Builder builder() {
    return new Builder();
  }

  /** Takes charge of a socket of the current kernel; see {@link #adopt(Kernel, int)}. */
  public static TcpStream adopt(int number) throws IOException {
    return adopt(Kernel.current(), number);
  }

  /**
   * Takes charge of a stream socket made elsewhere, connected or connecting, which becomes
   * non-blocking.
   *
   * @throws SystemCallException if the number is not open or no socket; it is not taken then
   * @throws IllegalArgumentException if it is another kind of socket; it is not taken then
   */
  public static TcpStream adopt(Kernel kernel, int number) throws IOException {
    Objects.requireNonNull(kernel, "kernel");
    Socket socket = Socket.adopt(kernel, number, Socket.Role.STREAM, HOLDER);
    socket.lifetime.share(); // whoever made it may have a duplicate
    try {
      InetSocketAddress peer = socket.peerAddress();
      return new TcpStream(socket, peer, peer != null);
    } catch (IOException e) {
      socket.lifetime.detach(); // not taken
      throw e;
    }
  }

  static TcpStream accepted(Kernel kernel, int number, @Nullable InetSocketAddress peer) {
    return new TcpStream(Socket.accepted(kernel, number, HOLDER), peer, true);
  }

  /**
   * Gives the socket up: its registrations end, and the caller closes the number.
   *
   * @throws java.nio.channels.ClosedChannelException after close
   */
  public int detach() throws IOException {
    return socket.lifetime.detach();
  }

  /**
   * The outcome of the connection attempt.
   *
   * @return true once connected, false while the outcome is open
   * @throws SystemCallException if the attempt failed, at each call: {@code connect(127.0.0.1:80):
   *     ECONNREFUSED (connection refused)}
   */
  @Override
  public boolean finishConnect() throws IOException {
    if (connected) {
      return true;
    }
    if (connectError == 0) {
      if (socket.peerAddress() != null) {
        connected = true;
        return true;
      }
      connectError = socket.takeError();
      if (connectError == 0 && socket.isHungUp()) {
        int late = socket.takeError(); // it may have failed just now
        // With none left, a read or a write has told it.
        connectError = late == 0 ? -Result.ENOTCONN : late;
      }
    }
    if (connectError != 0) {
      Object subject = remote == null ? socket.lifetime : AddressText.of(remote);
      throw new SystemCallException("connect", subject, -connectError, socket.kernel);
    }
    return false;
  }

  /**
   * The pending error of the socket (SO_ERROR), taken off it, or null if there is none. The error
   * of a connection attempt stays with {@link #finishConnect} too.
   */
  public @Nullable SystemCallException takeError() throws IOException {
    int error = socket.takeError();
    if (!connected && error != 0) {
      connectError = error; // finishConnect still tells it
    }
    return error == 0
        ? null
        : new SystemCallException("SO_ERROR", socket.lifetime, -error, socket.kernel);
  }

  /**
   * Reads without taking the bytes off the stream, into the buffer's remaining space, of which it
   * fills 64 KiB at most.
   *
   * @return a count, {@link Io#END} or {@link Io#NOT_READY}
   */
  public int peek(ByteBuffer target) throws IOException {
    Objects.requireNonNull(target, "target");
    if (target.isReadOnly()) {
      throw new ReadOnlyBufferException();
    }
    int length = Math.min(target.remaining(), PEEK_BYTES);
    if (length == 0) {
      return 0;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(length);
      socket.lifetime.acquireOrThrow();
      long n;
      try {
        do {
          n = socket.calls.peek(socket.lifetime.number(), memory.address(), length);
        } while (n == Result.EINTR);
      } finally {
        socket.lifetime.release();
      }
      if (n == 0) {
        return Io.END;
      }
      if (n == Result.EAGAIN) {
        return Io.NOT_READY;
      }
      socket.check("recv(MSG_PEEK)", n);
      target.put(memory.asSlice(0, n).asByteBuffer());
      return (int) n;
    }
  }

  /**
   * Sends one urgent (out-of-band) byte, ahead of what the peer has not read yet.
   *
   * @return 1, or {@link Io#NOT_READY}
   */
  public int writeUrgent(byte value) throws IOException {
    socket.lifetime.acquireOrThrow();
    try {
      int result;
      do {
        result = socket.calls.sendUrgent(socket.lifetime.number(), value);
      } while (result == Result.EINTR);
      if (result == Result.EAGAIN) {
        return Io.NOT_READY;
      }
      return (int) socket.check("send(MSG_OOB)", result);
    } finally {
      socket.lifetime.release();
    }
  }

  /**
   * The urgent byte that arrived, unless {@link TcpOption#URGENT_INLINE} keeps it in the stream.
   *
   * @return 0 to 255, or {@link Io#NOT_READY} when there is none now
   */
  public int readUrgent() throws IOException {
    socket.lifetime.acquireOrThrow();
    try {
      int result;
      do {
        result = socket.calls.receiveUrgent(socket.lifetime.number());
      } while (result == Result.EINTR);
      if (result == Result.EAGAIN || result == Result.EINVAL) {
        return Io.NOT_READY;
      }
      return (int) socket.check("recv(MSG_OOB)", result);
    } finally {
      socket.lifetime.release();
    }
  }

  /** Ends receiving: reads return end of file. Again, or after a reset, it does nothing. */
  public void shutdownInput() throws IOException {
    shutdown(Sockets.Direction.INPUT);
  }

  /**
   * Ends sending, after what was written: the peer reads end of file. Again, or after a reset, it
   * does nothing.
   */
  @Override
  public void shutdownOutput() throws IOException {
    shutdown(Sockets.Direction.OUTPUT);
  }

  private void shutdown(Sockets.Direction direction) throws IOException {
    socket.lifetime.acquireOrThrow();
    try {
      int result = socket.calls.shutdown(socket.lifetime.number(), direction);
      if (result == Result.ENOTCONN && connected) {
        return; // the connection is over already, by a reset
      }
      socket.check("shutdown", result);
    } finally {
      socket.lifetime.release();
    }
  }

  /** Closes the stream and the connection with a reset; unsent and unread data is dropped. */
  public void reset() throws IOException {
    try {
      socket.set(TcpOption.LINGER, 0);
    } finally {
      close();
    }
  }

  /**
   * Sets an option.
   *
   * @throws SystemCallException if the system refuses: ENOPROTOOPT where it does not have the
   *     option
   */
  public <T> TcpStream set(TcpOption<T> option, T value) throws IOException {
    socket.set(option, value);
    return this;
  }

  /** An option's value. */
  public <T> T get(TcpOption<T> option) throws IOException {
    return socket.get(option);
  }

  /** The stream's own address. */
  @Override
  public InetSocketAddress localAddress() throws IOException {
    return socket.localAddress();
  }

  /** The peer's address, also while connecting and after close; null if an adopted one has none. */
  @Override
  public @Nullable InetSocketAddress remoteAddress() {
    return remote;
  }

  @Override
  public Descriptor descriptor() {
    return socket.descriptor;
  }

  @Override
  public ShortRead shortRead() {
    return descriptor().kernel().facilities().contains(Facility.SHORT_READS_DRAIN)
        ? ShortRead.DRAINS_BUT_FOR_URGENT_DATA
        : ShortRead.TELLS_NOTHING;
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
    private final Map<TcpOption<?>, Object> options = new LinkedHashMap<>();
    private @Nullable Kernel kernel;
    private @Nullable InetSocketAddress local;

    private Builder() {}

    /** The kernel; {@link Kernel#current()} unless set. */
    public Builder kernel(Kernel kernel) {
      this.kernel = Objects.requireNonNull(kernel, "kernel");
      return this;
    }

    /** An option. */
    public <T> Builder set(TcpOption<T> option, T value) {
      options.put(Objects.requireNonNull(option, "option"), Objects.requireNonNull(value, "value"));
      return this;
    }

    /** The local address to connect from; port 0 lets the system choose. */
    public Builder bind(SocketAddress address) {
      this.local = Socket.resolved(address);
      return this;
    }

    /**
     * Starts the connection.
     *
     * @see TcpStream#connect(Kernel, SocketAddress)
     */
    public TcpStream connect(SocketAddress address) throws IOException {
      InetSocketAddress remote = Socket.internet(address);
      Kernel host = kernel == null ? Kernel.current() : kernel;
      Socket socket = Socket.open(host, Sockets.Type.STREAM, remote, HOLDER);
      socket.setAll(options);
      int number = socket.lifetime.number();
      int bound = local == null ? 0 : socket.calls.bind(number, local);
      if (bound < 0) {
        socket.lifetime.close();
        throw new SystemCallException(
            "bind", AddressText.of(Objects.requireNonNull(local)), bound, host);
      }
      int result;
      do {
        result = socket.calls.connect(number, remote);
      } while (result == Result.EINTR); // an attempt that had begun answers EALREADY
      boolean pending = result == Result.EINPROGRESS || result == Result.EALREADY;
      if (result < 0 && !pending && result != Result.EISCONN) {
        socket.lifetime.close();
        throw new SystemCallException("connect", AddressText.of(remote), result, host);
      }
      return new TcpStream(socket, remote, !pending);
    }
  }
}
