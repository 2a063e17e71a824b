package dev.selkie.kernel.ffm;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;

/**
 * The iovecs of one vectored call, laid out in the scratch space of its {@link CallState}.
 *
 * <p>A direct buffer is named where it is; a heap or read-only one has a piece of the scratch
 * space. When the vectors or the space run out, the call covers the buffers up to there, a short
 * transfer.
 */
final class Vectors {
  private static final Profile PROFILE = Profile.current();
  private static final int STRIDE = PROFILE.size("iovec");
  private static final int BASE = PROFILE.offset("iovec", "iov_base");
  private static final int LENGTH = PROFILE.offset("iovec", "iov_len");

  /** Vectors begin behind the space for a msghdr. */
  private static final int START = 128;

  private static final int CAPACITY = (CallState.STRUCT_BYTES - START) / STRIDE;

  private final MemorySegment scratch;
  private final ByteBuffer data;

  /** Vectors in the memory of a state, used by one call after the other. */
  Vectors(CallState state) {
    this.scratch = state.scratch();
    this.data = state.scratchData();
  }

  long address() {
    return scratch.address() + START;
  }

  /** Lays one vector and returns its address. */
  long layOne(long address, int length) {
    set(0, address, length);
    return address();
  }

  /**
   * Lays the vectors of at most {@code limit} bytes, with the contents of those that are copied if
   * asked, and returns their count.
   */
  int lay(ByteBuffer[] buffers, int first, int count, long limit, boolean withContents) {
    long left = limit;
    int dataUsed = 0;
    int used = 0;
    for (int i = first; i < first + count && used < CAPACITY && left > 0; i++) {
      ByteBuffer buffer = buffers[i];
      int length = (int) Math.min(buffer.remaining(), left);
      if (length == 0) {
        continue;
      }
      long address;
      if (buffer.isDirect() && !buffer.isReadOnly()) {
        address = BufferAddress.of(buffer);
      } else {
        length = Math.min(length, data.capacity() - dataUsed);
        if (length == 0) {
          break;
        }
        if (withContents) {
          data.put(dataUsed, buffer, buffer.position(), length);
        }
        address = scratch.address() + CallState.STRUCT_BYTES + dataUsed;
        dataUsed += length;
      }
      left -= length;
      set(used++, address, length);
      if (length < buffer.remaining()) {
        break;
      }
    }
    return used;
  }

  /** Copies what was read to the heap buffers, in the order in which {@link #lay} placed them. */
  void scatter(ByteBuffer[] buffers, int first, long moved) {
    long left = moved;
    int dataUsed = 0;
    for (int i = first; left > 0; i++) {
      ByteBuffer buffer = buffers[i];
      int length = (int) Math.min(buffer.remaining(), left);
      if (!buffer.isDirect()) {
        buffer.put(buffer.position(), data, dataUsed, length);
        dataUsed += length;
      }
      left -= length;
    }
  }

  private void set(int index, long address, long length) {
    long at = START + (long) index * STRIDE;
    scratch.set(ValueLayout.JAVA_LONG, at + BASE, address);
    scratch.set(ValueLayout.JAVA_LONG, at + LENGTH, length);
  }
}
