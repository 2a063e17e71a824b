package dev.selkie.simulation;

import dev.selkie.kernel.ControlData;
import dev.selkie.kernel.ControlData.Kind;
import dev.selkie.kernel.SocketOption;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** Control data of datagrams, ip(7), ipv6(7) and udp(7): what a sender says, a receiver is told. */
final class DatagramControl {
  private static final long NANOS_PER_SECOND = 1_000_000_000;

  private DatagramControl() {}

  /** How a datagram travels that a socket sends. */
  static Postage postage(UdpSocket socket, InetSocketAddress target, ControlData said) {
    SocketOptions options = socket.options;
    boolean v4 = Internet.isV4(target);
    boolean many = target.getAddress().isMulticastAddress();
    SocketOption limit = v4 ? SocketOption.IP_TTL : SocketOption.IPV6_UNICAST_HOPS;
    if (many) {
      limit = v4 ? SocketOption.IP_MULTICAST_TTL : SocketOption.IPV6_MULTICAST_HOPS;
    }
    int type = options.value(v4 ? SocketOption.IP_TOS : SocketOption.IPV6_TCLASS);
    SocketOption loop = v4 ? SocketOption.IP_MULTICAST_LOOP : SocketOption.IPV6_MULTICAST_LOOP;
    return new Postage(
        said.has(Kind.HOP_LIMIT) ? said.hopLimit() : options.value(limit),
        said.has(Kind.TRAFFIC_CLASS) ? said.trafficClass() : Math.max(type, 0),
        interfaceIndex(socket, target, said),
        said.has(Kind.SEGMENT_SIZE) ? said.segmentSize() : Integer.MAX_VALUE,
        !many || options.is(loop));
  }

  private static int interfaceIndex(UdpSocket socket, InetSocketAddress to, ControlData said) {
    if (said.has(Kind.LOCAL_ADDRESS) && said.interfaceIndex() != 0) {
      return said.interfaceIndex();
    }
    Internet internet = socket.network.internet();
    InetAddress host = to.getAddress();
    if (Internet.isToMany(to)) {
      boolean v4 = Internet.isV4(to);
      SocketOption by = v4 ? SocketOption.IP_MULTICAST_IF : SocketOption.IPV6_MULTICAST_IF;
      int chosen = host.isMulticastAddress() ? socket.options.value(by) : 0;
      return chosen != 0 ? chosen : usual(internet, socket.kernel, host);
    }
    boolean own = socket.kernel.equals(internet.hostOf(socket.kernel, host));
    return own ? Postage.LOOPBACK : Postage.NETWORK;
  }

  /** The interface of what names none: a host without an address has the loopback alone. */
  static int usual(Internet internet, SimulatedKernel kernel, InetAddress to) {
    return to.isLoopbackAddress() || internet.addressesOf(kernel).isEmpty()
        ? Postage.LOOPBACK
        : Postage.NETWORK;
  }

  /** Tells what a socket's options ask for. */
  static void tell(UdpSocket socket, Datagram datagram, ControlData told) {
    SocketOptions options = socket.options;
    boolean v4 = Internet.isV4(datagram.to);
    Postage postage = datagram.postage;
    told.clear();
    if (options.is(SocketOption.SO_TIMESTAMPNS)) {
      told.setTimestamp(0, datagram.arrival);
    }
    if (options.is(socket.v6 ? SocketOption.IPV6_RECVPKTINFO : SocketOption.IP_PKTINFO)) {
      told.localAddress().set(new InetSocketAddress(datagram.to.getAddress(), 0));
      told.setLocalAddress(postage.interfaceIndex());
    }
    if (options.is(v4 ? SocketOption.IP_RECVTTL : SocketOption.IPV6_RECVHOPLIMIT)) {
      told.setHopLimit(postage.hopLimit());
    }
    if (options.is(v4 ? SocketOption.IP_RECVTOS : SocketOption.IPV6_RECVTCLASS)) {
      told.setTrafficClass(postage.trafficClass());
    }
  }

  /** The wall clock of a host in nanoseconds. */
  static long now(SimulatedKernel kernel) {
    long inSecond = Math.floorMod(kernel.clock().nanoTime(), 1_000_000);
    return kernel.clock().currentTimeMillis() * 1_000_000 + inSecond % NANOS_PER_SECOND;
  }
}
