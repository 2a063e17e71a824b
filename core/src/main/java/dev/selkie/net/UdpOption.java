package dev.selkie.net;

import dev.selkie.kernel.SocketOption;
import org.jspecify.annotations.Nullable;

/**
 * An option of a UDP socket.
 *
 * <p>An option that the system does not have is refused with {@code ENOPROTOOPT} by {@code set} and
 * {@code get}.
 *
 * @param <T> the type of value
 */
public final class UdpOption<T> extends NetOption<T> {
  /** Datagrams may be sent to a broadcast address, EACCES otherwise (SO_BROADCAST). */
  public static final UdpOption<Boolean> BROADCAST = flag(SocketOption.SO_BROADCAST);

  /** Several sockets bind one address: all get what is broadcast to it (SO_REUSEADDR). */
  public static final UdpOption<Boolean> REUSE_ADDRESS = flag(SocketOption.SO_REUSEADDR);

  /** Several sockets of one user share a port, and on Linux its datagrams (SO_REUSEPORT). */
  public static final UdpOption<Boolean> REUSE_PORT = flag(SocketOption.SO_REUSEPORT);

  /** Send buffer, bytes (SO_SNDBUF); Linux gives back twice what was set, socket(7). */
  public static final UdpOption<Integer> SEND_BUFFER = size(SocketOption.SO_SNDBUF);

  /**
   * Receive buffer, bytes (SO_RCVBUF): what arrives when it is full is dropped in silence. Linux
   * gives back twice what was set, socket(7).
   */
  public static final UdpOption<Integer> RECEIVE_BUFFER = size(SocketOption.SO_RCVBUF);

  /** An IPv6 socket takes no IPv4 (IPV6_V6ONLY); set it before binding. */
  public static final UdpOption<Boolean> V6_ONLY = flag(SocketOption.IPV6_V6ONLY);

  /** Tied to a network interface by name, empty for none (SO_BINDTODEVICE, Linux). */
  public static final UdpOption<String> DEVICE =
      new UdpOption<>(SocketOption.SO_BINDTODEVICE, null, null);

  /** Mark on each packet for routing (SO_MARK, Linux); needs CAP_NET_ADMIN. */
  public static final UdpOption<Integer> MARK = number(SocketOption.SO_MARK);

  /** Processor that the packets arrive on, -1 for none yet (SO_INCOMING_CPU, Linux). */
  public static final UdpOption<Integer> INCOMING_CPU = number(SocketOption.SO_INCOMING_CPU);

  /** Type of service of IPv4 packets (IP_TOS). */
  public static final UdpOption<Integer> TYPE_OF_SERVICE = number(SocketOption.IP_TOS);

  /** Traffic class of IPv6 packets (IPV6_TCLASS). */
  public static final UdpOption<Integer> TRAFFIC_CLASS = number(SocketOption.IPV6_TCLASS);

  /**
   * How many routers what is sent may pass, 1 to 255, usually 64 (IP_TTL, IPV6_UNICAST_HOPS). See
   * {@link dev.selkie.Envelope#sendHopLimit} for single datagrams.
   */
  public static final UdpOption<Integer> HOP_LIMIT =
      pair(SocketOption.IP_TTL, SocketOption.IPV6_UNICAST_HOPS, Codec.NUMBER);

  /**
   * How many routers what is sent to a group may pass, 0 to 255: 1, as at first, stays on the
   * network, 0 on the host (IP_MULTICAST_TTL, IPV6_MULTICAST_HOPS).
   */
  public static final UdpOption<Integer> MULTICAST_HOP_LIMIT =
      pair(SocketOption.IP_MULTICAST_TTL, SocketOption.IPV6_MULTICAST_HOPS, Codec.NUMBER);

  /** Members of a group on this host hear what is sent to it; at first they do. */
  public static final UdpOption<Boolean> MULTICAST_LOOP =
      pair(SocketOption.IP_MULTICAST_LOOP, SocketOption.IPV6_MULTICAST_LOOP, Codec.FLAG);

  /** An envelope tells {@link dev.selkie.Envelope#destination} and the interface. */
  public static final UdpOption<Boolean> RECEIVE_DESTINATION =
      pair(SocketOption.IP_PKTINFO, SocketOption.IPV6_RECVPKTINFO, Codec.FLAG);

  /** An envelope tells {@link dev.selkie.Envelope#hopLimit}. */
  public static final UdpOption<Boolean> RECEIVE_HOP_LIMIT =
      pair(SocketOption.IP_RECVTTL, SocketOption.IPV6_RECVHOPLIMIT, Codec.FLAG);

  /** An envelope tells {@link dev.selkie.Envelope#trafficClass}, ECN with it. */
  public static final UdpOption<Boolean> RECEIVE_TRAFFIC_CLASS =
      pair(SocketOption.IP_RECVTOS, SocketOption.IPV6_RECVTCLASS, Codec.FLAG);

  /** An envelope tells {@link dev.selkie.Envelope#arrivalNanos} (SO_TIMESTAMPNS, SO_TIMESTAMP). */
  public static final UdpOption<Boolean> RECEIVE_TIME = flag(SocketOption.SO_TIMESTAMPNS);

  /**
   * A receive may bring several datagrams of one sender in a row, up to 64 KiB, of {@link
   * dev.selkie.Envelope#segmentSize} bytes each (UDP_GRO, Linux 5.0).
   */
  public static final UdpOption<Boolean> COALESCE = flag(SocketOption.UDP_GRO);

  /** The number of the interface; write only where the socket is of IPv4. */
  static final UdpOption<Integer> MULTICAST_INTERFACE =
      pair(SocketOption.IP_MULTICAST_IF, SocketOption.IPV6_MULTICAST_IF, Codec.NUMBER);

  private UdpOption(
      SocketOption option, @Nullable SocketOption optionV6, @Nullable Codec<T> codec) {
    super(option, optionV6, codec);
  }

  private static <T> UdpOption<T> pair(SocketOption v4, SocketOption v6, Codec<T> codec) {
    return new UdpOption<>(v4, v6, codec);
  }

  private static UdpOption<Boolean> flag(SocketOption option) {
    return new UdpOption<>(option, null, Codec.FLAG);
  }

  private static UdpOption<Integer> number(SocketOption option) {
    return new UdpOption<>(option, null, Codec.NUMBER);
  }

  private static UdpOption<Integer> size(SocketOption option) {
    return new UdpOption<>(option, null, Codec.size(option));
  }
}
