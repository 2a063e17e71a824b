package dev.selkie.kernel;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import org.jspecify.annotations.Nullable;

/**
 * Where a kernel call puts the socket address that it returns beside its result, or finds the one
 * that it takes.
 *
 * <p>An Internet address is kept as numbers, and made an object when somebody asks for it. As long
 * as calls return one and the same address nothing is allocated. Not thread-safe.
 */
public final class AddressBuffer {
  private static final int V4_BYTES = 4;
  private static final int V6_BYTES = 16;
  private static final long V4_MAPPED = 0xffffL << Integer.SIZE;
  private static final long V4_MASK = (1L << Integer.SIZE) - 1;

  /** The address as an object; null while there is none, or none was asked for. */
  private @Nullable SocketAddress address;

  /** How many bytes the host has: 4, 16, or 0 for no address of the Internet. */
  private int hostLength;

  /** Whether the address is of a Unix socket, be it unnamed. */
  private boolean unix;

  private long high;
  private long low;
  private int scope;
  private int port;

  /** A buffer without an address. */
  public AddressBuffer() {}

  /** The address, or null when there is none (an unnamed Unix socket). */
  public @Nullable SocketAddress address() {
    if (address == null && hostLength != 0) {
      address = new InetSocketAddress(host(), port);
    }
    return address;
  }

  /** Whether the address is of a Unix socket, even if that has none. */
  public boolean isUnix() {
    return unix;
  }

  /** Takes the address of a Unix socket, null for one that has none. */
  public void setUnix(@Nullable UnixAddress address) {
    this.address = address;
    hostLength = 0;
    unix = true;
  }

  /** Takes an address, of whatever family. */
  @SuppressWarnings("ReferenceEquality") // the same object is the same address, and free to take
  public void set(@Nullable SocketAddress address) {
    if (this.address == address && address != null) {
      return;
    }
    UnixAddress name = UnixAddress.of(address);
    unix = name != null;
    this.address = unix ? name : address;
    if (!(address instanceof InetSocketAddress internet) || internet.getAddress() == null) {
      hostLength = 0;
      return;
    }
    InetAddress host = internet.getAddress();
    byte[] bytes = host.getAddress();
    hostLength = bytes.length;
    high = hostLength == V6_BYTES ? number(bytes, 0, Long.BYTES) : 0;
    low = number(bytes, hostLength == V6_BYTES ? Long.BYTES : 0, hostLength);
    scope = host instanceof Inet6Address v6 ? v6.getScopeId() : 0;
    port = internet.getPort();
  }

  /** Takes what another buffer has. */
  public void copy(AddressBuffer other) {
    if (other.hostLength == 0) {
      address = other.address;
      hostLength = 0;
      unix = other.unix;
    } else {
      setNumbers(other.hostLength, other.high, other.low, other.scope, other.port);
    }
  }

  /** Takes an IPv4 address, its first byte in the highest place. */
  public void setV4(int host, int port) {
    setNumbers(V4_BYTES, 0, host & V4_MASK, 0, port);
  }

  /** Takes an IPv6 address, its first byte in the highest place of {@code high}. */
  public void setV6(long high, long low, int scope, int port) {
    setNumbers(V6_BYTES, high, low, scope, port);
  }

  private void setNumbers(int length, long high, long low, int scope, int port) {
    if (length == hostLength
        && high == this.high
        && low == this.low
        && scope == this.scope
        && port == this.port) {
      return;
    }
    address = null;
    unix = false;
    hostLength = length;
    this.high = high;
    this.low = low;
    this.scope = scope;
    this.port = port;
  }

  /**
   * Makes an IPv4 address one of IPv6, mapped (RFC 4291, 2.5.5.2), or the other way round, for a
   * socket of that family; any other address stays.
   */
  public void fit(boolean v6) {
    if (v6 && isV4()) {
      low |= V4_MAPPED;
      hostLength = V6_BYTES;
    } else if (!v6 && isMapped()) {
      low &= V4_MASK;
      hostLength = V4_BYTES;
    }
  }

  /** Whether it is an address of IPv6 that stands for one of IPv4. */
  public boolean isMapped() {
    return isV6() && high == 0 && (low & ~V4_MASK) == V4_MAPPED;
  }

  /** Whether it is an address of IPv4. */
  public boolean isV4() {
    return hostLength == V4_BYTES;
  }

  /** Whether it is an address of IPv6, be it one that stands for IPv4. */
  public boolean isV6() {
    return hostLength == V6_BYTES;
  }

  /** The first eight bytes of an IPv6 host. */
  public long high() {
    return high;
  }

  /** The last eight bytes of an IPv6 host, or the four of an IPv4 one. */
  public long low() {
    return low;
  }

  /** The number of the interface of an IPv6 address, 0 for none. */
  public int scope() {
    return scope;
  }

  /** The port. */
  public int port() {
    return port;
  }

  private InetAddress host() {
    byte[] bytes = new byte[hostLength];
    for (int i = 0; i < hostLength; i++) {
      int place = hostLength - 1 - i;
      bytes[i] = (byte) ((place < Long.BYTES ? low : high) >>> (place % Long.BYTES * Byte.SIZE));
    }
    try {
      // A mapped address has no interface, and becomes the IPv4 address that it stands for.
      return scope == 0
          ? InetAddress.getByAddress(bytes)
          : Inet6Address.getByAddress(null, bytes, scope);
    } catch (UnknownHostException e) {
      throw new AssertionError("an address of " + hostLength + " bytes", e);
    }
  }

  private static long number(byte[] bytes, int from, int to) {
    long number = 0;
    for (int i = from; i < to; i++) {
      number = number << Byte.SIZE | Byte.toUnsignedInt(bytes[i]);
    }
    return number;
  }
}
