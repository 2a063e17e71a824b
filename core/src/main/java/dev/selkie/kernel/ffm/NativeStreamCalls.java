package dev.selkie.kernel.ffm;

import static dev.selkie.kernel.ffm.CallState.SCRATCH_BYTES;
import static dev.selkie.kernel.ffm.CallState.STRUCT_BYTES;

import dev.selkie.kernel.StreamCalls;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;

/**
 * Reading and writing from and to heap memory, on top of calls that take native memory.
 *
 * <p>Heap data crosses through the thread's scratch space, of which a call moves no more than
 * {@link CallState#SCRATCH_BYTES}: a second call for the rest would hide its own error behind the
 * first.
 */
abstract class NativeStreamCalls implements StreamCalls {
  /** Reads to native memory. */
  abstract long read(CallState state, int descriptor, long address, long length);

  /** Writes native memory. */
  abstract long write(CallState state, int descriptor, long address, long length);

  /** Reads to the vectors at an address. */
  abstract long readv(CallState state, int descriptor, long vectors, int count);

  /** Writes the vectors at an address. */
  abstract long writev(CallState state, int descriptor, long vectors, int count);

  @Override
  public final long read(int descriptor, long address, long length) {
    CallState state = CallState.enter();
    long n = read(state, descriptor, address, length);
    state.exit();
    return n;
  }

  @Override
  public final long write(int descriptor, long address, long length) {
    CallState state = CallState.enter();
    long n = write(state, descriptor, address, length);
    state.exit();
    return n;
  }

  @Override
  public final long read(int descriptor, byte[] target, int offset, int length) {
    CallState state = CallState.enter();
    MemorySegment scratch = state.scratch();
    long address = scratch.address() + STRUCT_BYTES;
    long n = read(state, descriptor, address, Math.min(length, SCRATCH_BYTES));
    if (n > 0) {
      MemorySegment.copy(scratch, ValueLayout.JAVA_BYTE, STRUCT_BYTES, target, offset, (int) n);
    }
    state.exit();
    return n;
  }

  @Override
  public final long write(int descriptor, byte[] source, int offset, int length) {
    CallState state = CallState.enter();
    MemorySegment scratch = state.scratch();
    int piece = Math.min(length, SCRATCH_BYTES);
    MemorySegment.copy(source, offset, scratch, ValueLayout.JAVA_BYTE, STRUCT_BYTES, piece);
    long n = write(state, descriptor, scratch.address() + STRUCT_BYTES, piece);
    state.exit();
    return n;
  }

  @Override
  public final long readv(int descriptor, ByteBuffer[] buffers, int first, int count, long limit) {
    CallState state = CallState.enter();
    try {
      Vectors vectors = state.vectors();
      int used = vectors.lay(buffers, first, count, limit, false);
      long n = readv(state, descriptor, vectors.address(), used);
      if (n > 0) {
        vectors.scatter(buffers, first, n);
      }
      return n;
    } finally {
      state.exit(); // a buffer's arena may be closed
    }
  }

  @Override
  public final long writev(int descriptor, ByteBuffer[] buffers, int first, int count, long limit) {
    CallState state = CallState.enter();
    try {
      Vectors vectors = state.vectors();
      int used = vectors.lay(buffers, first, count, limit, true);
      return writev(state, descriptor, vectors.address(), used);
    } finally {
      state.exit();
    }
  }
}
