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
      new UdpOption<>(SocketOption.SO_BINDTODEVICE, null);

  /** Mark on each packet for routing (SO_MARK, Linux); needs CAP_NET_ADMIN. */
  public static final UdpOption<Integer> MARK = number(SocketOption.SO_MARK);

  /** Processor that the packets arrive on, -1 for none yet (SO_INCOMING_CPU, Linux). */
  public static final UdpOption<Integer> INCOMING_CPU = number(SocketOption.SO_INCOMING_CPU);

  /** Type of service of IPv4 packets (IP_TOS). */
  public static final UdpOption<Integer> TYPE_OF_SERVICE = number(SocketOption.IP_TOS);

  /** Traffic class of IPv6 packets (IPV6_TCLASS). */
  public static final UdpOption<Integer> TRAFFIC_CLASS = number(SocketOption.IPV6_TCLASS);

  private UdpOption(SocketOption option, @Nullable Codec<T> codec) {
    super(option, codec);
  }

  private static UdpOption<Boolean> flag(SocketOption option) {
    return new UdpOption<>(option, Codec.FLAG);
  }

  private static UdpOption<Integer> number(SocketOption option) {
    return new UdpOption<>(option, Codec.NUMBER);
  }

  private static UdpOption<Integer> size(SocketOption option) {
    return new UdpOption<>(option, Codec.size(option));
  }
}
