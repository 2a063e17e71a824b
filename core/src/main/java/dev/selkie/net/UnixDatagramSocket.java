package dev.selkie.net;

import dev.selkie.DatagramSource;
import dev.selkie.Descriptor;
import dev.selkie.Envelope;
import dev.selkie.descriptor.DatagramTransfer;
import dev.selkie.descriptor.DescriptorLifetime;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.MessageHeader;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.Sockets;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.kernel.UnixAddress;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A Unix socket of datagrams that never waits, unix(7).
 *
 * <p>Receiving and sending work as {@link DatagramSource} says; {@link #receive(ByteBuffer,
 * AncillaryData)} and {@link #send(ByteBuffer, AncillaryData)} take and give descriptors and
 * credentials too. Nothing is lost or overtaken on the way: when the receiver has as much waiting
 * as the system allows, {@link dev.selkie.Io#NOT_READY} says so. A connected socket becomes
 * writable when its peer has room again; of a receiver that an envelope names nothing tells it (on
 * the BSDs {@code ENOBUFS}, too). What is longer than the send buffer is refused with {@code
 * EMSGSIZE}.
 *
 * <p>Who answers needs an address to answer to: a socket without one cannot be.
 *
 * <p><b>Concurrency.</b> All methods may be called from any thread; each datagram goes to one
 * receiver.
 */
public final class UnixDatagramSocket implements DatagramSource {
  private static final String HOLDER = "UnixDatagramSocket";

  private final Socket socket;
  private final DescriptorLifetime lifetime; // the socket's, one step nearer
  private final @Nullable SocketPath path;
  private volatile @Nullable UnixAddress remote;

  private UnixDatagramSocket(Socket socket, @Nullable SocketPath path) {
    this.socket = socket;
    this.lifetime = socket.lifetime;
    this.path = path;
  }

  /** Binds a socket of the current kernel; see {@link #bind(Kernel, SocketAddress)}. */
  public static UnixDatagramSocket bind(SocketAddress address) throws IOException {
    return builder().bind(address);
  }

  /**
   * A socket at a path or an abstract name; unnamed: at a name that Linux chooses. The path's file
   * stays when it closes, and keeps others from binding there: see {@link Builder#removeOnClose}
   * and {@link Builder#replaceStale}.
   *
   * @throws SystemCallException if the system refuses, such as EADDRINUSE, EACCES, or ENOENT where
   *     there is no such folder
   * @throws IllegalArgumentException for an address of another family, or one that is too long
   * @throws UnsupportedOperationException for an abstract name where there are none
   */
  public static UnixDatagramSocket bind(Kernel kernel, SocketAddress address) throws IOException {
    return builder().kernel(kernel).bind(address);
  }

  /** Connects a socket of the current kernel; see {@link #connect(Kernel, SocketAddress)}. */
  public static UnixDatagramSocket connect(SocketAddress address) throws IOException {
    return builder().connect(address);
  }

  /**
   * A socket without an address that has a peer.
   *
   * @throws SystemCallException if the system refuses, such as ENOENT, ECONNREFUSED or EPROTOTYPE
   * @throws IllegalArgumentException for an address of another family, or one that is too long
   */
  public static UnixDatagramSocket connect(Kernel kernel, SocketAddress address)
      throws IOException {
    return builder().kernel(kernel).connect(address);
  }

  /** A socket with settings of its own. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Two sockets that are each other's peers.
   *
   * @param one the one
   * @param other and the other
   */
  public record Pair(UnixDatagramSocket one, UnixDatagramSocket other) implements AutoCloseable {
    /** Closes both. */
    @Override
    public void close() {
      one.close();
      other.close();
    }
  }

  /** Two connected sockets of the current kernel, socketpair(2). */
  public static Pair pair() throws IOException {
    return pair(Kernel.current());
  }

  /** Two connected sockets, socketpair(2). */
  public static Pair pair(Kernel kernel) throws IOException {
    int[] ends = new int[2];
    Sockets.Type type = Sockets.Type.DATAGRAM;
    int result = Objects.requireNonNull(kernel, "kernel").sockets().pair(type, ends);
    if (result < 0) {
      throw new SystemCallException("socketpair", type, result, kernel);
    }
    return new Pair(
        new UnixDatagramSocket(Socket.made(kernel, ends[0], type, HOLDER), null),
        new UnixDatagramSocket(Socket.made(kernel, ends[1], type, HOLDER), null));
  }

  /** Takes charge of a socket of the current kernel; see {@link #adopt(Kernel, int)}. */
  public static UnixDatagramSocket adopt(int number) throws IOException {
    return adopt(Kernel.current(), number);
  }

  /**
   * Takes charge of a Unix socket of datagrams made elsewhere, which becomes non-blocking. A path
   * is left as it is when the socket closes.
   *
   * @throws SystemCallException if the number is not open or no socket; it is not taken then
   * @throws IllegalArgumentException if it is another kind of socket; it is not taken then
   */
  public static UnixDatagramSocket adopt(Kernel kernel, int number) throws IOException {
    Objects.requireNonNull(kernel, "kernel");
    Socket socket = Socket.adoptUnix(kernel, number, Socket.Role.DATAGRAM, HOLDER);
    socket.lifetime.share(); // whoever made it may have a duplicate
    try {
      UnixDatagramSocket taken = new UnixDatagramSocket(socket, null);
      taken.setRemote(socket.unixPeer());
      return taken;
    } catch (IOException e) {
      socket.lifetime.detach(); // not taken
      throw e;
    }
  }

  /**
   * Gives the socket up: its registrations end, and the caller closes the number. Its path stays.
   *
   * @throws java.nio.channels.ClosedChannelException after close
   */
  public int detach() throws IOException {
    int number = lifetime.detach();
    if (path != null) {
      path.leave();
    }
    return number;
  }

  /**
   * Makes somebody the peer, in place of the one before. What has arrived from others until then is
   * still received.
   *
   * @throws SystemCallException if the system refuses, such as ENOENT, ECONNREFUSED or EPROTOTYPE
   * @throws IllegalArgumentException for an address of another family, or one that is too long
   */
  public UnixDatagramSocket connectTo(SocketAddress peer) throws IOException {
    UnixAddress wanted = Socket.unix(socket.kernel, peer);
    lifetime.acquireOrThrow();
    try {
      int result;
      do {
        result = socket.calls.connect(lifetime.number(), wanted);
      } while (result == Result.EINTR);
      if (result < 0) {
        throw new SystemCallException("connect", wanted, result, socket.kernel);
      }
      setRemote(wanted);
    } finally {
      lifetime.release();
    }
    return this;
  }

  /** Takes the peer away: the socket receives from anybody again. */
  public void disconnect() throws IOException {
    lifetime.acquireOrThrow();
    try {
      int result;
      do {
        result = socket.calls.disconnect(lifetime.number());
      } while (result == Result.EINTR);
      socket.check("connect(AF_UNSPEC)", result);
      setRemote(null);
    } finally {
      lifetime.release();
    }
  }

  private void setRemote(@Nullable UnixAddress peer) {
    remote = peer == null || peer.isUnnamed() ? null : peer;
    lifetime.setPeer(remote);
  }

  @Override
  public int receive(ByteBuffer target) throws IOException {
    return DatagramTransfer.receive(lifetime, target, null);
  }

  @Override
  public int receive(ByteBuffer target, Envelope envelope) throws IOException {
    MessageHeader header = Objects.requireNonNull(envelope, "envelope").header();
    header.setControlRefused(true); // the system closes descriptors that come: nobody could
    try {
      return DatagramTransfer.receive(lifetime, target, header);
    } finally {
      header.setControlRefused(false);
    }
  }

  /**
   * Receives a datagram, and what came with it.
   *
   * @param data is filled anew; what it still had is closed
   * @return a count, or {@link dev.selkie.Io#NOT_READY}
   */
  public int receive(ByteBuffer target, AncillaryData data) throws IOException {
    return data.receive(lifetime, target);
  }

  @Override
  public int send(ByteBuffer source) throws IOException {
    return DatagramTransfer.send(lifetime, source, null);
  }

  /** Of its peer alone, unix(7). */
  @Override
  public boolean tellsOfRoom(Envelope envelope) {
    SocketAddress to = envelope.address();
    return to == null || to.equals(remote);
  }

  @Override
  public int send(ByteBuffer source, Envelope envelope) throws IOException {
    MessageHeader header = Objects.requireNonNull(envelope, "envelope").header();
    SocketAddress to = header.address().address();
    if (to != null) {
      UnixAddress _ = Socket.unix(socket.kernel, to); // says what is wrong with it
    }
    return DatagramTransfer.send(lifetime, source, header);
  }

  /** Sends a datagram to whom the data names, or to the peer, and passes descriptors with it. */
  public int send(ByteBuffer source, AncillaryData data) throws IOException {
    return data.send(lifetime, source, false);
  }

  @Override
  public int send(ByteBuffer source, SocketAddress to) throws IOException {
    return send(source, Envelope.to(Socket.unix(socket.kernel, to)));
  }

  /**
   * Who the peer of one of a pair is; another socket does not know it: ask each message, by {@link
   * UnixOption#RECEIVE_CREDENTIALS}.
   *
   * @throws SystemCallException if the system refuses
   */
  public PeerCredentials peerCredentials() throws IOException {
    return socket.peerCredentials();
  }

  /** The pending error of the socket (SO_ERROR), taken off it, or null if there is none. */
  public @Nullable SystemCallException takeError() throws IOException {
    int error = socket.takeError();
    return error == 0 ? null : new SystemCallException("SO_ERROR", lifetime, -error, socket.kernel);
  }

  /**
   * Sets an option.
   *
   * @throws SystemCallException if the system refuses: ENOPROTOOPT where it does not have the
   *     option
   */
  public <T> UnixDatagramSocket set(UnixOption<T> option, T value) throws IOException {
    socket.set(option, value);
    return this;
  }

  /** An option's value. */
  public <T> T get(UnixOption<T> option) throws IOException {
    return socket.get(option);
  }

  /** The socket's own address; unnamed if it is not bound. */
  public UnixAddress localAddress() throws IOException {
    return socket.unixAddress();
  }

  /** The peer's address, also after close; null while the socket has none, or an unnamed one. */
  public @Nullable UnixAddress remoteAddress() {
    return remote;
  }

  @Override
  public Descriptor descriptor() {
    return socket.descriptor;
  }

  @Override
  public void close() {
    if (path != null) {
      path.remove();
    }
    lifetime.close();
  }

  @Override
  public String toString() {
    return socket.descriptor.toString();
  }

  /** What is set on a socket before it is bound or connected. */
  public static final class Builder {
    private final Map<UnixOption<?>, Object> options = new LinkedHashMap<>();
    private final SocketPath.Manner manner = new SocketPath.Manner();
    private @Nullable Kernel kernel;

    private Builder() {}

    /** The kernel; {@link Kernel#current()} unless set. */
    public Builder kernel(Kernel kernel) {
      this.kernel = Objects.requireNonNull(kernel, "kernel");
      return this;
    }

    /** An option. */
    public <T> Builder set(UnixOption<T> option, T value) {
      options.put(Objects.requireNonNull(option, "option"), Objects.requireNonNull(value, "value"));
      return this;
    }

    /** Takes the place of a stale socket; see {@link UnixListener.Builder#replaceStale}. */
    public Builder replaceStale() {
      manner.replaceStale();
      return this;
    }

    /** Closing removes the path, if it leads to this socket still. */
    public Builder removeOnClose() {
      manner.removeOnClose();
      return this;
    }

    /**
     * Permissions of the path, such as 0600, whatever the process masks (umask). They are set as
     * soon as the path is there, and for a moment anybody whom the mask allows can send: where that
     * matters, bind in a folder that others cannot enter.
     *
     * @throws IllegalArgumentException if they are not within 0 to 0777
     */
    public Builder permissions(int mode) {
      manner.permissions(mode);
      return this;
    }

    /**
     * Binds.
     *
     * @see UnixDatagramSocket#bind(Kernel, SocketAddress)
     */
    public UnixDatagramSocket bind(SocketAddress address) throws IOException {
      Kernel host = kernel == null ? Kernel.current() : kernel;
      UnixAddress wanted = Socket.unix(host, address);
      try (SocketPath.Turn _ = SocketPath.Turn.of(host, wanted, manner)) {
        Socket socket = open(host);
        return new UnixDatagramSocket(
            socket, SocketPath.bind(socket, wanted, Sockets.Type.DATAGRAM, manner));
      }
    }

    /**
     * Connects.
     *
     * @see UnixDatagramSocket#connect(Kernel, SocketAddress)
     */
    public UnixDatagramSocket connect(SocketAddress address) throws IOException {
      Kernel host = kernel == null ? Kernel.current() : kernel;
      UnixAddress wanted = Socket.unix(host, address);
      UnixDatagramSocket made = new UnixDatagramSocket(open(host), null);
      try {
        return made.connectTo(wanted);
      } catch (IOException e) {
        made.close();
        throw e;
      }
    }

    /** A socket without an address, which sends to whom an envelope names. */
    public UnixDatagramSocket open() throws IOException {
      return new UnixDatagramSocket(open(kernel == null ? Kernel.current() : kernel), null);
    }

    private Socket open(Kernel host) throws IOException {
      Socket socket = Socket.openUnix(host, Sockets.Type.DATAGRAM, HOLDER);
      socket.setAll(options);
      return socket;
    }
  }
}
