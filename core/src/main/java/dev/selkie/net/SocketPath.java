package dev.selkie.net;

import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.Sockets;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.kernel.UnixAddress;
import java.io.IOException;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** The file that a bound Unix socket has made, for as long as its path leads to that file. */
final class SocketPath {
  private static final int EADDRINUSE = -Errno.EADDRINUSE.number();
  private static final int EACCES = -Errno.EACCES.number();
  private static final int EPERM = -Errno.EPERM.number();
  private static final int ECONNREFUSED = -Errno.ECONNREFUSED.number();
  private static final int MOST_PERMISSIONS = 0777;

  private final Kernel kernel;
  private final String path;
  private final long[] identity;
  private final AtomicBoolean left = new AtomicBoolean();

  private SocketPath(Kernel kernel, String path, long[] identity) {
    this.kernel = kernel;
    this.path = path;
    this.identity = identity;
  }

  /** How a socket is bound to a path; mutable, part of a builder. */
  static final class Manner {
    private boolean replacesStale;
    private boolean removesOnClose;
    private int permissions = -1;

    void replaceStale() {
      replacesStale = true;
    }

    void removeOnClose() {
      removesOnClose = true;
    }

    void permissions(int mode) {
      if (mode < 0 || mode > MOST_PERMISSIONS) {
        throw new IllegalArgumentException(
            "permissions are 0 to 0777, octal: " + Integer.toOctalString(mode));
      }
      permissions = mode;
    }
  }

  /**
   * A turn to bind at a path, and to listen: until then a socket refuses connections, as a stale
   * one does. Of those that take stale ones over, one has a turn in a folder at a time, also in
   * other programs; a system without locks of folders has none. Closing it is its end.
   */
  record Turn(Kernel kernel, int folder) implements AutoCloseable {
    private static final long WAIT_NANOS = 1_000_000;
    private static final int MOST_WAITS = 5_000;

    static Turn of(Kernel kernel, UnixAddress address, Manner manner) throws IOException {
      if (!manner.replacesStale || !address.isPath()) {
        return new Turn(kernel, -1);
      }
      String path = address.toString();
      int slash = path.lastIndexOf('/');
      String folder = slash < 0 ? "." : path.substring(0, slash + 1);
      Turn turn = new Turn(kernel, kernel.files().open(folder, Files.O_DIRECTORY, 0));
      try {
        turn.await(folder);
        return turn;
      } catch (IOException e) {
        turn.close();
        throw e;
      }
    }

    private void await(String name) throws IOException {
      if (folder < 0) {
        return; // the bind says what is wrong with it
      }
      int result = kernel.files().lock(folder);
      for (int i = 0; result == Result.EAGAIN || result == Result.EINTR; i++) {
        if (i == MOST_WAITS) {
          throw new SystemCallException(
              "flock", name + ", which another program has had for seconds", result, kernel);
        }
        kernel.clock().sleep(WAIT_NANOS);
        result = kernel.files().lock(folder);
      }
    }

    @Override
    public void close() {
      if (folder >= 0) {
        kernel.files().close(folder);
      }
    }
  }

  /**
   * Binds a socket, which is closed if that fails.
   *
   * @return what is to be removed when the socket closes, or null
   */
  static @Nullable SocketPath bind(
      Socket socket, UnixAddress address, Sockets.Type type, Manner manner) throws IOException {
    try {
      int result = socket.calls.bind(socket.lifetime.number(), address);
      if (result == EADDRINUSE && address.isPath()) {
        result = bindAnew(socket, address, type, manner);
      }
      check("bind", address, result, socket.kernel);
      return address.isPath() ? bound(socket, address.toString(), manner) : null;
    } catch (IOException | RuntimeException e) {
      socket.lifetime.close();
      throw e;
    }
  }

  private static @Nullable SocketPath bound(Socket socket, String path, Manner manner)
      throws IOException {
    Kernel kernel = socket.kernel;
    long[] identity = new long[2];
    int kind = kernel.files().identity(path, identity);
    SocketPath made = new SocketPath(kernel, path, identity);
    if (manner.permissions >= 0) {
      int result = kernel.files().setPermissions(path, manner.permissions);
      if (result < 0) {
        made.remove();
        throw new SystemCallException("chmod", path, result, kernel);
      }
    }
    return manner.removesOnClose && kind == Files.S_IFSOCK ? made : null;
  }

  /** Something is at the path already: takes its place if it is a socket that nobody has. */
  private static int bindAnew(Socket socket, UnixAddress address, Sockets.Type type, Manner manner)
      throws IOException {
    Kernel kernel = socket.kernel;
    String path = address.toString();
    long[] stale = new long[2];
    int kind = kernel.files().identity(path, stale);
    if (kind >= 0 && kind != Files.S_IFSOCK) {
      throw new SystemCallException(
          "bind", path + ", which is no socket and stays", EADDRINUSE, kernel);
    }
    if (!manner.replacesStale) {
      throw new SystemCallException("bind", path + ", which is there already", EADDRINUSE, kernel);
    }
    int probed = kind < 0 ? ECONNREFUSED : probe(kernel, address, type);
    if (probed != ECONNREFUSED) {
      String whose =
          probed == EACCES || probed == EPERM
              ? ", which this user may not ask whether somebody listens"
              : ", which is a live socket";
      throw new SystemCallException("bind", path + whose, EADDRINUSE, kernel);
    }
    long[] now = new long[2];
    if (kernel.files().identity(path, now) == Files.S_IFSOCK && Arrays.equals(now, stale)) {
      kernel.files().unlink(path);
    }
    return socket.calls.bind(socket.lifetime.number(), address);
  }

  /** What a connection to it meets: ECONNREFUSED if nobody has the socket. */
  private static int probe(Kernel kernel, UnixAddress address, Sockets.Type type)
      throws IOException {
    Socket probe = Socket.openUnix(kernel, type, "SocketPath");
    try {
      int result;
      do {
        result = probe.calls.connect(probe.lifetime.number(), address);
      } while (result == Result.EINTR);
      return result;
    } finally {
      probe.lifetime.close();
    }
  }

  private static void check(String call, UnixAddress address, int result, Kernel kernel)
      throws SystemCallException {
    if (result < 0) {
      throw new SystemCallException(call, address, result, kernel);
    }
  }

  /** Leaves the file: it belongs to who has taken the socket over. */
  void leave() {
    left.set(true);
  }

  /**
   * Removes the file if it is the socket's still; while the socket is open, which keeps its number
   * from being given to another file.
   */
  void remove() {
    long[] now = new long[2];
    if (left.compareAndSet(false, true)
        && kernel.files().identity(path, now) == Files.S_IFSOCK
        && now[0] == identity[0]
        && now[1] == identity[1]) {
      kernel.files().unlink(path);
    }
  }
}
