package dev.selkie;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Objects;

/**
 * A destination of bytes that never waits: the second of the shapes of source.
 *
 * <p>Each write makes one system call (none when there is nothing to write) and returns the count
 * of bytes taken, which may be less than was offered (of a heap buffer it is 64 KiB at most), or
 * {@link Io#NOT_READY} when it would have had to wait. Writes may come from any thread, one at a
 * time for an order that means something.
 *
 * <p>A failed call throws a {@link dev.selkie.kernel.SystemCallException} (EPIPE when the reader is
 * gone; no signal is raised); after close, {@link java.nio.channels.ClosedChannelException}.
 */
public interface ByteOutput extends Source {
  /** Writes what remains in a heap or direct buffer and advances its position. */
  int write(ByteBuffer source) throws IOException;

  /**
   * Writes several buffers in order, with one system call (writev(2)).
   *
   * @throws IndexOutOfBoundsException if {@code first} and {@code count} do not fit the array
   */
  long write(ByteBuffer[] sources, int first, int count) throws IOException;

  /** Writes several buffers in order, with one system call. */
  default long write(ByteBuffer... sources) throws IOException {
    return write(sources, 0, Objects.requireNonNull(sources, "sources").length);
  }

  /**
   * Writes a segment of native memory or of a byte array, from its start.
   *
   * <p>The arena of a native segment must stay open until the call has returned.
   */
  long write(MemorySegment source) throws IOException;

  /**
   * Ends the output after what was written: whoever reads it reads end of file then. Input of the
   * same source goes on.
   *
   * @throws UnsupportedOperationException if the source cannot end one direction alone
   */
  default void shutdownOutput() throws IOException {
    throw new UnsupportedOperationException(this + " cannot end its output alone: close it");
  }
}
