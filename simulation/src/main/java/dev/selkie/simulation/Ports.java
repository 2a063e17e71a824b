package dev.selkie.simulation;

import dev.selkie.kernel.SocketOption;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The ports of one protocol on one host.
 *
 * @param <S> the protocol's type of socket
 */
final class Ports<S extends InternetSocket> {
  /** net.ipv4.ip_local_port_range. */
  private static final int FIRST_EPHEMERAL = 32_768;

  private static final int LAST_EPHEMERAL = 60_999;

  private final Map<Integer, List<S>> bound = new HashMap<>();
  private int nextEphemeral = FIRST_EPHEMERAL;

  /** Binds a socket, to the next free port for port 0: 0 or a negative code. */
  int bind(S socket, InetAddress address, int port) {
    if (port != 0) {
      return bindTo(socket, new InetSocketAddress(address, port));
    }
    for (int tries = FIRST_EPHEMERAL; tries <= LAST_EPHEMERAL; tries++) {
      int chosen = nextEphemeral;
      nextEphemeral = chosen == LAST_EPHEMERAL ? FIRST_EPHEMERAL : chosen + 1;
      if (!bound.containsKey(chosen)) {
        return bindTo(socket, new InetSocketAddress(address, chosen));
      }
    }
    return Codes.EADDRINUSE;
  }

  private int bindTo(S socket, InetSocketAddress address) {
    List<S> others = bound.computeIfAbsent(address.getPort(), p -> new ArrayList<>(1));
    socket.setLocal(address);
    for (S other : others) {
      if (overlap(socket, other) && !share(socket, other)) {
        socket.setLocal(null);
        return Codes.EADDRINUSE;
      }
    }
    others.add(socket);
    return 0;
  }

  /** Whether a bound socket may listen though others are bound to its port. */
  boolean mayListen(S socket) {
    for (S other : bound.getOrDefault(port(socket), List.of())) {
      if (other != socket
          && other.isListening()
          && overlap(socket, other)
          && !both(socket, other, SocketOption.SO_REUSEPORT)) {
        return false;
      }
    }
    return true;
  }

  /** Those that have a port of their own: all but accepted ones. */
  List<S> sockets() {
    return bound.values().stream().flatMap(List::stream).toList();
  }

  void unbind(S socket) {
    if (socket.local() == null) {
      return;
    }
    List<S> others = bound.get(port(socket));
    if (others != null && others.remove(socket) && others.isEmpty()) {
      bound.remove(port(socket));
    }
  }

  /**
   * Who listens at an address: a socket bound to just it before one bound to all; of several that
   * share the port one, by the port of the client.
   */
  @Nullable S listener(InetSocketAddress target, InetSocketAddress from) {
    List<S> best = best(target, from, InternetSocket::isListening);
    return best.isEmpty() ? null : best.get(from.getPort() % best.size());
  }

  /**
   * Who receives what is sent to an address: the best match of who is not connected to somebody
   * else, connected before bound to just it before bound to all; of several that share the port one
   * by the sender's port, or the last that has come.
   */
  @Nullable S receiver(InetSocketAddress target, InetSocketAddress from) {
    List<S> best = best(target, from, socket -> hears(socket, from));
    if (best.isEmpty()) {
      return null;
    }
    S last = best.getLast();
    boolean shared = last.options.is(SocketOption.SO_REUSEPORT);
    return shared ? best.get(from.getPort() % best.size()) : last;
  }

  /** All who receive what is sent to everybody at a port. */
  List<S> receivers(InetSocketAddress target, InetSocketAddress from) {
    return bound.getOrDefault(target.getPort(), List.of()).stream()
        .filter(socket -> Internet.covers(socket, target.getAddress()) && hears(socket, from))
        .toList();
  }

  private static boolean hears(InternetSocket socket, InetSocketAddress from) {
    return socket.remote() == null || from.equals(socket.remote());
  }

  /** Those of the sockets at an address that name most of it, and of its peer. */
  private List<S> best(InetSocketAddress target, InetSocketAddress from, Predicate<S> may) {
    List<S> best = new ArrayList<>(1);
    int most = 0;
    for (S socket : bound.getOrDefault(target.getPort(), List.of())) {
      if (!may.test(socket) || !Internet.covers(socket, target.getAddress())) {
        continue;
      }
      boolean own = !Objects.requireNonNull(socket.local()).getAddress().isAnyLocalAddress();
      int named = (from.equals(socket.remote()) ? 2 : 0) + (own ? 1 : 0);
      if (named > most) {
        best.clear();
        most = named;
      }
      if (named == most) {
        best.add(socket);
      }
    }
    return best;
  }

  private static int port(InternetSocket socket) {
    return Objects.requireNonNull(socket.local()).getPort();
  }

  private static boolean overlap(InternetSocket a, InternetSocket b) {
    return Internet.covers(a, Objects.requireNonNull(b.local()).getAddress())
        || Internet.covers(b, Objects.requireNonNull(a.local()).getAddress());
  }

  private static boolean share(InternetSocket a, InternetSocket b) {
    return both(a, b, SocketOption.SO_REUSEPORT)
        || (both(a, b, SocketOption.SO_REUSEADDR) && !a.isListening() && !b.isListening());
  }

  private static boolean both(InternetSocket a, InternetSocket b, SocketOption option) {
    return a.options.is(option) && b.options.is(option);
  }
}
