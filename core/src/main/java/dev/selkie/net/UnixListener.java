package dev.selkie.net;

import dev.selkie.Descriptor;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SocketOption;
import dev.selkie.kernel.Sockets;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.kernel.UnixAddress;
import java.io.IOException;
import java.net.SocketAddress;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A Unix socket that accepts connections without waiting, unix(7).
 *
 * <p>It is readable while a connection waits in its backlog, and never writable. Who may connect at
 * a path is who may write its file, {@link Builder#permissions}, and reach its folder; an abstract
 * name is open to everyone on the host. All methods may be called from any thread.
 */
public final class UnixListener implements StreamListener<UnixStream> {
  private static final String HOLDER = "UnixListener";

  private final Socket socket;
  private final Sockets.Type type;
  private final UnixAddress local;
  private final @Nullable SocketPath path;

  private UnixListener(
      Socket socket, Sockets.Type type, UnixAddress local, @Nullable SocketPath path) {
    this.socket = socket;
    this.type = type;
    this.local = local;
    this.path = path;
  }

  /** Listens on the current kernel; see {@link #bind(Kernel, SocketAddress)}. */
  public static UnixListener bind(SocketAddress address) throws IOException {
    return builder().bind(address);
  }

  /**
   * Listens at a path, or at an abstract name. The path's file stays when the listener closes, and
   * keeps others from binding there: see {@link Builder#removeOnClose} and {@link
   * Builder#replaceStale}.
   *
   * @throws SystemCallException if the system refuses, such as EADDRINUSE, EACCES, or ENOENT where
   *     there is no such folder
   * @throws IllegalArgumentException for an address of another family, or one that is too long
   * @throws UnsupportedOperationException for an abstract name where there are none
   */
  public static UnixListener bind(Kernel kernel, SocketAddress address) throws IOException {
    return builder().kernel(kernel).bind(address);
  }

  /** A listener with settings of its own. */
  public static Builder builder() {
    return new Builder();
  }

  /** Takes charge of a socket of the current kernel; see {@link #adopt(Kernel, int)}. */
  public static UnixListener adopt(int number) throws IOException {
    return adopt(Kernel.current(), number);
  }

  /**
   * Takes charge of a listening Unix socket made elsewhere, which becomes non-blocking. A path is
   * left as it is when the listener closes.
   *
   * @throws SystemCallException if the number is not open or no socket; it is not taken then
   * @throws IllegalArgumentException if it is another kind of socket; it is not taken then
   */
  public static UnixListener adopt(Kernel kernel, int number) throws IOException {
    Objects.requireNonNull(kernel, "kernel");
    Socket socket = Socket.adoptUnix(kernel, number, Socket.Role.LISTENER, HOLDER);
    socket.lifetime.share(); // whoever made it may have a duplicate
    try {
      long type = Socket.ask(kernel, number, SocketOption.SO_TYPE);
      return new UnixListener(socket, UnixStream.typeOf(type), socket.unixAddress(), null);
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
    int number = socket.lifetime.detach();
    if (path != null) {
      path.leave();
    }
    return number;
  }

  /**
   * The next connection of the backlog, or null if none waits.
   *
   * @throws SystemCallException if the system refuses. With EMFILE, ENFILE, ENOBUFS and ENOMEM the
   *     backlog is left as it is: accept again once descriptors or memory are free
   * @throws java.nio.channels.ClosedChannelException after close
   */
  @Override
  public @Nullable UnixStream accept() throws IOException {
    socket.lifetime.acquireOrThrow();
    try {
      while (true) {
        int result = socket.calls.accept(socket.lifetime.number(), null);
        if (result >= 0) {
          return UnixStream.made(socket.kernel, result, type);
        }
        if (result == Result.EAGAIN) {
          return null;
        }
        if (result != Result.EINTR && result != -Errno.ECONNABORTED.number()) {
          throw new SystemCallException("accept", local, result, socket.kernel);
        }
      }
    } finally {
      socket.lifetime.release();
    }
  }

  /** {@link #accept}, as every source of items has it. */
  @Override
  public @Nullable UnixStream poll() throws IOException {
    return accept();
  }

  /**
   * Sets an option, which its connections have from the start.
   *
   * @throws SystemCallException if the system refuses: ENOPROTOOPT where it does not have the
   *     option
   */
  public <T> UnixListener set(UnixOption<T> option, T value) throws IOException {
    socket.set(option, value);
    return this;
  }

  /** An option's value. */
  public <T> T get(UnixOption<T> option) throws IOException {
    return socket.get(option);
  }

  /** Whether its connections carry messages, in sequence, instead of bytes. */
  public boolean isSequencedPackets() {
    return type == Sockets.Type.SEQUENCED_PACKET;
  }

  /** The address that it listens at. */
  @Override
  public UnixAddress localAddress() {
    return local;
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
    socket.lifetime.close();
  }

  @Override
  public String toString() {
    return socket.descriptor + " at " + local;
  }

  /** What is set on a listener before it is bound. */
  public static final class Builder {
    /** SOMAXCONN of today's Linux; systems cut it to their own limit. */
    private static final int DEFAULT_BACKLOG = 4096;

    private final Map<UnixOption<?>, Object> options = new LinkedHashMap<>();
    private final SocketPath.Manner manner = new SocketPath.Manner();
    private Sockets.Type type = Sockets.Type.STREAM;
    private @Nullable Kernel kernel;
    private int backlog = DEFAULT_BACKLOG;

    private Builder() {}

    /** The kernel; {@link Kernel#current()} unless set. */
    public Builder kernel(Kernel kernel) {
      this.kernel = Objects.requireNonNull(kernel, "kernel");
      return this;
    }

    /** Its connections carry messages, in sequence, instead of bytes (SOCK_SEQPACKET). */
    public Builder sequencedPackets() {
      type = Sockets.Type.SEQUENCED_PACKET;
      return this;
    }

    /** An option, which its connections have from the start. */
    public <T> Builder set(UnixOption<T> option, T value) {
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
     * Takes the place of a socket at the path that nobody listens on any more, as a program leaves
     * that was killed: it is told by its refusing a connection. A live one is left, and so is a
     * file of any other kind: EADDRINUSE. Of two that start at once one has the path.
     */
    public Builder replaceStale() {
      manner.replaceStale();
      return this;
    }

    /** Closing removes the path, if it leads to this listener still. */
    public Builder removeOnClose() {
      manner.removeOnClose();
      return this;
    }

    /**
     * Permissions of the path, such as 0600, whatever the process masks (umask). They are in force
     * before anybody can connect. BSDs of old do not look at them: there the folder's count.
     *
     * @throws IllegalArgumentException if they are not within 0 to 0777
     */
    public Builder permissions(int mode) {
      manner.permissions(mode);
      return this;
    }

    /**
     * Listens.
     *
     * @see UnixListener#bind(Kernel, SocketAddress)
     */
    public UnixListener bind(SocketAddress address) throws IOException {
      Kernel host = kernel == null ? Kernel.current() : kernel;
      UnixAddress wanted = Socket.unix(host, address);
      try (SocketPath.Turn _ = SocketPath.Turn.of(host, wanted, manner)) {
        return bind(host, wanted);
      }
    }

    private UnixListener bind(Kernel host, UnixAddress wanted) throws IOException {
      Socket socket = Socket.openUnix(host, type, HOLDER);
      socket.setAll(options);
      SocketPath path = SocketPath.bind(socket, wanted, type, manner);
      int result = socket.calls.listen(socket.lifetime.number(), backlog);
      try {
        if (result < 0) {
          throw new SystemCallException("listen", wanted, result, host);
        }
        UnixAddress local = wanted.isUnnamed() ? socket.unixAddress() : wanted;
        return new UnixListener(socket, type, local, path);
      } catch (IOException e) {
        if (path != null) {
          path.remove();
        }
        socket.lifetime.close();
        throw e;
      }
    }
  }
}
