package dev.selkie.net;

import dev.selkie.kernel.SocketOption;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * An option of a TCP stream or listener.
 *
 * <p>An option that the system does not have is refused with {@code ENOPROTOOPT} by {@code set} and
 * {@code get}. Options set on a listener pass on to the streams that it accepts where the system
 * does so: on Linux all of these but {@link #QUICK_ACK}, {@link #DEFER_ACCEPT} and {@link
 * #FAST_OPEN}.
 *
 * @param <T> the type of value
 */
public final class TcpOption<T> extends NetOption<T> {
  /** Send small writes at once, without waiting for more (TCP_NODELAY). */
  public static final TcpOption<Boolean> NODELAY = flag(SocketOption.TCP_NODELAY);

  /** Hold partial frames until this is cleared, for at most 200 ms (TCP_CORK, Linux). */
  public static final TcpOption<Boolean> CORK = flag(SocketOption.TCP_CORK);

  /** Acknowledge at once; the kernel may clear it again (TCP_QUICKACK, Linux). */
  public static final TcpOption<Boolean> QUICK_ACK = flag(SocketOption.TCP_QUICKACK);

  /** Largest segment, bytes (TCP_MAXSEG). */
  public static final TcpOption<Integer> MAX_SEGMENT = number(SocketOption.TCP_MAXSEG);

  /** Probe the peer of an idle connection (SO_KEEPALIVE). */
  public static final TcpOption<Boolean> KEEPALIVE = flag(SocketOption.SO_KEEPALIVE);

  /** Silence before the first probe, whole seconds (TCP_KEEPIDLE). */
  public static final TcpOption<Duration> KEEPALIVE_IDLE = seconds(SocketOption.TCP_KEEPIDLE);

  /** Time between probes, whole seconds (TCP_KEEPINTVL). */
  public static final TcpOption<Duration> KEEPALIVE_INTERVAL = seconds(SocketOption.TCP_KEEPINTVL);

  /** Probes without an answer before the connection is given up (TCP_KEEPCNT). */
  public static final TcpOption<Integer> KEEPALIVE_COUNT = number(SocketOption.TCP_KEEPCNT);

  /** How long sent data may stay unacknowledged, milliseconds (TCP_USER_TIMEOUT, RFC 5482). */
  public static final TcpOption<Duration> USER_TIMEOUT = millis(SocketOption.TCP_USER_TIMEOUT);

  /** Bind although old connections of the port linger (SO_REUSEADDR); on for listeners. */
  public static final TcpOption<Boolean> REUSE_ADDRESS = flag(SocketOption.SO_REUSEADDR);

  /** Several listeners of one user share a port, and its connections (SO_REUSEPORT). */
  public static final TcpOption<Boolean> REUSE_PORT = flag(SocketOption.SO_REUSEPORT);

  /** Send buffer, bytes (SO_SNDBUF); Linux gives back twice what was set, socket(7). */
  public static final TcpOption<Integer> SEND_BUFFER = size(SocketOption.SO_SNDBUF);

  /** Receive buffer, bytes (SO_RCVBUF); Linux gives back twice what was set, socket(7). */
  public static final TcpOption<Integer> RECEIVE_BUFFER = size(SocketOption.SO_RCVBUF);

  /**
   * What close does with unsent data, seconds (SO_LINGER): -1 sends it in the background, 0 drops
   * it and resets the connection, more makes close block for up to that long, also here.
   */
  public static final TcpOption<Integer> LINGER = number(SocketOption.SO_LINGER);

  /** Deliver urgent bytes in the stream (SO_OOBINLINE). */
  public static final TcpOption<Boolean> URGENT_INLINE = flag(SocketOption.SO_OOBINLINE);

  /**
   * On a listener: how long a connection may wait for its first data before it is accepted without,
   * whole seconds, rounded to retransmissions (TCP_DEFER_ACCEPT, Linux).
   */
  public static final TcpOption<Duration> DEFER_ACCEPT = seconds(SocketOption.TCP_DEFER_ACCEPT);

  /** On a listener: how many fast-open requests may be pending (TCP_FASTOPEN, RFC 7413). */
  public static final TcpOption<Integer> FAST_OPEN = number(SocketOption.TCP_FASTOPEN);

  /** On a client: the first write rides on the first packet (TCP_FASTOPEN_CONNECT, Linux). */
  public static final TcpOption<Boolean> FAST_OPEN_CONNECT =
      flag(SocketOption.TCP_FASTOPEN_CONNECT);

  /** An IPv6 socket takes no IPv4 (IPV6_V6ONLY); set it before binding. */
  public static final TcpOption<Boolean> V6_ONLY = flag(SocketOption.IPV6_V6ONLY);

  /** Tied to a network interface by name, empty for none (SO_BINDTODEVICE, Linux). */
  public static final TcpOption<String> DEVICE =
      new TcpOption<>(SocketOption.SO_BINDTODEVICE, null);

  /** Mark on each packet for routing (SO_MARK, Linux); needs CAP_NET_ADMIN. */
  public static final TcpOption<Integer> MARK = number(SocketOption.SO_MARK);

  /** Processor that the packets arrive on, -1 for none yet (SO_INCOMING_CPU, Linux). */
  public static final TcpOption<Integer> INCOMING_CPU = number(SocketOption.SO_INCOMING_CPU);

  /** Type of service of IPv4 packets (IP_TOS). */
  public static final TcpOption<Integer> TYPE_OF_SERVICE = number(SocketOption.IP_TOS);

  /** Traffic class of IPv6 packets (IPV6_TCLASS). */
  public static final TcpOption<Integer> TRAFFIC_CLASS = number(SocketOption.IPV6_TCLASS);

  private TcpOption(SocketOption option, @Nullable Codec<T> codec) {
    super(option, null, codec);
  }

  private static TcpOption<Boolean> flag(SocketOption option) {
    return new TcpOption<>(option, Codec.FLAG);
  }

  private static TcpOption<Integer> number(SocketOption option) {
    return new TcpOption<>(option, Codec.NUMBER);
  }

  private static TcpOption<Integer> size(SocketOption option) {
    return new TcpOption<>(option, Codec.size(option));
  }

  private static TcpOption<Duration> seconds(SocketOption option) {
    return new TcpOption<>(option, Codec.duration(option, Duration.ofSeconds(1)));
  }

  private static TcpOption<Duration> millis(SocketOption option) {
    return new TcpOption<>(option, Codec.duration(option, Duration.ofMillis(1)));
  }
}
