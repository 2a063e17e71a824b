package dev.selkie.kernel.ffm;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Native memory by its address: what the calls of a kernel in Java take in place of a system call.
 *
 * <p>The caller vouches for the address and the length, as in a system call. Nothing allocates.
 */
public final class NativeMemory {
  @SuppressWarnings("restricted") // core holds the grant of native access
  private static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

  private NativeMemory() {}

  /** Copies native memory to the heap. */
  public static void read(long address, byte[] target, int offset, int length) {
    MemorySegment.copy(ALL, ValueLayout.JAVA_BYTE, address, target, offset, length);
  }

  /** Copies from the heap to native memory. */
  public static void write(long address, byte[] source, int offset, int length) {
    MemorySegment.copy(source, offset, ALL, ValueLayout.JAVA_BYTE, address, length);
  }
}
