package dev.selkie;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * A source of bytes that never waits: the first of the shapes of source.
 *
 * <p>Each read makes one system call (none when there is no room) and returns a count of bytes,
 * {@link Io#END} at end of file, or {@link Io#NOT_READY} when it would have had to wait. A count
 * below the room is no sign that the source is drained: besides the system's reasons, a heap buffer
 * takes 64 KiB a call at most. Reads may come from any thread, one at a time for an order that
 * means something.
 *
 * <p>A failed call throws a {@link dev.selkie.kernel.SystemCallException}; after close, {@link
 * java.nio.channels.ClosedChannelException}. A read-only target throws {@link
 * java.nio.ReadOnlyBufferException}.
 */
public interface ByteInput extends Source {
  /** What it means that a read has got fewer bytes than it had room for. */
  enum ShortRead {
    /** Nothing: only {@link Io#NOT_READY} says that the source is drained. */
    TELLS_NOTHING,
    /** The source is drained: what comes later is an arrival of its own. */
    DRAINS,
    /** The source is drained, unless urgent data has arrived: a read ends at its mark. */
    DRAINS_BUT_FOR_URGENT_DATA
  }

  /**
   * What a short read of this source means, to who saves the read that answers {@link
   * Io#NOT_READY}; of a heap buffer a read is short below 64 KiB.
   */
  default ShortRead shortRead() {
    return ShortRead.TELLS_NOTHING;
  }

  /** Reads into the remaining space of a heap or direct buffer and advances its position. */
  int read(ByteBuffer target) throws IOException;

  /**
   * Reads into several buffers in order, with one system call (readv(2)).
   *
   * @throws IndexOutOfBoundsException if {@code first} and {@code count} do not fit the array
   */
  long read(ByteBuffer[] targets, int first, int count) throws IOException;

  /** Reads into several buffers in order, with one system call. */
  default long read(ByteBuffer... targets) throws IOException {
    return read(targets, 0, Objects.requireNonNull(targets, "targets").length);
  }

  /**
   * Reads into a segment of native memory or of a byte array, from its start.
   *
   * <p>The arena of a native segment must stay open until the call has returned.
   */
  long read(MemorySegment target) throws IOException;

  /** How many bytes a read would get now, FIONREAD; 0 if the source cannot tell. */
  default int available() throws IOException {
    return 0;
  }
}
