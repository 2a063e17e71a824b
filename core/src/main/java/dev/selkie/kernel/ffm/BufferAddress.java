package dev.selkie.kernel.ffm;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/** The native address of a direct buffer, taken without an allocation. */
public final class BufferAddress {
  /*
   * MemorySegment.ofBuffer wraps the buffer in a segment, 72 bytes. The compiler removes it if it
   * inlines the call and knows that the buffer is direct. The profile of that method is the whole
   * program's, and tells so only as long as nobody passes it a heap buffer; a comparison with the
   * exact class tells it always. The compiler inlines a call that is made whenever its caller is,
   * so that class has a method of its own, which compares again: it may be compiled alone.
   */
  private static final Class<?> DIRECT = ByteBuffer.allocateDirect(0).getClass();

  private BufferAddress() {}

  /**
   * The address of the buffer's position; the caller keeps the buffer reachable while it uses it.
   *
   * @param direct a direct buffer, not read-only, with at least one byte remaining
   * @throws IllegalStateException if the arena of its memory is closed
   * @throws WrongThreadException if that arena is confined to another thread
   */
  public static long of(ByteBuffer direct) {
    direct.get(direct.position()); // an access, which checks the arena
    return direct.getClass() == DIRECT ? ofDirect(direct) : ofOther(direct);
  }

  private static long ofDirect(ByteBuffer buffer) {
    return buffer.getClass() == DIRECT ? MemorySegment.ofBuffer(buffer).address() : ofOther(buffer);
  }

  private static long ofOther(ByteBuffer buffer) {
    return MemorySegment.ofBuffer(buffer).address();
  }
}
