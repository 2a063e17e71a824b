package dev.selkie.kernel.ffm;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** Socket addresses in the system's layout. */
final class AddressCodec {
  private static final Profile PROFILE = Profile.current();
  private static final boolean LENGTH_BYTE = PROFILE.quirk("sockaddr_length_byte");
  private static final int AF_INET = PROFILE.constant("AF_INET");
  private static final int AF_INET6 = PROFILE.constant("AF_INET6");
  private static final int V4_BYTES = 4;
  private static final int V6_BYTES = 16;
  private static final int V4_SIZE = PROFILE.size("sockaddr_in");
  private static final int V4_PORT = PROFILE.offset("sockaddr_in", "sin_port");
  private static final int V4_ADDRESS = PROFILE.offset("sockaddr_in", "sin_addr");
  private static final int V6_SIZE = PROFILE.size("sockaddr_in6");
  private static final int V6_PORT = PROFILE.offset("sockaddr_in6", "sin6_port");
  private static final int V6_ADDRESS = PROFILE.offset("sockaddr_in6", "sin6_addr");
  private static final int V6_SCOPE = PROFILE.offset("sockaddr_in6", "sin6_scope_id");
  private static final ValueLayout.OfShort PORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  /** How much memory any address takes. */
  static final int CAPACITY = PROFILE.size("sockaddr_storage");

  private AddressCodec() {}

  /**
   * Writes an address to the start of the memory and returns its length.
   *
   * @throws IllegalArgumentException for an unresolved address or one that is not of the Internet
   */
  static int encode(SocketAddress address, MemorySegment memory) {
    if (!(address instanceof InetSocketAddress internet)) {
      throw new IllegalArgumentException("no Internet address: " + address);
    }
    InetAddress host = internet.getAddress();
    if (host == null) {
      throw new IllegalArgumentException("unresolved address: " + internet.getHostString());
    }
    byte[] bytes = host.getAddress();
    boolean v4 = bytes.length == V4_BYTES;
    int size = v4 ? V4_SIZE : V6_SIZE;
    memory.asSlice(0, size).fill((byte) 0);
    setFamily(memory, v4 ? AF_INET : AF_INET6, size);
    memory.set(PORT, v4 ? V4_PORT : V6_PORT, (short) internet.getPort());
    MemorySegment.copy(
        bytes, 0, memory, ValueLayout.JAVA_BYTE, v4 ? V4_ADDRESS : V6_ADDRESS, bytes.length);
    if (host instanceof Inet6Address v6) {
      memory.set(ValueLayout.JAVA_INT_UNALIGNED, V6_SCOPE, v6.getScopeId());
    }
    return size;
  }

  /** Reads an address of a length, or null if it is of another family. */
  static @Nullable SocketAddress decode(MemorySegment memory, int length) {
    if (length < V4_SIZE) {
      return null;
    }
    int family = family(memory);
    if (family == AF_INET) {
      return decode(memory, V4_PORT, V4_ADDRESS, V4_BYTES, 0);
    }
    if (family == AF_INET6) {
      int scope = memory.get(ValueLayout.JAVA_INT_UNALIGNED, V6_SCOPE);
      return decode(memory, V6_PORT, V6_ADDRESS, V6_BYTES, scope);
    }
    return null;
  }

  private static SocketAddress decode(
      MemorySegment memory, int portOffset, int addressOffset, int length, int scope) {
    byte[] bytes = new byte[length];
    MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, addressOffset, bytes, 0, length);
    int port = Short.toUnsignedInt(memory.get(PORT, portOffset));
    try {
      InetAddress host =
          scope == 0
              ? InetAddress.getByAddress(bytes)
              : Inet6Address.getByAddress(null, bytes, scope);
      return new InetSocketAddress(host, port);
    } catch (UnknownHostException e) {
      throw new AssertionError("an address of " + length + " bytes", e);
    }
  }

  private static void setFamily(MemorySegment memory, int family, int size) {
    if (LENGTH_BYTE) {
      memory.set(ValueLayout.JAVA_BYTE, 0, (byte) size);
      memory.set(ValueLayout.JAVA_BYTE, 1, (byte) family);
    } else {
      memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, 0, (short) family);
    }
  }

  private static int family(MemorySegment memory) {
    return LENGTH_BYTE
        ? Byte.toUnsignedInt(memory.get(ValueLayout.JAVA_BYTE, 1))
        : Short.toUnsignedInt(memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, 0));
  }
}
