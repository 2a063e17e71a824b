package dev.selkie.descriptor;

import dev.selkie.kernel.Result;
import dev.selkie.kernel.StreamCalls;
import dev.selkie.kernel.SystemCallException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.util.Objects;

/**
 * Reading and writing of one descriptor, from and to each kind of memory that callers have.
 *
 * <p>Nothing here allocates in the steady state. A heap buffer's array goes to the kernel as it is.
 * A direct buffer's address is taken by {@link MemorySegment#ofBuffer}, whose result the compiler
 * removes as long as it sees direct buffers only: heap buffers must not reach that call.
 */
public final class ByteTransfer {
  /** A read's result at end of file. */
  public static final int END = -1;

  /** A result that says the operation would have had to wait. */
  public static final int NOT_READY = -2;

  private final DescriptorLifetime descriptor;
  private final StreamCalls calls;
  private final boolean recv;

  private ByteTransfer(DescriptorLifetime descriptor, StreamCalls calls, boolean recv) {
    this.descriptor = descriptor;
    this.calls = calls;
    this.recv = recv;
  }

  /** Transfer by the calls that fit the descriptor: recv and send, or read and write. */
  public static ByteTransfer of(DescriptorLifetime descriptor) {
    boolean socket = descriptor.isSocket();
    return new ByteTransfer(
        descriptor, socket ? descriptor.kernel().sockets() : descriptor.kernel().files(), socket);
  }

  /** Reads into the buffer's remaining space: a count, {@link #END} or {@link #NOT_READY}. */
  public int read(ByteBuffer target) throws IOException {
    if (target.isReadOnly()) {
      throw new ReadOnlyBufferException();
    }
    int position = target.position();
    int length = target.remaining();
    descriptor.acquireOrThrow();
    long n;
    try {
      if (length == 0) {
        return 0;
      }
      n =
          target.hasArray()
              ? read(target.array(), target.arrayOffset() + position, length)
              : read(address(target), length);
    } finally {
      descriptor.release();
      Reference.reachabilityFence(target);
    }
    if (n <= 0) {
      return readOutcome(n);
    }
    target.position(position + (int) n);
    return (int) n;
  }

  /** Reads into a segment of native memory or of a byte array, from its start. */
  public long read(MemorySegment target) throws IOException {
    if (target.isReadOnly()) {
      throw new ReadOnlyBufferException();
    }
    long length = target.byteSize();
    descriptor.acquireOrThrow();
    long n;
    try {
      if (length == 0) {
        return 0;
      }
      n =
          target.isNative()
              ? read(address(target), length)
              : read(array(target), (int) target.address(), (int) length);
    } finally {
      descriptor.release();
      Reference.reachabilityFence(target);
    }
    return n <= 0 ? readOutcome(n) : n;
  }

  /** Reads into several buffers in order, with one call. */
  public long read(ByteBuffer[] targets, int first, int count) throws IOException {
    Objects.checkFromIndexSize(first, count, targets.length);
    for (int i = first; i < first + count; i++) {
      if (targets[i].isReadOnly()) {
        throw new ReadOnlyBufferException();
      }
    }
    long limit = remaining(targets, first, count);
    descriptor.acquireOrThrow();
    long n;
    try {
      if (limit == 0) {
        return 0;
      }
      do {
        n = calls.readv(descriptor.number(), targets, first, count, limit);
      } while (n == Result.EINTR);
    } finally {
      descriptor.release();
      Reference.reachabilityFence(targets);
    }
    if (n <= 0) {
      return readOutcome(n);
    }
    advance(targets, first, n);
    return n;
  }

  /** Writes what remains in the buffer: a count or {@link #NOT_READY}. */
  public int write(ByteBuffer source) throws IOException {
    int position = source.position();
    int length = source.remaining();
    descriptor.acquireOrThrow();
    long n;
    try {
      if (length == 0) {
        return 0;
      }
      if (source.hasArray()) {
        n = write(source.array(), source.arrayOffset() + position, length);
      } else if (source.isDirect()) {
        n = write(address(source), length);
      } else {
        n = writeReadOnly(source);
      }
    } finally {
      descriptor.release();
      Reference.reachabilityFence(source);
    }
    if (n < 0) {
      return writeOutcome(n);
    }
    source.position(position + (int) n);
    return (int) n;
  }

  /** Writes a segment of native memory or of a byte array, from its start. */
  public long write(MemorySegment source) throws IOException {
    long length = source.byteSize();
    descriptor.acquireOrThrow();
    long n;
    try {
      if (length == 0) {
        return 0;
      }
      n =
          source.isNative()
              ? write(address(source), length)
              : write(array(source), (int) source.address(), (int) length);
    } finally {
      descriptor.release();
      Reference.reachabilityFence(source);
    }
    return n < 0 ? writeOutcome(n) : n;
  }

  /** Writes what remains in several buffers in order, with one call. */
  public long write(ByteBuffer[] sources, int first, int count) throws IOException {
    Objects.checkFromIndexSize(first, count, sources.length);
    long limit = remaining(sources, first, count);
    descriptor.acquireOrThrow();
    long n;
    try {
      if (limit == 0) {
        return 0;
      }
      n = writev(sources, first, count, limit);
    } finally {
      descriptor.release();
      Reference.reachabilityFence(sources);
    }
    if (n < 0) {
      return writeOutcome(n);
    }
    advance(sources, first, n);
    return n;
  }

  private long read(byte[] target, int offset, int length) {
    long n;
    do {
      n = calls.read(descriptor.number(), target, offset, length);
    } while (n == Result.EINTR);
    return n;
  }

  private long read(long address, long length) {
    long n;
    do {
      n = calls.read(descriptor.number(), address, length);
    } while (n == Result.EINTR);
    return n;
  }

  private long write(byte[] source, int offset, int length) {
    long n;
    do {
      n = calls.write(descriptor.number(), source, offset, length);
    } while (n == Result.EINTR);
    return n;
  }

  private long write(long address, long length) {
    long n;
    do {
      n = calls.write(descriptor.number(), address, length);
    } while (n == Result.EINTR);
    return n;
  }

  private long writev(ByteBuffer[] sources, int first, int count, long limit) {
    long n;
    do {
      n = calls.writev(descriptor.number(), sources, first, count, limit);
    } while (n == Result.EINTR);
    return n;
  }

  /** A read-only heap buffer shows neither its array nor an address: it goes as a batch of one. */
  private long writeReadOnly(ByteBuffer source) {
    return writev(new ByteBuffer[] {source}, 0, 1, source.remaining());
  }

  private int readOutcome(long result) throws SystemCallException {
    if (result == 0) {
      return END;
    }
    if (result == Result.EAGAIN) {
      return NOT_READY;
    }
    throw failure(recv ? "recv" : "read", result);
  }

  private int writeOutcome(long result) throws SystemCallException {
    if (result == Result.EAGAIN) {
      return NOT_READY;
    }
    throw failure(recv ? "send" : "write", result);
  }

  private SystemCallException failure(String call, long result) {
    return new SystemCallException(call, descriptor, result, descriptor.kernel());
  }

  /*
   * The kernel takes a bare address: what an access would have checked is checked here, by an
   * access. The segment of a buffer goes no further than its address, or it would be allocated.
   */
  private static long address(ByteBuffer direct) {
    direct.get(direct.position());
    return MemorySegment.ofBuffer(direct).address();
  }

  private static long address(MemorySegment segment) {
    segment.get(ValueLayout.JAVA_BYTE, 0);
    return segment.address();
  }

  private static byte[] array(MemorySegment heap) {
    if (heap.heapBase().orElse(null) instanceof byte[] array) {
      return array;
    }
    throw new IllegalArgumentException("the segment is neither native nor of a byte array");
  }

  private static long remaining(ByteBuffer[] buffers, int first, int count) {
    long sum = 0;
    for (int i = first; i < first + count; i++) {
      sum += buffers[i].remaining();
    }
    return sum;
  }

  private static void advance(ByteBuffer[] buffers, int first, long moved) {
    long left = moved;
    for (int i = first; left > 0; i++) {
      int step = (int) Math.min(left, buffers[i].remaining());
      buffers[i].position(buffers[i].position() + step);
      left -= step;
    }
  }
}
