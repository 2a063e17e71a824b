package dev.selkie.descriptor;

import dev.selkie.kernel.Files;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.kernel.ffm.BufferAddress;
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
 * <p>Nothing here allocates in the steady state. A heap buffer's array goes to the kernel as it is;
 * of native memory the kernel gets the address.
 */
public final class ByteTransfer {
  /** A read's result at end of file. */
  public static final int END = -1;

  /** A result that says the operation would have had to wait. */
  public static final int NOT_READY = -2;

  /** A kernel moves at least this much of heap memory with one call, if it is there. */
  public static final int HEAP_BYTES = 1 << 16;

  /** And takes at least this many buffers. */
  private static final int HEAP_BUFFERS = 64;

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
  private static final ThreadLocal<ByteBuffer[]> ONE =
      ThreadLocal.withInitial(() -> new ByteBuffer[] {NOTHING});

  private ByteTransfer() {}

  /** Reads into the buffer's remaining space: a count, {@link #END} or {@link #NOT_READY}. */
  public static int read(DescriptorLifetime descriptor, ByteBuffer target) throws IOException {
    Objects.requireNonNull(target, "target");
    if (target.isReadOnly()) {
      throw new ReadOnlyBufferException();
    }
    int position = target.position();
    int length = target.remaining();
    boolean slot = descriptor.beginRead();
    long n;
    try {
      if (length == 0) {
        return 0;
      }
      n =
          target.hasArray()
              ? read(descriptor, target.array(), target.arrayOffset() + position, length)
              : read(descriptor, BufferAddress.of(target), length);
    } finally {
      descriptor.endRead(slot);
      Reference.reachabilityFence(target);
    }
    if (n <= 0) {
      return readOutcome(descriptor, n);
    }
    target.position(position + (int) n);
    return (int) n;
  }

  /** Reads into a segment of native memory or of a byte array, from its start. */
  public static long read(DescriptorLifetime descriptor, MemorySegment target) throws IOException {
    Objects.requireNonNull(target, "target");
    if (target.isReadOnly()) {
      throw new ReadOnlyBufferException();
    }
    long length = target.byteSize();
    boolean slot = descriptor.beginRead();
    long n;
    try {
      if (length == 0) {
        return 0;
      }
      n =
          target.isNative()
              ? read(descriptor, address(target), length)
              : read(descriptor, array(target), (int) target.address(), (int) length);
    } finally {
      descriptor.endRead(slot);
      Reference.reachabilityFence(target);
    }
    return n <= 0 ? readOutcome(descriptor, n) : n;
  }

  /** Reads into several buffers in order, with one call. */
  public static long read(DescriptorLifetime descriptor, ByteBuffer[] targets, int first, int count)
      throws IOException {
    Objects.requireNonNull(targets, "targets");
    Objects.checkFromIndexSize(first, count, targets.length);
    for (int i = first; i < first + count; i++) {
      if (Objects.requireNonNull(targets[i], "an element of targets").isReadOnly()) {
        throw new ReadOnlyBufferException();
      }
    }
    long limit = remaining(targets, first, count);
    boolean slot = descriptor.beginRead();
    long n;
    try {
      if (limit == 0) {
        return 0;
      }
      n = readv(descriptor, targets, first, count, limit);
    } finally {
      descriptor.endRead(slot);
      Reference.reachabilityFence(targets);
    }
    if (n <= 0) {
      return readOutcome(descriptor, n);
    }
    advance(targets, first, n);
    return n;
  }

  /** Writes what remains in the buffer: a count or {@link #NOT_READY}. */
  public static int write(DescriptorLifetime descriptor, ByteBuffer source) throws IOException {
    Objects.requireNonNull(source, "source");
    int position = source.position();
    int length = source.remaining();
    boolean slot = descriptor.beginWrite();
    long n;
    try {
      if (length == 0) {
        return 0;
      }
      if (source.hasArray()) {
        n = write(descriptor, source.array(), source.arrayOffset() + position, length);
      } else if (source.isReadOnly()) {
        n = writeReadOnly(descriptor, source);
      } else {
        n = write(descriptor, BufferAddress.of(source), length);
      }
    } finally {
      descriptor.endWrite(slot);
      Reference.reachabilityFence(source);
    }
    if (n < 0) {
      return writeOutcome(descriptor, n);
    }
    source.position(position + (int) n);
    return (int) n;
  }

  /** Writes a segment of native memory or of a byte array, from its start. */
  public static long write(DescriptorLifetime descriptor, MemorySegment source) throws IOException {
    Objects.requireNonNull(source, "source");
    long length = source.byteSize();
    boolean slot = descriptor.beginWrite();
    long n;
    try {
      if (length == 0) {
        return 0;
      }
      n =
          source.isNative()
              ? write(descriptor, address(source), length)
              : writeHeap(descriptor, source);
    } finally {
      descriptor.endWrite(slot);
      Reference.reachabilityFence(source);
    }
    return n < 0 ? writeOutcome(descriptor, n) : n;
  }

  /** Writes what remains in several buffers in order, with one call. */
  public static long write(
      DescriptorLifetime descriptor, ByteBuffer[] sources, int first, int count)
      throws IOException {
    Objects.requireNonNull(sources, "sources");
    Objects.checkFromIndexSize(first, count, sources.length);
    for (int i = first; i < first + count; i++) {
      Objects.requireNonNull(sources[i], "an element of sources");
    }
    long limit = remaining(sources, first, count);
    boolean slot = descriptor.beginWrite();
    long n;
    try {
      if (limit == 0) {
        return 0;
      }
      n = writev(descriptor, sources, first, count, limit);
    } finally {
      descriptor.endWrite(slot);
      Reference.reachabilityFence(sources);
    }
    if (n < 0) {
      return writeOutcome(descriptor, n);
    }
    advance(sources, first, n);
    return n;
  }

  /**
   * Moves bytes within the kernel: a count, {@link #END} or {@link #NOT_READY}.
   *
   * @param blamed which of the two a failure names
   * @throws UnsupportedOperationException if the system, or one of the two, cannot do it, or would
   *     wait: SPLICE_F_NONBLOCK counts for pipes alone
   */
  public static long splice(
      DescriptorLifetime from, DescriptorLifetime to, long length, DescriptorLifetime blamed)
      throws IOException {
    if (!from.kernel().equals(to.kernel())) {
      throw new IllegalArgumentException(from + " and " + to + " are of different kernels");
    }
    if (length < 0) {
      throw new IllegalArgumentException("at most " + length + " bytes: it must not be negative");
    }
    long n;
    boolean reading = from.beginRead();
    try {
      boolean writing = to.beginWrite();
      try {
        if (length == 0) {
          return 0; // which would look like the end
        }
        refuseWaiting(from);
        refuseWaiting(to);
        do {
          n = from.kernel().files().splice(from.number(), to.number(), length);
        } while (n == Result.EINTR);
      } finally {
        to.endWrite(writing);
      }
    } finally {
      from.endRead(reading);
    }
    if (n == Result.ENOSYS || n == Result.EINVAL) {
      throw new UnsupportedOperationException("no splice from " + from + " to " + to);
    }
    if (n < 0 && n != Result.EAGAIN) {
      throw failure(blamed, "splice", n);
    }
    return n > 0 ? n : n == 0 ? END : NOT_READY;
  }

  /** The mode of a borrowed descriptor is not ours, and may change. */
  private static void refuseWaiting(DescriptorLifetime end) {
    if (!end.isBorrowed()) {
      return;
    }
    Files files = end.kernel().files();
    if (files.isNonBlocking(end.number()) == 0) {
      int kind = files.kind(end.number());
      if (kind != Files.S_IFIFO && kind != Files.S_IFREG) {
        throw new UnsupportedOperationException(
            "no splice: " + end + " is in blocking mode, and might wait; read or write it");
      }
    }
  }

  /** The bytes that a read would get now; 0 of a descriptor that cannot tell. */
  public static int available(DescriptorLifetime descriptor) throws IOException {
    descriptor.acquireOrThrow();
    try {
      int result = descriptor.kernel().files().available(descriptor.number());
      if (result == Result.ENOTTY || result == Result.EINVAL || result == Result.ENOSYS) {
        return 0;
      }
      if (result < 0) {
        throw failure(descriptor, "ioctl(FIONREAD)", result);
      }
      return result;
    } finally {
      descriptor.release();
    }
  }

  private static long read(DescriptorLifetime descriptor, byte[] target, int offset, int length) {
    if (length > HEAP_BYTES && descriptor.carriesMessages()) {
      ByteBuffer whole = ByteBuffer.allocateDirect(length);
      long n = read(descriptor, BufferAddress.of(whole), length);
      whole.get(0, target, offset, (int) Math.max(n, 0));
      return n;
    }
    long n;
    do {
      n = descriptor.calls().read(descriptor.number(), target, offset, length);
    } while (n == Result.EINTR);
    return n;
  }

  private static long read(DescriptorLifetime descriptor, long address, long length) {
    long n;
    do {
      n = descriptor.calls().read(descriptor.number(), address, length);
    } while (n == Result.EINTR);
    return n;
  }

  private static long write(DescriptorLifetime descriptor, byte[] source, int offset, int length) {
    if (length > HEAP_BYTES && descriptor.carriesMessages()) {
      ByteBuffer whole = ByteBuffer.allocateDirect(length).put(0, source, offset, length);
      return write(descriptor, BufferAddress.of(whole), length);
    }
    long n;
    do {
      n = descriptor.calls().write(descriptor.number(), source, offset, length);
    } while (n == Result.EINTR);
    return n;
  }

  private static long write(DescriptorLifetime descriptor, long address, long length) {
    long n;
    do {
      n = descriptor.calls().write(descriptor.number(), address, length);
    } while (n == Result.EINTR);
    return n;
  }

  private static long readv(
      DescriptorLifetime descriptor, ByteBuffer[] targets, int first, int count, long limit) {
    if (mustBeWhole(descriptor, count, limit)) {
      ByteBuffer whole = ByteBuffer.allocateDirect((int) limit);
      long n = read(descriptor, BufferAddress.of(whole), limit);
      scatter(whole.limit((int) Math.max(n, 0)), targets, first);
      return n;
    }
    long n;
    do {
      n = descriptor.calls().readv(descriptor.number(), targets, first, count, limit);
    } while (n == Result.EINTR);
    return n;
  }

  /** Fills the buffers in order without moving their positions. */
  private static void scatter(ByteBuffer whole, ByteBuffer[] targets, int first) {
    for (int i = first; whole.hasRemaining(); i++) {
      int length = Math.min(whole.remaining(), targets[i].remaining());
      targets[i].put(targets[i].position(), whole, whole.position(), length);
      whole.position(whole.position() + length);
    }
  }

  /** Whether a message would be cut that a copy in native memory keeps whole. */
  private static boolean mustBeWhole(DescriptorLifetime descriptor, int count, long limit) {
    return descriptor.carriesMessages()
        && (limit > HEAP_BYTES || count > HEAP_BUFFERS)
        && limit <= Integer.MAX_VALUE;
  }

  private static long writev(
      DescriptorLifetime descriptor, ByteBuffer[] sources, int first, int count, long limit) {
    if (mustBeWhole(descriptor, count, limit)) {
      ByteBuffer whole = ByteBuffer.allocateDirect((int) limit);
      for (int i = first; i < first + count; i++) {
        whole.put(sources[i].duplicate());
      }
      return write(descriptor, BufferAddress.of(whole.flip()), limit);
    }
    long n;
    do {
      n = descriptor.calls().writev(descriptor.number(), sources, first, count, limit);
    } while (n == Result.EINTR);
    return n;
  }

  private static long writeHeap(DescriptorLifetime descriptor, MemorySegment source) {
    return source.isReadOnly()
        ? writeReadOnly(descriptor, source.asByteBuffer())
        : write(descriptor, array(source), (int) source.address(), (int) source.byteSize());
  }

  /** A read-only buffer may show neither array nor address: it goes as a batch of one. */
  private static long writeReadOnly(DescriptorLifetime descriptor, ByteBuffer source) {
    ByteBuffer[] one = Thread.currentThread().isVirtual() ? new ByteBuffer[] {NOTHING} : ONE.get();
    one[0] = source;
    try {
      return writev(descriptor, one, 0, 1, source.remaining());
    } finally {
      one[0] = NOTHING; // keeps no buffer of the caller's
    }
  }

  private static int readOutcome(DescriptorLifetime descriptor, long result)
      throws SystemCallException {
    if (result == 0) {
      return descriptor.hasEnd() ? END : 0;
    }
    if (result == Result.EAGAIN) {
      return NOT_READY;
    }
    throw failure(descriptor, descriptor.isSocket() ? "recv" : "read", result);
  }

  private static int writeOutcome(DescriptorLifetime descriptor, long result)
      throws SystemCallException {
    if (result == Result.EAGAIN) {
      return NOT_READY;
    }
    throw failure(descriptor, descriptor.isSocket() ? "send" : "write", result);
  }

  private static SystemCallException failure(
      DescriptorLifetime descriptor, String call, long result) {
    return new SystemCallException(call, descriptor, result, descriptor.kernel());
  }

  /** The kernel takes a bare address: what an access would have checked is checked by one here. */
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
