package dev.selkie.kernel;

import java.nio.ByteBuffer;

/** The calls that move bytes, by the names that they have for files or for sockets. */
abstract class ForwardingStreamCalls<P extends StreamCalls> implements StreamCalls {
  final ForwardingKernel kernel;
  final P part;
  private final SystemCall reading;
  private final SystemCall readingVectors;
  private final SystemCall writing;
  private final SystemCall writingVectors;

  ForwardingStreamCalls(
      ForwardingKernel kernel,
      P part,
      SystemCall reading,
      SystemCall readingVectors,
      SystemCall writing,
      SystemCall writingVectors) {
    this.kernel = kernel;
    this.part = part;
    this.reading = reading;
    this.readingVectors = readingVectors;
    this.writing = writing;
    this.writingVectors = writingVectors;
  }

  @Override
  public final long read(int descriptor, long address, long length) {
    return kernel.call(reading, descriptor, length, limit -> part.read(descriptor, address, limit));
  }

  @Override
  public final long read(int descriptor, byte[] target, int offset, int length) {
    return kernel.call(
        reading, descriptor, length, limit -> part.read(descriptor, target, offset, (int) limit));
  }

  @Override
  public final long readv(int descriptor, ByteBuffer[] buffers, int first, int count, long length) {
    return kernel.call(
        readingVectors,
        descriptor,
        length,
        limit -> part.readv(descriptor, buffers, first, count, limit));
  }

  @Override
  public final long write(int descriptor, long address, long length) {
    return kernel.call(
        writing, descriptor, length, limit -> part.write(descriptor, address, limit));
  }

  @Override
  public final long write(int descriptor, byte[] source, int offset, int length) {
    return kernel.call(
        writing, descriptor, length, limit -> part.write(descriptor, source, offset, (int) limit));
  }

  @Override
  public final long writev(
      int descriptor, ByteBuffer[] buffers, int first, int count, long length) {
    return kernel.call(
        writingVectors,
        descriptor,
        length,
        limit -> part.writev(descriptor, buffers, first, count, limit));
  }
}
