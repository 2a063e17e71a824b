package dev.selkie.simulation;

import dev.selkie.kernel.SocketOption;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Whose address is whose, who listens where, and what reaches whom. */
final class Internet {
  private static final InetAddress V4_ANY = InetAddress.ofLiteral("0.0.0.0");
  private static final InetAddress V6_ANY = InetAddress.ofLiteral("::");
  private static final InetAddress V4_LOOPBACK = InetAddress.ofLiteral("127.0.0.1");
  private static final InetAddress V6_LOOPBACK = InetAddress.ofLiteral("::1");

  /** All of the network, and all of a host. */
  private static final Set<InetAddress> BROADCASTS =
      Set.of(InetAddress.ofLiteral("255.255.255.255"), InetAddress.ofLiteral("127.255.255.255"));

  private final Map<InetAddress, SimulatedKernel> owners = new LinkedHashMap<>();
  private final Map<SimulatedKernel, Ports<TcpSocket>> tcp = new LinkedHashMap<>();
  private final Map<SimulatedKernel, Ports<UdpSocket>> udp = new LinkedHashMap<>();
  private final Map<Way, Route> routes = new LinkedHashMap<>();

  private final Map<Way, Link.Line> links = new LinkedHashMap<>();

  /** What stands still since its route is lost. */
  private final Set<Flow> held = new LinkedHashSet<>();

  private final SimulatedNetwork network;

  Internet(SimulatedNetwork network) {
    this.network = network;
  }

  void add(SimulatedKernel kernel, List<InetAddress> addresses) {
    for (InetAddress address : addresses) {
      if (address.isLoopbackAddress() || address.isAnyLocalAddress()) {
        throw new IllegalArgumentException("every host has " + address.getHostAddress());
      }
      if (owners.containsKey(address)) {
        throw new IllegalArgumentException(
            "another host of the network has the address " + address.getHostAddress());
      }
    }
    addresses.forEach(address -> owners.put(address, kernel));
    tcp.put(kernel, new Ports<>());
    udp.put(kernel, new Ports<>());
  }

  void route(InetAddress from, InetAddress to, Route route) {
    routes.put(new Way(from, to), route);
    for (Flow flow : List.copyOf(held)) {
      if (isOpen(flow.sender, flow.receiver)) {
        held.remove(flow);
        flow.release();
      }
    }
  }

  void hold(Flow flow) {
    held.add(flow);
  }

  void forget(Flow flow) {
    held.remove(flow);
  }

  Set<Flow> held() {
    return held;
  }

  void link(InetAddress from, InetAddress to, Link link) {
    links.put(new Way(from, to), new Link.Line(network, link));
  }

  /** How long a message needs from one address to another, in nanoseconds. */
  long delay(@Nullable InetSocketAddress from, @Nullable InetSocketAddress to, int bytes) {
    Link.Line line = line(from, to);
    return line == null ? network.latency() : line.delay(bytes);
  }

  /** How long a link needs for what it was given to carry, in nanoseconds. */
  long backlog(InetSocketAddress from, InetSocketAddress to) {
    Link.Line line = line(from, to);
    return line == null ? 0 : line.backlog();
  }

  /** Whether data takes its time by its length. */
  boolean isLimited(@Nullable InetSocketAddress from, @Nullable InetSocketAddress to) {
    Link.Line line = line(from, to);
    return line != null && line.isLimited();
  }

  private Link.@Nullable Line line(
      @Nullable InetSocketAddress from, @Nullable InetSocketAddress to) {
    return links.isEmpty() || from == null || to == null
        ? null
        : links.get(new Way(from.getAddress(), to.getAddress()));
  }

  /** Resets the connections made from one address to another, and counts them. */
  int reset(InetAddress from, InetAddress to) {
    SimulatedKernel host = owners.get(from);
    Ports<TcpSocket> all = host == null ? null : tcp.get(host);
    int count = 0;
    for (TcpSocket socket : all == null ? List.<TcpSocket>of() : all.sockets()) {
      boolean between =
          from.equals(Objects.requireNonNull(socket.local()).getAddress())
              && socket.remote() != null
              && to.equals(socket.remote().getAddress());
      count += between && socket.cut() ? 1 : 0;
    }
    return count;
  }

  static boolean isBroadcast(InetSocketAddress address) {
    return BROADCASTS.contains(address.getAddress());
  }

  /** Whether it is an address of many. */
  static boolean isToMany(InetSocketAddress address) {
    return isBroadcast(address) || address.getAddress().isMulticastAddress();
  }

  static boolean isV4(InetSocketAddress address) {
    return address.getAddress() instanceof Inet4Address;
  }

  /** The hosts that a broadcast reaches, or what is sent to a group. */
  Set<SimulatedKernel> hostsOf(SimulatedKernel from, InetSocketAddress many) {
    return many.getAddress().isLoopbackAddress()
        ? Set.of(from)
        : new LinkedHashSet<>(owners.values());
  }

  List<InetAddress> addressesOf(SimulatedKernel kernel) {
    List<InetAddress> found = new ArrayList<>();
    owners.forEach((address, owner) -> {
      if (owner.equals(kernel)) {
        found.add(address);
      }
    });
    return found;
  }

  /** The host that an address means to a host, or null for nobody. */
  @Nullable SimulatedKernel hostOf(SimulatedKernel from, InetAddress address) {
    return address.isLoopbackAddress() ? from : owners.get(address);
  }

  boolean isOpen(TcpSocket sender, TcpSocket receiver) {
    if (routes.isEmpty() || sender.local() == null || receiver.local() == null) {
      return true;
    }
    return routes.getOrDefault(
            new Way(sender.local().getAddress(), receiver.local().getAddress()), Route.OPEN)
        == Route.OPEN;
  }

  Route routeTo(TcpSocket client, InetSocketAddress target) {
    return route(client.kernel, client.local() == null ? unbound(false) : client.local(), target);
  }

  Route route(SimulatedKernel sender, InetSocketAddress from, InetSocketAddress to) {
    Route known = routes.get(new Way(from.getAddress(), to.getAddress()));
    if (known != null || isToMany(to)) {
      return known == null ? Route.OPEN : known;
    }
    return hostOf(sender, to.getAddress()) == null ? Route.NO_NETWORK : Route.OPEN;
  }

  List<InetAddress> resolve(String host) {
    List<InetAddress> found = new ArrayList<>();
    String scope = host.substring(host.indexOf('%') + 1);
    if (scope.length() == host.length() || scope.chars().allMatch(Character::isDigit)) {
      try {
        found.add(InetAddress.ofLiteral(host)); // of a named scope it would ask this machine
        return found;
      } catch (IllegalArgumentException e) {
        // a name
      }
    }
    owners.forEach((address, kernel) -> {
      if (kernel.hostName().equals(host)) {
        found.add(address);
      }
    });
    if (found.isEmpty() && host.equals("localhost")) {
      found.add(V4_LOOPBACK);
      found.add(V6_LOOPBACK);
    }
    return found;
  }

  /** Where a connection to an address goes: to oneself for the unspecified one. */
  @Nullable InetSocketAddress target(InetSocketAddress to, boolean v6) {
    InetAddress address = unmapped(to.getAddress());
    if (address instanceof Inet6Address && !v6) {
      return null;
    }
    if (address.isAnyLocalAddress()) {
      address = address instanceof Inet6Address ? V6_LOOPBACK : V4_LOOPBACK;
    }
    return new InetSocketAddress(address, to.getPort());
  }

  /** The IPv4 address that an IPv6 one stands for, or the address itself. */
  private static InetAddress unmapped(InetAddress address) {
    try {
      InetAddress plain = InetAddress.getByAddress(address.getAddress());
      return plain instanceof Inet4Address ? plain : address;
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  /** Gives a socket that connects its own address, if it has none: 0 or a negative code. */
  int bindForConnect(TcpSocket socket, InetSocketAddress target) {
    InetAddress to = target.getAddress();
    if (to.isMulticastAddress() || isBroadcast(target)) {
      return Codes.ENETUNREACH;
    }
    InetAddress from = sourceOf(socket, target);
    if (from == null) {
      return Codes.ENETUNREACH;
    }
    InetSocketAddress bound = socket.local();
    if (bound == null) {
      return bindPort(socket, from, 0);
    }
    socket.setLocal(new InetSocketAddress(from, bound.getPort()));
    return 0;
  }

  /** The address from which a socket reaches another one, or null if it does not. */
  @Nullable InetAddress sourceOf(InternetSocket socket, InetSocketAddress target) {
    InetAddress to = target.getAddress();
    InetSocketAddress bound = socket.local();
    InetAddress from =
        bound != null && !bound.getAddress().isAnyLocalAddress()
            ? bound.getAddress()
            : sourceFor(socket.kernel, to);
    if (from == null || isToMany(target)) {
      return from;
    }
    Route route = routes.get(new Way(from, to));
    return route == Route.NO_NETWORK || (route == null && hostOf(socket.kernel, to) == null)
        ? null
        : from;
  }

  /** The address of one of a host's interfaces that speaks to an address. */
  @Nullable InetAddress sourceBy(SimulatedKernel kernel, int interfaceIndex, InetAddress to) {
    boolean v4 = to instanceof Inet4Address;
    return interfaceIndex == Postage.LOOPBACK
        ? v4 ? V4_LOOPBACK : V6_LOOPBACK
        : sourceFor(kernel, to);
  }

  private @Nullable InetAddress sourceFor(SimulatedKernel kernel, InetAddress to) {
    boolean v4 = to instanceof Inet4Address;
    if (to.isLoopbackAddress()) {
      return v4 ? V4_LOOPBACK : V6_LOOPBACK;
    }
    if (owners.get(to) == kernel) {
      return to;
    }
    for (Map.Entry<InetAddress, SimulatedKernel> entry : owners.entrySet()) {
      if (entry.getValue() == kernel && entry.getKey() instanceof Inet4Address == v4) {
        return entry.getKey();
      }
    }
    return null;
  }

  int bind(InternetSocket socket, InetSocketAddress at) {
    InetAddress address = at.getAddress();
    if (address instanceof Inet6Address && !socket.v6) {
      return Codes.EAFNOSUPPORT;
    }
    boolean some = !address.isAnyLocalAddress() && !address.isMulticastAddress();
    if (some && hostOf(socket.kernel, address) != socket.kernel) {
      return Codes.EADDRNOTAVAIL;
    }
    return bindPort(socket, address, at.getPort());
  }

  /** Gives a socket a free port at whatever address it has: 0 or a negative code. */
  int listenAnywhere(InternetSocket socket) {
    InetSocketAddress known = socket.local() == null ? unbound(socket.v6) : socket.local();
    return bindPort(socket, known.getAddress(), 0);
  }

  /** Makes a socket that has no port choose one: 0 or a negative code. */
  int listen(TcpSocket socket) {
    if (socket.local() == null) {
      int result = listenAnywhere(socket);
      if (result < 0) {
        return result;
      }
    }
    return tcp(socket.kernel).mayListen(socket) ? 0 : Codes.EADDRINUSE;
  }

  void unbind(InternetSocket socket) {
    switch (socket) {
      case TcpSocket stream -> tcp(stream.kernel).unbind(stream);
      case UdpSocket datagrams -> udp(datagrams.kernel).unbind(datagrams);
    }
  }

  @Nullable TcpSocket listener(
      SimulatedKernel host, InetSocketAddress target, InetSocketAddress from) {
    Ports<TcpSocket> all = tcp.get(host);
    return all == null ? null : all.listener(target, from);
  }

  /** Who takes a datagram at a host: one, or all that it is meant for. */
  List<UdpSocket> receivers(SimulatedKernel host, Datagram datagram) {
    InetSocketAddress to = datagram.to;
    if (isToMany(to)) {
      List<UdpSocket> all = udp(host).receivers(to, datagram.from);
      boolean joined =
          isBroadcast(to)
              || udp(host).sockets().stream().anyMatch(socket -> socket.joins(datagram));
      return joined ? all.stream().filter(socket -> socket.wants(datagram)).toList() : List.of();
    }
    UdpSocket receiver = udp(host).receiver(to, datagram.from);
    return receiver == null ? List.of() : List.of(receiver);
  }

  private Ports<TcpSocket> tcp(SimulatedKernel host) {
    return tcp.computeIfAbsent(host, _ -> new Ports<>());
  }

  private Ports<UdpSocket> udp(SimulatedKernel host) {
    return udp.computeIfAbsent(host, _ -> new Ports<>());
  }

  private int bindPort(InternetSocket socket, InetAddress address, int port) {
    return switch (socket) {
      case TcpSocket stream -> tcp(stream.kernel).bind(stream, address, port);
      case UdpSocket datagrams -> udp(datagrams.kernel).bind(datagrams, address, port);
    };
  }

  static InetSocketAddress unbound(boolean v6) {
    return new InetSocketAddress(v6 ? V6_ANY : V4_ANY, 0);
  }

  static String text(@Nullable InetSocketAddress address) {
    return address == null
        ? "unbound"
        : address.getAddress().getHostAddress() + ":" + address.getPort();
  }

  /** Whether a bound socket stands for an address: its own, or any of its family. */
  static boolean covers(InternetSocket socket, InetAddress address) {
    InetSocketAddress local = socket.local();
    if (local == null) {
      return false;
    }
    InetAddress own = local.getAddress();
    if (!own.isAnyLocalAddress()) {
      return own.equals(address);
    }
    if (own instanceof Inet4Address) {
      return address instanceof Inet4Address;
    }
    return address instanceof Inet6Address || !socket.options.is(SocketOption.IPV6_V6ONLY);
  }
}
