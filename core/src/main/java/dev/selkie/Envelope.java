package dev.selkie;

import dev.selkie.kernel.AddressBuffer;
import dev.selkie.kernel.ControlData.Kind;
import dev.selkie.kernel.MessageHeader;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * What goes with a datagram beside its bytes: whom it came from and whether it was cut, or whom it
 * is sent to.
 *
 * <p>An envelope belongs to the program, which uses it for one datagram after the other: {@link
 * DatagramSource#receive(java.nio.ByteBuffer, Envelope)} fills it anew, and a {@link
 * DatagramSource#send(java.nio.ByteBuffer, Envelope) send} with it answers the sender. Neither
 * allocates, and {@link #address} does only when the sender is another one than that of the last
 * call. Keep the address of a datagram, not its envelope.
 *
 * <p>Not thread-safe.
 */
public final class Envelope {
  private static final int BYTE = 255;
  private static final int MOST_BYTES = 65_535;

  private final MessageHeader header = new MessageHeader();

  /** An envelope without an address. */
  public Envelope() {}

  /** An envelope to somebody; the same as {@link #address(SocketAddress)} on a new one. */
  public static Envelope to(SocketAddress address) {
    return new Envelope().address(address);
  }

  /**
   * Whom the last datagram came from, or the next one goes to; null if nobody was named, as by an
   * unnamed Unix socket.
   */
  public @Nullable SocketAddress address() {
    return header.address().address();
  }

  /** Names whom the next datagram goes to; null for the peer of a connected socket. */
  public Envelope address(@Nullable SocketAddress address) {
    header.address().set(address);
    return this;
  }

  /** Whether the last datagram was longer than the room that it was received to. */
  public boolean isTruncated() {
    return header.isTruncated();
  }

  // What is told of a received datagram where the socket's options ask for it.

  /**
   * The host's own address that the last datagram was sent to, a group's or a broadcast address
   * too; null unless {@link dev.selkie.net.UdpOption#RECEIVE_DESTINATION} asks for it.
   */
  public @Nullable InetAddress destination() {
    return header.received().has(Kind.LOCAL_ADDRESS)
            && header.received().localAddress().address() instanceof InetSocketAddress local
        ? local.getAddress()
        : null;
  }

  /** The number of the interface that the last datagram came by; 0 if that is not told. */
  public int interfaceIndex() {
    return header.received().has(Kind.LOCAL_ADDRESS) ? header.received().interfaceIndex() : 0;
  }

  /**
   * How many routers the last datagram could still pass (TTL, hop limit); -1 unless {@link
   * dev.selkie.net.UdpOption#RECEIVE_HOP_LIMIT} asks for it.
   */
  public int hopLimit() {
    return header.received().has(Kind.HOP_LIMIT) ? header.received().hopLimit() : -1;
  }

  /**
   * The type of service, or traffic class, of the last datagram, 0 to 255 with ECN in the lowest
   * two bits; -1 unless {@link dev.selkie.net.UdpOption#RECEIVE_TRAFFIC_CLASS} asks for it.
   */
  public int trafficClass() {
    return header.received().has(Kind.TRAFFIC_CLASS) ? header.received().trafficClass() : -1;
  }

  /**
   * When the last datagram arrived at the host, nanoseconds since 1970 by its wall clock; -1 unless
   * {@link dev.selkie.net.UdpOption#RECEIVE_TIME} asks for it.
   */
  public long arrivalNanos() {
    return header.received().has(Kind.TIMESTAMP) ? header.received().timestamp() : -1;
  }

  /**
   * The length of each datagram, but for a shorter last one, if the last receive brought several of
   * one sender in a row, as {@link dev.selkie.net.UdpOption#COALESCE} allows; 0 if it was one.
   */
  public int segmentSize() {
    return header.received().has(Kind.SEGMENT_SIZE) ? header.received().segmentSize() : 0;
  }

  // What is said of the datagrams that are sent; a receive leaves it as it is.

  /**
   * Says which of the host's addresses the datagrams are sent from, and by which interface.
   *
   * @param source the address, null to let the system choose
   * @param interfaceIndex the interface, 0 to let the system choose
   */
  public Envelope from(@Nullable InetAddress source, int interfaceIndex) {
    if (source == null && interfaceIndex == 0) {
      header.outgoing().clear(Kind.LOCAL_ADDRESS);
      return this;
    }
    AddressBuffer local = header.outgoing().localAddress();
    local.set(source == null ? null : new InetSocketAddress(source, 0));
    header.outgoing().setLocalAddress(interfaceIndex);
    return this;
  }

  /**
   * Says how many routers the datagrams may pass, 0 to 255; -1 as the socket's option says. Linux
   * takes 0 over IPv6 alone; a system that cannot be told it for single datagrams of IPv4, as the
   * BSDs, refuses a send with {@code EINVAL}.
   */
  public Envelope sendHopLimit(int hops) {
    if (inRange(hops, "a hop limit")) {
      header.outgoing().setHopLimit(hops);
    } else {
      header.outgoing().clear(Kind.HOP_LIMIT);
    }
    return this;
  }

  /** Says the type of service, or traffic class, 0 to 255; -1 as the socket's option says. */
  public Envelope sendTrafficClass(int trafficClass) {
    if (inRange(trafficClass, "a traffic class")) {
      header.outgoing().setTrafficClass(trafficClass);
    } else {
      header.outgoing().clear(Kind.TRAFFIC_CLASS);
    }
    return this;
  }

  private static boolean inRange(int value, String what) {
    if (value < -1 || value > BYTE) {
      throw new IllegalArgumentException(what + " is 0 to 255, or -1 for none: " + value);
    }
    return value >= 0;
  }

  /**
   * Says that what is sent is several datagrams in a row, of so many bytes each but for the last,
   * which the system takes apart (UDP_SEGMENT, Linux 4.18): 64 at most, 65507 bytes in all; 0 for
   * one datagram. Other systems refuse it with {@link UnsupportedOperationException}.
   */
  public Envelope sendSegmentSize(int bytes) {
    if (bytes < 0 || bytes > MOST_BYTES) {
      throw new IllegalArgumentException("a segment has 1 to 65535 bytes, 0 for none: " + bytes);
    }
    if (bytes > 0) {
      header.outgoing().setSegmentSize(bytes);
    } else {
      header.outgoing().clear(Kind.SEGMENT_SIZE);
    }
    return this;
  }

  /** As the kernel fills and reads it: for who implements {@link DatagramSource}. */
  public MessageHeader header() {
    return header;
  }

  @Override
  public String toString() {
    return address() + (isTruncated() ? ", truncated" : "");
  }
}
