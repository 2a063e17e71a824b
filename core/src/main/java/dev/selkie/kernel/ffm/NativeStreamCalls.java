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
 * <p>Heap data crosses through the thread's scratch space: up to {@link CallState#SCRATCH_BYTES}
 * with one system call, more with one for each piece of that size.
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
    int done = 0;
    while (true) {
      int piece = Math.min(length - done, SCRATCH_BYTES);
      long n = read(state, descriptor, address, piece);
      if (n > 0) {
        MemorySegment.copy(
            scratch, ValueLayout.JAVA_BYTE, STRUCT_BYTES, target, offset + done, (int) n);
        done += (int) n;
      }
      if (n < piece || done == length) {
        state.exit();
        return done > 0 ? done : n;
      }
    }
  }

  @Override
  public final long write(int descriptor, byte[] source, int offset, int length) {
    CallState state = CallState.enter();
    MemorySegment scratch = state.scratch();
    long address = scratch.address() + STRUCT_BYTES;
    int done = 0;
    while (true) {
      int piece = Math.min(length - done, SCRATCH_BYTES);
      MemorySegment.copy(
          source, offset + done, scratch, ValueLayout.JAVA_BYTE, STRUCT_BYTES, piece);
      long n = write(state, descriptor, address, piece);
      if (n > 0) {
        done += (int) n;
      }
      if (n < piece || done == length) {
        state.exit();
        return done > 0 ? done : n;
      }
    }
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
