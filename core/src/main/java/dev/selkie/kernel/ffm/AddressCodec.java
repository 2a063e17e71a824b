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
  /** Addresses of the running system. */
  static final AddressCodec SYSTEM = new AddressCodec(Profile.current());

  private static final int V4_BYTES = 4;
  private static final int V6_BYTES = 16;
  private static final ValueLayout.OfShort PORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private final boolean lengthByte;
  private final int familyV4;
  private final int familyV6;
  private final int sizeV4;
  private final int portV4;
  private final int addressV4;
  private final int sizeV6;
  private final int portV6;
  private final int addressV6;
  private final int scopeV6;
  private final int capacity;

  /** Addresses of the system that a profile describes. */
  AddressCodec(Profile profile) {
    this.lengthByte = profile.quirk("sockaddr_length_byte");
    this.familyV4 = profile.constant("AF_INET");
    this.familyV6 = profile.constant("AF_INET6");
    this.sizeV4 = profile.size("sockaddr_in");
    this.portV4 = profile.offset("sockaddr_in", "sin_port");
    this.addressV4 = profile.offset("sockaddr_in", "sin_addr");
    this.sizeV6 = profile.size("sockaddr_in6");
    this.portV6 = profile.offset("sockaddr_in6", "sin6_port");
    this.addressV6 = profile.offset("sockaddr_in6", "sin6_addr");
    this.scopeV6 = profile.offset("sockaddr_in6", "sin6_scope_id");
    this.capacity = profile.size("sockaddr_storage");
  }

  /** How much memory any address takes. */
  int capacity() {
    return capacity;
  }

  /**
   * Writes an address to the start of the memory and returns its length.
   *
   * @throws IllegalArgumentException for an unresolved address or one that is not of the Internet
   */
  int encode(SocketAddress address, MemorySegment memory) {
    if (!(address instanceof InetSocketAddress internet)) {
      throw new IllegalArgumentException("no Internet address: " + address);
    }
    InetAddress host = internet.getAddress();
    if (host == null) {
      throw new IllegalArgumentException("unresolved address: " + internet.getHostString());
    }
    byte[] bytes = host.getAddress();
    boolean v4 = bytes.length == V4_BYTES;
    int size = v4 ? sizeV4 : sizeV6;
    memory.asSlice(0, size).fill((byte) 0);
    setFamily(memory, v4 ? familyV4 : familyV6, size);
    memory.set(PORT, v4 ? portV4 : portV6, (short) internet.getPort());
    MemorySegment.copy(
        bytes, 0, memory, ValueLayout.JAVA_BYTE, v4 ? addressV4 : addressV6, bytes.length);
    if (host instanceof Inet6Address v6) {
      memory.set(ValueLayout.JAVA_INT_UNALIGNED, scopeV6, v6.getScopeId());
    }
    return size;
  }

  /** Reads an address of a length, or null if it is of another family. */
  @Nullable SocketAddress decode(MemorySegment memory, int length) {
    if (length < sizeV4) {
      return null;
    }
    int family = family(memory);
    if (family == familyV4) {
      return decode(memory, portV4, addressV4, V4_BYTES, 0);
    }
    if (family == familyV6) {
      int scope = memory.get(ValueLayout.JAVA_INT_UNALIGNED, scopeV6);
      return decode(memory, portV6, addressV6, V6_BYTES, scope);
    }
    return null;
  }

  private SocketAddress decode(
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

  private void setFamily(MemorySegment memory, int family, int size) {
    if (lengthByte) {
      memory.set(ValueLayout.JAVA_BYTE, 0, (byte) size);
      memory.set(ValueLayout.JAVA_BYTE, 1, (byte) family);
    } else {
      memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, 0, (short) family);
    }
  }

  private int family(MemorySegment memory) {
    return lengthByte
        ? Byte.toUnsignedInt(memory.get(ValueLayout.JAVA_BYTE, 1))
        : Short.toUnsignedInt(memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, 0));
  }
}
