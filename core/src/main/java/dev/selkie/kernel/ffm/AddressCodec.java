package dev.selkie.kernel.ffm;

import dev.selkie.kernel.AddressBuffer;
import dev.selkie.kernel.UnixAddress;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.ByteOrder;

/** Socket addresses in the system's layout. */
final class AddressCodec {
  /** Addresses of the running system. */
  static final AddressCodec SYSTEM = new AddressCodec(Profile.current());

  private static final ValueLayout.OfShort PORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfInt HOST_V4 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfLong HOST_V6 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  private final boolean lengthByte;
  private final int unspecified;
  private final int familyUnix;
  private final int pathAt;
  private final int pathSize;
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
    this.unspecified = profile.constant("AF_UNSPEC");
    this.familyUnix = profile.constant("AF_UNIX");
    this.pathAt = profile.offset("sockaddr_un", "sun_path");
    this.pathSize = profile.width("sockaddr_un", "sun_path");
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
   * @throws IllegalArgumentException for an unresolved address, one of a family that is not known
   *     here, or a path that is too long
   */
  int encode(SocketAddress address, MemorySegment memory) {
    UnixAddress unix = UnixAddress.of(address);
    if (unix != null) {
      return encode(unix, memory, 0);
    }
    if (!(address instanceof InetSocketAddress internet)) {
      throw new IllegalArgumentException(
          "neither of the Internet nor of a Unix socket: " + address);
    }
    if (internet.isUnresolved()) {
      throw new IllegalArgumentException("unresolved address: " + internet.getHostString());
    }
    AddressBuffer buffer = new AddressBuffer();
    buffer.set(address);
    return encode(buffer, memory, 0);
  }

  /** Writes an address of the Internet to a place in the memory and returns its length. */
  int encode(AddressBuffer address, MemorySegment memory, int at) {
    if (address.isV4()) {
      clear(memory, at, sizeV4);
      setFamily(memory, at, familyV4, sizeV4);
      memory.set(PORT, at + portV4, (short) address.port());
      memory.set(HOST_V4, at + addressV4, (int) address.low());
      return sizeV4;
    }
    clear(memory, at, sizeV6);
    setFamily(memory, at, familyV6, sizeV6);
    memory.set(PORT, at + portV6, (short) address.port());
    memory.set(HOST_V6, at + addressV6, address.high());
    memory.set(HOST_V6, at + addressV6 + Long.BYTES, address.low());
    memory.set(ValueLayout.JAVA_INT_UNALIGNED, at + scopeV6, address.scope());
    return sizeV6;
  }

  /** How many bytes a path may have beside its NUL. */
  int longestPath() {
    return pathSize - 1;
  }

  /**
   * Writes the address of a Unix socket to a place in the memory and returns its length.
   *
   * @throws IllegalArgumentException if it is too long
   */
  int encode(UnixAddress address, MemorySegment memory, int at) {
    int length = address.length();
    if (length > pathSize - (address.isPath() ? 1 : 0)) {
      throw new IllegalArgumentException(
          "an address of %d bytes, the system takes %d: %s"
              .formatted(length, longestPath(), address));
    }
    int size = pathAt + length + (address.isPath() ? 1 : 0);
    setFamily(memory, at, familyUnix, size);
    for (int i = 0; i < length; i++) {
      memory.set(ValueLayout.JAVA_BYTE, at + pathAt + i, address.byteAt(i));
    }
    if (address.isPath()) {
      memory.set(ValueLayout.JAVA_BYTE, at + pathAt + length, (byte) 0);
    }
    return size;
  }

  /** Writes the address that stands for none to the start of the memory and returns its length. */
  int encodeNone(MemorySegment memory) {
    clear(memory, 0, sizeV4);
    setFamily(memory, 0, unspecified, sizeV4);
    return sizeV4;
  }

  /** Reads an address of a length at a place in the memory: none if it is of another family. */
  void decode(MemorySegment memory, int at, int length, AddressBuffer address) {
    int family = length < pathAt ? unspecified : family(memory, at);
    if (family == familyUnix) {
      decodeUnix(memory, at + pathAt, Math.min(length - pathAt, pathSize + 1), address);
    } else if (length < sizeV4) {
      address.set(null);
    } else if (family == familyV4) {
      address.setV4(memory.get(HOST_V4, at + addressV4), port(memory, at + portV4));
    } else if (family == familyV6) {
      address.setV6(
          memory.get(HOST_V6, at + addressV6),
          memory.get(HOST_V6, at + addressV6 + Long.BYTES),
          memory.get(ValueLayout.JAVA_INT_UNALIGNED, at + scopeV6),
          port(memory, at + portV6));
    } else {
      address.set(null);
    }
  }

  /** Reads sun_path; without an object if it is what the address says already. */
  private void decodeUnix(MemorySegment memory, int at, int room, AddressBuffer address) {
    int length = room;
    if (room > 0 && (lengthByte || memory.get(ValueLayout.JAVA_BYTE, at) != 0)) {
      length = 0; // a path, which ends before its NUL; without one it is unnamed
      while (length < room && memory.get(ValueLayout.JAVA_BYTE, at + length) != 0) {
        length++;
      }
    }
    if (length == 0) {
      address.setUnix(null);
    } else if (!(address.address() instanceof UnixAddress before)
        || !same(memory, at, length, before)) {
      byte[] bytes = new byte[length];
      MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, at, bytes, 0, length);
      address.setUnix(UnixAddress.ofBytes(bytes));
    }
  }

  private static boolean same(MemorySegment memory, int at, int length, UnixAddress address) {
    if (address.length() != length) {
      return false;
    }
    for (int i = 0; i < length; i++) {
      if (memory.get(ValueLayout.JAVA_BYTE, at + i) != address.byteAt(i)) {
        return false;
      }
    }
    return true;
  }

  private static int port(MemorySegment memory, int at) {
    return Short.toUnsignedInt(memory.get(PORT, at));
  }

  /** Without a slice, which would be an object. */
  private static void clear(MemorySegment memory, int at, int size) {
    for (int i = 0; i < size; i += Integer.BYTES) {
      memory.set(ValueLayout.JAVA_INT_UNALIGNED, at + i, 0);
    }
  }

  private void setFamily(MemorySegment memory, int at, int family, int size) {
    if (lengthByte) {
      memory.set(ValueLayout.JAVA_BYTE, at, (byte) size);
      memory.set(ValueLayout.JAVA_BYTE, at + 1, (byte) family);
    } else {
      memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, (short) family);
    }
  }

  private int family(MemorySegment memory, int at) {
    return lengthByte
        ? Byte.toUnsignedInt(memory.get(ValueLayout.JAVA_BYTE, at + 1))
        : Short.toUnsignedInt(memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, at));
  }
}
