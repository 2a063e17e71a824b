package dev.selkie.net;

import dev.selkie.Source;
import dev.selkie.kernel.AddressBuffer;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SocketOption;
import dev.selkie.kernel.Sockets;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.source.PipeReader;
import dev.selkie.source.PipeWriter;
import dev.selkie.source.RawSource;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The descriptors that a service manager hands to the service it starts, sd_listen_fds(3): sockets
 * that it listens at in the service's stead (socket activation), and what the service has stored
 * with it.
 *
 * <p>Each becomes a source of the type that it is: {@link TcpListener}, {@link TcpStream}, {@link
 * UdpSocket}, {@link UnixListener}, {@link UnixStream}, {@link UnixDatagramSocket}, {@link
 * PipeReader} for a FIFO, {@link PipeWriter} for one that is open for writing alone, and {@link
 * RawSource} for anything else. It is made close-on-exec, and non-blocking. Who takes one owns it;
 * the others are closed with this.
 *
 * <p>A program takes them once, at its start. Not thread-safe.
 */
public final class InheritedSockets implements AutoCloseable {
  private static final int FIRST = 3;
  private static final int MOST = 1 << 20;
  private static final String NO_NAME = "unknown";
  private static final Set<Kernel> TAKEN =
      Collections.synchronizedSet(Collections.newSetFromMap(new WeakHashMap<>()));

  private final List<Inherited> left;

  private InheritedSockets(List<Inherited> left) {
    this.left = left;
  }

  /**
   * One of them.
   *
   * @param name what the manager calls it: {@code FileDescriptorName=}, else {@code unknown}
   * @param source of the type that it is
   */
  public record Inherited(String name, Source source) {}

  /** Takes those of this process, by the current kernel and the process's environment. */
  public static InheritedSockets take() throws IOException {
    return take(Kernel.current(), System.getenv());
  }

  /**
   * Takes those that an environment names: {@code LISTEN_FDS} descriptors from 3 on, if {@code
   * LISTEN_PID} is this process, by the names of {@code LISTEN_FDNAMES}. None if it names none.
   *
   * @throws IllegalArgumentException if one of these is malformed
   * @throws IllegalStateException if they have been taken
   * @throws SystemCallException if one is not open (EBADF); all are closed then
   */
  public static InheritedSockets take(Kernel kernel, Map<String, String> environment)
      throws IOException {
    Objects.requireNonNull(kernel, "kernel");
    String pid = environment.get("LISTEN_PID");
    String count = environment.get("LISTEN_FDS");
    if (pid == null
        || count == null
        || ServiceManager.number("LISTEN_PID", pid) != kernel.processes().self()) {
      return new InheritedSockets(new ArrayList<>()); // not meant for this process
    }
    long number = ServiceManager.number("LISTEN_FDS", count);
    if (number > MOST) {
      throw new IllegalArgumentException("LISTEN_FDS=" + count + ": that many cannot be open");
    }
    String[] names = names(environment.get("LISTEN_FDNAMES"), number);
    if (!TAKEN.add(kernel)) {
      throw new IllegalStateException(
          "the inherited descriptors have been taken: take them once, at the program's start");
    }
    InheritedSockets taken = new InheritedSockets(new ArrayList<>());
    taken.adopt(kernel, (int) number, names);
    return taken;
  }

  private static String[] names(@Nullable String text, long number) {
    if (text == null) {
      return new String[0];
    }
    String[] names = text.split(":", -1);
    if (names.length != number) {
      throw new IllegalArgumentException(
          "LISTEN_FDNAMES=%s: %d names for %d descriptors".formatted(text, names.length, number));
    }
    return names;
  }

  private void adopt(Kernel kernel, int count, String[] names) throws IOException {
    int next = FIRST;
    try {
      while (next < FIRST + count) {
        Source source = source(kernel, next);
        left.add(new Inherited(names.length == 0 ? NO_NAME : names[next - FIRST], source));
        next++;
      }
    } catch (IOException | RuntimeException e) {
      close();
      while (next < FIRST + count) {
        kernel.files().close(next++);
      }
      throw e;
    }
  }

  private static Source source(Kernel kernel, int number) throws IOException {
    int result = kernel.files().setCloseOnExec(number);
    if (result < 0) {
      throw new SystemCallException(
          "fcntl", "fd " + number + ", which LISTEN_FDS names", result, kernel);
    }
    long type = kernel.sockets().getOption(number, SocketOption.SO_TYPE);
    if (type == -Errno.ENOTSOCK.number()) {
      if (kernel.files().kind(number) != Files.S_IFIFO) {
        return RawSource.own(kernel, number);
      }
      return kernel.files().accessMode(number) == Files.O_WRONLY
          ? PipeWriter.adopt(kernel, number)
          : PipeReader.adopt(kernel, number);
    }
    AddressBuffer local = Socket.localAddress(kernel, number);
    boolean listens = Socket.ask(kernel, number, SocketOption.SO_ACCEPTCONN) > 0;
    if (local != null && local.isUnix()) {
      if (type == Sockets.SOCK_DGRAM) {
        return UnixDatagramSocket.adopt(kernel, number);
      }
      return listens ? UnixListener.adopt(kernel, number) : UnixStream.adopt(kernel, number);
    }
    boolean internet = local != null && (local.isV4() || local.isV6());
    if (internet && type == Sockets.SOCK_DGRAM) {
      return UdpSocket.adopt(kernel, number);
    }
    if (internet && type == Sockets.SOCK_STREAM) {
      return listens ? TcpListener.adopt(kernel, number) : TcpStream.adopt(kernel, number);
    }
    return RawSource.own(kernel, number);
  }

  /** Those that nobody has taken, in the manager's order. */
  public List<Inherited> left() {
    return List.copyOf(left);
  }

  /** Whether there are none, or none left: the program makes its own. */
  public boolean isEmpty() {
    return left.isEmpty();
  }

  /**
   * Takes the first of a type that is left, which the caller owns from then on.
   *
   * @return the source, or null if there is none
   */
  public <S extends Source> @Nullable S takeFirst(Class<S> type) {
    return take(type, null);
  }

  /**
   * Takes the first of a name that is left, which the caller owns from then on.
   *
   * @return the source, or null if there is none of that name
   * @throws IllegalArgumentException if that is of another type; it is not taken then
   */
  public <S extends Source> @Nullable S take(String name, Class<S> type) {
    return take(type, Objects.requireNonNull(name, "name"));
  }

  private <S extends Source> @Nullable S take(Class<S> type, @Nullable String name) {
    for (Inherited each : left) {
      if (name == null ? type.isInstance(each.source()) : each.name().equals(name)) {
        if (!type.isInstance(each.source())) {
          throw new IllegalArgumentException(
              "%s is no %s: %s".formatted(name, type.getSimpleName(), each.source()));
        }
        left.remove(each);
        return type.cast(each.source());
      }
    }
    return null;
  }

  /** Closes those that nobody has taken. */
  @Override
  public void close() {
    left.forEach(each -> each.source().close());
    left.clear();
  }

  @Override
  public String toString() {
    return left.toString();
  }
}
