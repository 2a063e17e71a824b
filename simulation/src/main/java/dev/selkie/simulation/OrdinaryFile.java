package dev.selkie.simulation;

import dev.selkie.kernel.Epoll;
import dev.selkie.kernel.Result;
import java.util.Arrays;

/** A regular file in memory, or the null device: always ready, and refused by epoll. */
final class OrdinaryFile extends OpenFile {
  private final boolean device;
  private byte[] bytes;
  private int size;
  private int position;

  private OrdinaryFile(SimulatedKernel kernel, boolean device, byte[] contents) {
    super(kernel);
    this.device = device;
    this.bytes = contents;
    this.size = contents.length;
  }

  static OrdinaryFile nullDevice(SimulatedKernel kernel) {
    return new OrdinaryFile(kernel, true, new byte[0]);
  }

  static OrdinaryFile of(SimulatedKernel kernel, byte[] contents) {
    return new OrdinaryFile(kernel, false, contents.clone());
  }

  boolean isDevice() {
    return device;
  }

  @Override
  String kind() {
    return device ? "null" : "file";
  }

  @Override
  int readiness() {
    return Epoll.IN | Epoll.OUT;
  }

  @Override
  boolean isPollable() {
    return false;
  }

  @Override
  int readable() {
    return Math.max(size - position, 0);
  }

  @Override
  int available() {
    return device ? Codes.ENOTTY : readable();
  }

  @Override
  int room() {
    return Integer.MAX_VALUE;
  }

  @Override
  long read(Transfer target) {
    int n = Math.min(target.remaining(), readable());
    if (n > 0) {
      target.put(bytes, position, n);
      position += n;
    }
    return n;
  }

  @Override
  long write(Transfer source) {
    int n = source.remaining();
    if (device) {
      return n;
    }
    if (position + n < 0) {
      return Result.EINVAL;
    }
    if (position + n > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(position + n, bytes.length * 2));
    }
    source.get(bytes, position, n);
    position += n;
    size = Math.max(size, position);
    return n;
  }
}
