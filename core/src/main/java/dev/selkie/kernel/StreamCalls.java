package dev.selkie.kernel;

import java.nio.ByteBuffer;

/**
 * The calls that move bytes: read(2) and write(2), or recv(2) and send(2) for sockets.
 *
 * <p>Lengths are in bytes. A result is the count of bytes moved, 0 at end of file, or a negative
 * code. Addresses are of native memory which the caller keeps alive until the call has returned. Of
 * heap memory a call may move less than there is room or data for, though 64 KiB or all of it, in
 * 64 buffers or all of them, where the system would. None of these calls allocates on the Java heap
 * in the steady state.
 */
public interface StreamCalls {
  /** Reads at most {@code length} bytes to native memory. */
  default long read(int descriptor, long address, long length) {
    return Result.ENOSYS;
  }

  /** Reads at most {@code length} bytes to {@code target} from {@code offset} on. */
  default long read(int descriptor, byte[] target, int offset, int length) {
    return Result.ENOSYS;
  }

  /**
   * Reads at most {@code limit} bytes into the remaining space of {@code count} buffers in order;
   * the buffers' positions do not move.
   */
  default long readv(int descriptor, ByteBuffer[] buffers, int first, int count, long limit) {
    return Result.ENOSYS;
  }

  /** Writes at most {@code length} bytes of native memory. */
  default long write(int descriptor, long address, long length) {
    return Result.ENOSYS;
  }

  /** Writes at most {@code length} bytes of {@code source} from {@code offset} on. */
  default long write(int descriptor, byte[] source, int offset, int length) {
    return Result.ENOSYS;
  }

  /**
   * Writes at most {@code limit} bytes of what remains in {@code count} buffers in order; the
   * buffers' positions do not move.
   */
  default long writev(int descriptor, ByteBuffer[] buffers, int first, int count, long limit) {
    return Result.ENOSYS;
  }
}
