package dev.selkie.simulation;

import dev.selkie.kernel.SocketOption;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The TCP ports of one host. */
final class Ports {
  /** net.ipv4.ip_local_port_range. */
  private static final int FIRST_EPHEMERAL = 32_768;

  private static final int LAST_EPHEMERAL = 60_999;

  private final Map<Integer, List<TcpSocket>> bound = new HashMap<>();
  private int nextEphemeral = FIRST_EPHEMERAL;

  /** Binds a socket, to the next free port for port 0: 0 or a negative code. */
  int bind(TcpSocket socket, InetAddress address, int port) {
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

  private int bindTo(TcpSocket socket, InetSocketAddress address) {
    List<TcpSocket> others = bound.computeIfAbsent(address.getPort(), p -> new ArrayList<>(1));
    socket.setLocal(address);
    for (TcpSocket other : others) {
      if (overlap(socket, other) && !share(socket, other)) {
        socket.setLocal(null);
        return Codes.EADDRINUSE;
      }
    }
    others.add(socket);
    return 0;
  }

  /** Whether a bound socket may listen though others are bound to its port. */
  boolean mayListen(TcpSocket socket) {
    for (TcpSocket other : bound.getOrDefault(port(socket), List.of())) {
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
  List<TcpSocket> sockets() {
    return bound.values().stream().flatMap(List::stream).toList();
  }

  void unbind(TcpSocket socket) {
    if (socket.local() == null) {
      return;
    }
    List<TcpSocket> others = bound.get(port(socket));
    if (others != null && others.remove(socket) && others.isEmpty()) {
      bound.remove(port(socket));
    }
  }

  /**
   * Who listens at an address: a socket bound to just it before one bound to all; of several that
   * share the port one, by the port of the client.
   */
  @Nullable TcpSocket listener(InetSocketAddress target, InetSocketAddress from) {
    List<TcpSocket> sockets = bound.getOrDefault(target.getPort(), List.of());
    List<TcpSocket> best = new ArrayList<>(1);
    boolean exact = false;
    for (TcpSocket socket : sockets) {
      if (!socket.isListening() || !Internet.covers(socket, target.getAddress())) {
        continue;
      }
      boolean own = !Objects.requireNonNull(socket.local()).getAddress().isAnyLocalAddress();
      if (own && !exact) {
        best.clear();
        exact = true;
      }
      if (own == exact) {
        best.add(socket);
      }
    }
    return best.isEmpty() ? null : best.get(from.getPort() % best.size());
  }

  private static int port(TcpSocket socket) {
    return Objects.requireNonNull(socket.local()).getPort();
  }

  private static boolean overlap(TcpSocket a, TcpSocket b) {
    return Internet.covers(a, Objects.requireNonNull(b.local()).getAddress())
        || Internet.covers(b, Objects.requireNonNull(a.local()).getAddress());
  }

  private static boolean share(TcpSocket a, TcpSocket b) {
    return both(a, b, SocketOption.SO_REUSEPORT)
        || (both(a, b, SocketOption.SO_REUSEADDR) && !a.isListening() && !b.isListening());
  }

  private static boolean both(TcpSocket a, TcpSocket b, SocketOption option) {
    return a.options.is(option) && b.options.is(option);
  }
}
