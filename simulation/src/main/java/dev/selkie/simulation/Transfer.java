package dev.selkie.simulation;

import dev.selkie.kernel.ffm.NativeMemory;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The caller's memory in one call that moves bytes, whatever its kind, with a cursor.
 *
 * <p>One object serves all calls of a network, one after the other, under its lock.
 */
final class Transfer {
  /** What Linux moves with one call at most, MAX_RW_COUNT. */
  private static final int MOST = 0x7fff_f000;

  private static final byte[] NO_ARRAY = {};
  private byte[] array = NO_ARRAY;
  private ByteBuffer @Nullable [] buffers;
  private long address;
  private int position;
  private int buffer;
  private int used;
  private int left;

  /** Heap memory. */
  Transfer of(byte[] memory, int offset, int length) {
    array = memory;
    buffers = null;
    address = 0;
    position = offset;
    left = Math.min(length, MOST);
    return this;
  }

  /** Native memory. */
  Transfer of(long memory, long length) {
    array = NO_ARRAY;
    buffers = null;
    address = memory;
    position = 0;
    left = (int) Math.min(length, MOST);
    return this;
  }

  /** Buffers in order, whose positions do not move. */
  Transfer of(ByteBuffer[] memory, int first, int count, long limit) {
    array = NO_ARRAY;
    buffers = memory;
    buffer = first;
    used = 0;
    long sum = 0;
    for (int i = first; i < first + count; i++) {
      sum += memory[i].remaining();
    }
    left = (int) Math.min(Math.min(sum, limit), MOST);
    return this;
  }

  /** Forgets the caller's memory. */
  void clear() {
    array = NO_ARRAY;
    buffers = null;
    left = 0;
  }

  /** The bytes that are still to move. */
  int remaining() {
    return left;
  }

  /** Moves no more than so many bytes. */
  void limit(int bytes) {
    left = Math.min(left, bytes);
  }

  /** Moves bytes to the caller. */
  void put(byte[] source, int offset, int length) {
    if (buffers != null) {
      move(buffers, source, offset, length, true);
    } else if (address != 0) {
      NativeMemory.write(address + position, source, offset, length);
      position += length;
    } else {
      System.arraycopy(source, offset, array, position, length);
      position += length;
    }
    left -= length;
  }

  /** Moves bytes from the caller. */
  void get(byte[] target, int offset, int length) {
    if (buffers != null) {
      move(buffers, target, offset, length, false);
    } else if (address != 0) {
      NativeMemory.read(address + position, target, offset, length);
      position += length;
    } else {
      System.arraycopy(array, position, target, offset, length);
      position += length;
    }
    left -= length;
  }

  private void move(ByteBuffer[] all, byte[] bytes, int offset, int length, boolean toCaller) {
    int done = 0;
    while (done < length) {
      ByteBuffer current = all[buffer];
      int piece = Math.min(current.remaining() - used, length - done);
      if (toCaller) {
        current.put(current.position() + used, bytes, offset + done, piece);
      } else {
        current.get(current.position() + used, bytes, offset + done, piece);
      }
      done += piece;
      used += piece;
      if (used == current.remaining()) {
        buffer++;
        used = 0;
      }
    }
  }
}
