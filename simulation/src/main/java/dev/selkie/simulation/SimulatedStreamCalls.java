package dev.selkie.simulation;

import dev.selkie.kernel.Result;
import dev.selkie.kernel.StreamCalls;
import java.nio.ByteBuffer;

/** The calls that move bytes, from and to each kind of memory. */
abstract class SimulatedStreamCalls implements StreamCalls {
  final SimulatedKernel kernel;
  final SimulatedNetwork network;
  private final String reading;
  private final String writing;

  SimulatedStreamCalls(SimulatedKernel kernel, String reading, String writing) {
    this.kernel = kernel;
    this.network = kernel.network();
    this.reading = reading;
    this.writing = writing;
  }

  /** Reads from an open file. */
  abstract long read(OpenFile file, Transfer target);

  /** Writes to an open file. */
  abstract long write(OpenFile file, Transfer source);

  private long in(int descriptor, Transfer target) {
    int asked = target.remaining();
    OpenFile file = kernel.table().get(descriptor);
    long result;
    if (file == null) {
      result = Result.EBADF;
    } else if (network.takes(Freedom.INTERRUPTIONS)) {
      result = Result.EINTR;
    } else {
      result = read(file, target);
    }
    return kernel.traced(reading, descriptor, asked, result);
  }

  private long out(int descriptor, Transfer source) {
    int asked = source.remaining();
    OpenFile file = kernel.table().get(descriptor);
    long result;
    if (file == null) {
      result = Result.EBADF;
    } else if (network.takes(Freedom.INTERRUPTIONS)) {
      result = Result.EINTR;
    } else {
      result = write(file, source);
    }
    return kernel.traced(writing, descriptor, asked, result);
  }

  @Override
  public final long read(int descriptor, long address, long length) {
    network.enter();
    try {
      return in(descriptor, network.transfer().of(address, length));
    } finally {
      network.exit();
    }
  }

  @Override
  public final long read(int descriptor, byte[] target, int offset, int length) {
    network.enter();
    try {
      return in(descriptor, network.transfer().of(target, offset, length));
    } finally {
      network.exit();
    }
  }

  @Override
  public final long readv(int descriptor, ByteBuffer[] buffers, int first, int count, long limit) {
    network.enter();
    try {
      return in(descriptor, network.transfer().of(buffers, first, count, limit));
    } finally {
      network.exit();
    }
  }

  @Override
  public final long write(int descriptor, long address, long length) {
    network.enter();
    try {
      return out(descriptor, network.transfer().of(address, length));
    } finally {
      network.exit();
    }
  }

  @Override
  public final long write(int descriptor, byte[] source, int offset, int length) {
    network.enter();
    try {
      return out(descriptor, network.transfer().of(source, offset, length));
    } finally {
      network.exit();
    }
  }

  @Override
  public final long writev(int descriptor, ByteBuffer[] buffers, int first, int count, long limit) {
    network.enter();
    try {
      return out(descriptor, network.transfer().of(buffers, first, count, limit));
    } finally {
      network.exit();
    }
  }
}
