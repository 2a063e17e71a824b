package dev.selkie.runtime.tls;

import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * Buffers for some records each, which streams have while they work and, with bytes in them, while
 * they wait: so an idle stream has none. Any thread.
 */
final class RecordBuffers {
  /** Three of the largest records, and what a call moves of a heap buffer at most. */
  static final int CAPACITY = 1 << 16;

  private static final int SPARE = 16;
  private static final AtomicReferenceArray<@Nullable ByteBuffer> SPARES =
      new AtomicReferenceArray<>(SPARE);

  private RecordBuffers() {}

  static ByteBuffer take() {
    int first = first();
    for (int i = 0; i < SPARE; i++) {
      int slot = (first + i) & (SPARE - 1);
      if (SPARES.getPlain(slot) != null) {
        ByteBuffer spare = SPARES.getAndSet(slot, null);
        if (spare != null) {
          return spare;
        }
      }
    }
    return ByteBuffer.allocate(CAPACITY);
  }

  /** Takes back a buffer of {@link #take}; the others are dropped. */
  static void give(ByteBuffer buffer) {
    if (buffer.capacity() != CAPACITY) {
      return;
    }
    buffer.clear();
    int first = first();
    for (int i = 0; i < SPARE; i++) {
      int slot = (first + i) & (SPARE - 1);
      if (SPARES.getPlain(slot) == null && SPARES.compareAndSet(slot, null, buffer)) {
        return;
      }
    }
  }

  /** Where a thread begins to look: mostly at what it has given back. */
  private static int first() {
    return (int) Thread.currentThread().threadId();
  }
}
