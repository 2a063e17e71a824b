package dev.selkie.kernel;

/** The socket options that kernels know, by their names in C. Values are numbers unless said. */
public enum SocketOption {
  /** The pending error, cleared by reading it. */
  SO_ERROR,
  /** The socket's {@link Sockets.Type}, in Linux's numbering; read only. */
  SO_TYPE,
  /** Whether the socket listens; read only. */
  SO_ACCEPTCONN,
  /** Bind while old connections linger. */
  SO_REUSEADDR,
  /** Several listeners share a port. */
  SO_REUSEPORT,
  /** Datagrams may be sent to all of a network. */
  SO_BROADCAST,
  /** Probe an idle peer. */
  SO_KEEPALIVE,
  /** Close waits, or resets: seconds, or -1 for off. */
  SO_LINGER,
  /** Send buffer, bytes. */
  SO_SNDBUF,
  /** Receive buffer, bytes. */
  SO_RCVBUF,
  /** Urgent data in the stream. */
  SO_OOBINLINE,
  /** A mark on each packet for routing; needs a privilege. */
  SO_MARK,
  /** Each message of a Unix socket brings who sent it: Linux. */
  SO_PASSCRED,
  /** The processor that the socket's packets arrive on. */
  SO_INCOMING_CPU,
  /** The interface that the socket is tied to, a text. */
  SO_BINDTODEVICE,
  /** No delay to collect small writes. */
  TCP_NODELAY,
  /** Largest segment, bytes. */
  TCP_MAXSEG,
  /** Hold partial frames. */
  TCP_CORK,
  /** Seconds of silence before the first probe. */
  TCP_KEEPIDLE,
  /** Seconds between probes. */
  TCP_KEEPINTVL,
  /** Probes before the connection is given up. */
  TCP_KEEPCNT,
  /** Seconds for which a connection may wait for its first data before it is accepted without. */
  TCP_DEFER_ACCEPT,
  /** Milliseconds for which sent data may stay unacknowledged. */
  TCP_USER_TIMEOUT,
  /** Acknowledge at once. */
  TCP_QUICKACK,
  /** On a listener: how many fast-open requests may be pending. */
  TCP_FASTOPEN,
  /** On a client: data rides on the first packet. */
  TCP_FASTOPEN_CONNECT,
  /** Each datagram brings the time of its arrival. */
  SO_TIMESTAMPNS,
  /** Time to live of IPv4 packets. */
  IP_TTL,
  /** Time to live of IPv4 packets to groups. */
  IP_MULTICAST_TTL,
  /** IPv4 packets to groups come back to this host. */
  IP_MULTICAST_LOOP,
  /** The number of the interface that IPv4 packets to groups leave by; cannot be read. */
  IP_MULTICAST_IF,
  /** Each datagram of IPv4 brings where it was sent to, and by which interface it came. */
  IP_PKTINFO,
  /** Each datagram of IPv4 brings its time to live. */
  IP_RECVTTL,
  /** Each datagram of IPv4 brings its type of service. */
  IP_RECVTOS,
  /** Hop limit of IPv6 packets. */
  IPV6_UNICAST_HOPS,
  /** Hop limit of IPv6 packets to groups. */
  IPV6_MULTICAST_HOPS,
  /** IPv6 packets to groups come back to this host. */
  IPV6_MULTICAST_LOOP,
  /** The number of the interface that IPv6 packets to groups leave by. */
  IPV6_MULTICAST_IF,
  /** Each datagram of IPv6 brings where it was sent to, and by which interface it came. */
  IPV6_RECVPKTINFO,
  /** Each datagram of IPv6 brings its hop limit. */
  IPV6_RECVHOPLIMIT,
  /** Each datagram of IPv6 brings its traffic class. */
  IPV6_RECVTCLASS,
  /** Datagrams of one sender come several at a time. */
  UDP_GRO,
  /** Type of service of IPv4 packets. */
  IP_TOS,
  /** Traffic class of IPv6 packets. */
  IPV6_TCLASS,
  /** An IPv6 socket takes no IPv4. */
  IPV6_V6ONLY
}
