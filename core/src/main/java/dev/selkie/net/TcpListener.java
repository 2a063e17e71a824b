package dev.selkie.net;

import dev.selkie.Descriptor;
import dev.selkie.descriptor.AddressText;
import dev.selkie.kernel.AddressBuffer;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.Sockets;
import dev.selkie.kernel.SystemCallException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A TCP socket that accepts connections without waiting, listen(2).
 *
 * <p>It is readable while a connection waits in its backlog, and never writable. All methods may be
 * called from any thread.
 */
public final class TcpListener implements StreamListener<TcpStream> {
  private static final String HOLDER = "TcpListener";

  /** What accept(2) passes on from a connection that was lost in the backlog. */
  private static final Set<Errno> LOST =
      EnumSet.of(
          Errno.ECONNABORTED,
          Errno.EPROTO,
          Errno.ENOPROTOOPT,
          Errno.EOPNOTSUPP,
          Errno.ENETDOWN,
          Errno.ENETUNREACH,
          Errno.EHOSTDOWN,
          Errno.EHOSTUNREACH,
          Errno.ENONET);

  private final Socket socket;
  private final InetSocketAddress local;

  private TcpListener(Socket socket, InetSocketAddress local) {
    this.socket = socket;
    this.local = local;
  }

  /** Listens on the current kernel; see {@link #bind(Kernel, SocketAddress)}. */
  public static TcpListener bind(SocketAddress address) throws IOException {
    return builder().bind(address);
  }

  /**
   * Listens at an address; port 0 lets the system choose one, see {@link #localAddress}.
   *
   * @throws SystemCallException if the system refuses, such as EADDRINUSE or EACCES
   * @throws IllegalArgumentException for an unresolved address or one that is not of the Internet
   */
  public static TcpListener bind(Kernel kernel, SocketAddress address) throws IOException {
    return builder().kernel(kernel).bind(address);
  }

  /** A listener with options and a backlog of its own. */
  public static Builder builder() {
    return new Builder();
  }

  /** Takes charge of a socket of the current kernel; see {@link #adopt(Kernel, int)}. */
  public static TcpListener adopt(int number) throws IOException {
    return adopt(Kernel.current(), number);
  }

  /**
   * Takes charge of a listening stream socket made elsewhere, which becomes non-blocking.
   *
   * @throws SystemCallException if the number is not open or no socket; it is not taken then
   * @throws IllegalArgumentException if it is another kind of socket; it is not taken then
   */
  public static TcpListener adopt(Kernel kernel, int number) throws IOException {
    Objects.requireNonNull(kernel, "kernel");
    Socket socket = Socket.adopt(kernel, number, Socket.Role.LISTENER, HOLDER);
    socket.lifetime.share(); // whoever made it may have a duplicate
    try {
      return new TcpListener(socket, socket.localAddress());
    } catch (IOException e) {
      socket.lifetime.detach(); // not taken
      throw e;
    }
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
   * The next connection of the backlog, or null if none waits.
   *
   * <p>A connection that was lost in the backlog is passed over (accept(2), "Error handling").
   *
   * @throws SystemCallException if the system refuses. With EMFILE, ENFILE, ENOBUFS and ENOMEM the
   *     backlog is left as it is: accept again once descriptors or memory are free
   * @throws java.nio.channels.ClosedChannelException after close
   */
  @Override
  public @Nullable TcpStream accept() throws IOException {
    AddressBuffer peer = new AddressBuffer();
    socket.lifetime.acquireOrThrow();
    try {
      while (true) {
        int result = socket.calls.accept(socket.lifetime.number(), peer);
        if (result >= 0) {
          return TcpStream.accepted(socket.kernel, result, internetOrNull(peer.address()));
        }
        if (result == Result.EAGAIN) {
          return null;
        }
        if (result != Result.EINTR && !LOST.contains(Errno.of(result))) {
          throw new SystemCallException("accept", AddressText.of(local), result, socket.kernel);
        }
      }
    } finally {
      socket.lifetime.release();
    }
  }

  private static @Nullable InetSocketAddress internetOrNull(@Nullable SocketAddress address) {
    return address instanceof InetSocketAddress internet ? internet : null;
  }

  /** {@link #accept}, as every source of items has it. */
  @Override
  public @Nullable TcpStream poll() throws IOException {
    return accept();
  }

  /**
   * Sets an option.
   *
   * @throws SystemCallException if the system refuses: ENOPROTOOPT where it does not have the
   *     option
   */
  public <T> TcpListener set(TcpOption<T> option, T value) throws IOException {
    socket.set(option, value);
    return this;
  }

  /** An option's value. */
  public <T> T get(TcpOption<T> option) throws IOException {
    return socket.get(option);
  }

  /** The address that it listens at, with the port in force. */
  @Override
  public InetSocketAddress localAddress() {
    return local;
  }

  @Override
  public Descriptor descriptor() {
    return socket.descriptor;
  }

  @Override
  public void close() {
    socket.lifetime.close();
  }

  @Override
  public String toString() {
    return socket.descriptor + " at " + AddressText.of(local);
  }

  /** What is set on a listener before it is bound. */
  public static final class Builder {
    /** SOMAXCONN of today's Linux; systems cut it to their own limit. */
    private static final int DEFAULT_BACKLOG = 4096;

    private final Map<TcpOption<?>, Object> options = new LinkedHashMap<>();
    private @Nullable Kernel kernel;
    private int backlog = DEFAULT_BACKLOG;

    private Builder() {
      options.put(TcpOption.REUSE_ADDRESS, true);
    }

    /** The kernel; {@link Kernel#current()} unless set. */
    public Builder kernel(Kernel kernel) {
      this.kernel = Objects.requireNonNull(kernel, "kernel");
      return this;
    }

    /** An option; {@link TcpOption#REUSE_ADDRESS} is on unless set to false. */
    public <T> Builder set(TcpOption<T> option, T value) {
      options.put(Objects.requireNonNull(option, "option"), Objects.requireNonNull(value, "value"));
      return this;
    }

    /**
     * How many connections may wait to be accepted; 4096 unless set, cut to the system's limit.
     *
     * @throws IllegalArgumentException if it is below 1
     */
    public Builder backlog(int connections) {
      if (connections < 1) {
        throw new IllegalArgumentException("a backlog of " + connections + ": at least 1");
      }
      this.backlog = connections;
      return this;
    }

    /**
     * Listens.
     *
     * @see TcpListener#bind(Kernel, SocketAddress)
     */
    public TcpListener bind(SocketAddress address) throws IOException {
      InetSocketAddress wanted = Socket.internet(address);
      Kernel host = kernel == null ? Kernel.current() : kernel;
      Socket socket = Socket.open(host, Sockets.Type.STREAM, wanted, HOLDER);
      socket.setAll(options);
      int result = socket.calls.bind(socket.lifetime.number(), wanted);
      String call = "bind";
      if (result >= 0) {
        result = socket.calls.listen(socket.lifetime.number(), backlog);
        call = "listen";
      }
      if (result < 0) {
        socket.lifetime.close();
        throw new SystemCallException(call, AddressText.of(wanted), result, host);
      }
      try {
        return new TcpListener(socket, socket.localAddress());
      } catch (IOException e) {
        socket.lifetime.close();
        throw e;
      }
    }
  }
}
