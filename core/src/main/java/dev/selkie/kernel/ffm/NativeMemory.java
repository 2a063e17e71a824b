package dev.selkie.kernel.ffm;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * Native memory by its address: what the calls of a kernel in Java take in place of a system call.
 *
 * <p>The caller vouches for the address and the length, as in a system call. Nothing allocates.
 */
public final class NativeMemory {
  @SuppressWarnings("restricted") // core holds the grant of native access
  private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  private NativeMemory() {}

  /** All of it, by absolute addresses. */
  static MemorySegment all() {
    return ALL;
  }

  /** Copies native memory to the heap. */
  public static void read(long address, byte[] target, int offset, int length) {
    MemorySegment.copy(ALL, ValueLayout.JAVA_BYTE, address, target, offset, length);
  }

  /** A number of four bytes. */
  static int readInt(long address) {
    return ALL.get(ValueLayout.JAVA_INT_UNALIGNED, address);
  }

  /** A number of eight bytes, such as an address. */
  static long readLong(long address) {
    return ALL.get(ValueLayout.JAVA_LONG_UNALIGNED, address);
  }

  /** The bytes up to a NUL, or so many. */
  static byte[] readBytes(long address, int most) {
    int length = 0;
    while (length < most && ALL.get(ValueLayout.JAVA_BYTE, address + length) != 0) {
      length++;
    }
    byte[] bytes = new byte[length];
    read(address, bytes, 0, length);
    return bytes;
  }

  /** The text up to a NUL, or of so many bytes. */
  static String readText(long address, int most) {
    return new String(readBytes(address, most), StandardCharsets.UTF_8);
  }

  /** Copies from the heap to native memory. */
  public static void write(long address, byte[] source, int offset, int length) {
    MemorySegment.copy(source, offset, ALL, ValueLayout.JAVA_BYTE, address, length);
  }
}
