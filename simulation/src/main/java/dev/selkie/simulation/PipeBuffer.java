package dev.selkie.simulation;

import dev.selkie.kernel.Result;

/**
 * The bytes in a pipe, pipe(7): sixteen pages, of which a write fills the rest of the last only if
 * its odd part fits there, so that a write of at most a page is never split.
 */
final class PipeBuffer {
  static final int PAGE = 4096;
  static final int SLOTS = 16;

  private final byte[] bytes = new byte[SLOTS * PAGE];

  /** Where the bytes of each slot begin and end in its page. */
  private final int[] starts = new int[SLOTS];

  private final int[] ends = new int[SLOTS];
  private int head;
  private int used;
  private int size;

  boolean isEmpty() {
    return used == 0;
  }

  boolean isFull() {
    return used == SLOTS;
  }

  int size() {
    return size;
  }

  /** The bytes that one large write would be given room for. */
  int room() {
    return (SLOTS - used) * PAGE;
  }

  /** Writes what there is room for, as pipe_write of Linux does; EAGAIN for none. */
  long write(Transfer source) {
    int total = source.remaining();
    int odd = total % PAGE;
    if (odd != 0 && used > 0) {
      int last = (head + used - 1) % SLOTS;
      if (ends[last] + odd <= PAGE) {
        source.get(bytes, last * PAGE + ends[last], odd);
        ends[last] += odd;
        size += odd;
      }
    }
    while (source.remaining() > 0 && used < SLOTS) {
      int slot = (head + used) % SLOTS;
      int length = Math.min(source.remaining(), PAGE);
      source.get(bytes, slot * PAGE, length);
      starts[slot] = 0;
      ends[slot] = length;
      used++;
      size += length;
    }
    int written = total - source.remaining();
    return written == 0 ? Result.EAGAIN : written;
  }

  /** Reads what there is. */
  int read(Transfer target) {
    int before = size;
    while (target.remaining() > 0 && used > 0) {
      int length = Math.min(target.remaining(), ends[head] - starts[head]);
      target.put(bytes, head * PAGE + starts[head], length);
      starts[head] += length;
      size -= length;
      if (starts[head] == ends[head]) {
        head = (head + 1) % SLOTS;
        used--;
      }
    }
    return before - size;
  }

  /** Copies what there is, and leaves it there; returns how much it is. */
  int peek(byte[] target) {
    int copied = 0;
    for (int i = 0; i < used && copied < target.length; i++) {
      int slot = (head + i) % SLOTS;
      int length = Math.min(target.length - copied, ends[slot] - starts[slot]);
      System.arraycopy(bytes, slot * PAGE + starts[slot], target, copied, length);
      copied += length;
    }
    return copied;
  }
}
