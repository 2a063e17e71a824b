package dev.selkie.simulation;

import dev.selkie.kernel.Epoll;
import dev.selkie.kernel.Result;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** A counter that is readable while it is not zero, eventfd(2). */
final class EventCounter extends OpenFile {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

  /** The largest count, as an unsigned number; one more is overflow, which write never reaches. */
  private static final long MOST = -2;

  private final byte[] scratch = new byte[Long.BYTES];
  private long count;

  EventCounter(SimulatedKernel kernel, int initial) {
    super(kernel);
    this.count = Integer.toUnsignedLong(initial);
  }

  @Override
  String kind() {
    return "eventfd";
  }

  @Override
  int readiness() {
    return (count != 0 ? Epoll.IN : 0) | (count != MOST ? Epoll.OUT : 0);
  }

  @Override
  int readable() {
    return count == 0 ? 0 : Long.BYTES;
  }

  @Override
  int available() {
    return Codes.ENOTTY;
  }

  @Override
  int room() {
    return Long.BYTES;
  }

  @Override
  long read(Transfer target) {
    if (target.remaining() < Long.BYTES) {
      return Result.EINVAL;
    }
    if (count == 0) {
      return Result.EAGAIN;
    }
    LONG.set(scratch, 0, count);
    target.put(scratch, 0, Long.BYTES);
    count = 0;
    arrived(Epoll.OUT);
    return Long.BYTES;
  }

  @Override
  long write(Transfer source) {
    if (source.remaining() < Long.BYTES) {
      return Result.EINVAL;
    }
    source.get(scratch, 0, Long.BYTES);
    long value = (long) LONG.get(scratch, 0);
    if (value == -1) {
      return Result.EINVAL;
    }
    if (Long.compareUnsigned(MOST - count, value) < 0) {
      return Result.EAGAIN;
    }
    count += value;
    arrived(Epoll.IN);
    return Long.BYTES;
  }
}
