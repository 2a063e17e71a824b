package dev.selkie.simulation;

import dev.selkie.kernel.Epoll;
import dev.selkie.kernel.Result;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** A timer that is readable once it has expired, timerfd_create(2). */
final class TimerFile extends OpenFile {
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.nativeOrder());

  private final SimulatedClock clock;
  private final byte[] scratch = new byte[Long.BYTES];

  /** As Linux does: the first expiration is an arrival, those that nobody took are counted. */
  private final Delivery expiry =
      new Delivery() {
        @Override
        void deliver() {
          expired = true;
          arrived(Epoll.IN);
        }

        @Override
        String describe() {
          return "timer of " + kernel.hostName();
        }
      };

  private boolean absolute;
  private long interval;

  /** By the clock that it goes by, as the other two; of the next expiration to be told of. */
  private long next;

  private boolean expired;
  private boolean cancelled;

  TimerFile(SimulatedKernel kernel, SimulatedClock clock) {
    super(kernel);
    this.clock = clock;
  }

  @Override
  String kind() {
    return "timerfd";
  }

  @Override
  int readiness() {
    return expired || cancelled ? Epoll.IN : 0;
  }

  @Override
  int readable() {
    return readiness() == 0 ? 0 : Long.BYTES;
  }

  @Override
  int available() {
    return Codes.ENOTTY;
  }

  /** As Linux does: it is armed in any case, and nobody will be told of the clock again. */
  int set(long first, long period, boolean byTimeOfDay) {
    boolean untold = cancelled && byTimeOfDay && first >= 0;
    network.cancel(expiry);
    clock.forget(this);
    expired = false;
    cancelled = false;
    absolute = byTimeOfDay;
    interval = period;
    if (first < 0) {
      return 0;
    }
    next = absolute ? first : SimulatedNetwork.saturatedSum(network.time(), first);
    if (absolute) {
      clock.tell(this);
    }
    plan();
    return untold ? Result.ECANCELED : 0;
  }

  private void plan() {
    network.plan(expiry, Math.max(next - now(), 0));
  }

  private long now() {
    return absolute ? clock.wallNanos() : network.time();
  }

  /** The time of day was set: whoever reads next is told. */
  void clockWasSet() {
    cancelled = true;
    if (!expired) {
      plan();
    }
    arrived(Epoll.IN);
  }

  long expirations() {
    if (cancelled) {
      cancelled = false;
      expired = false;
      return Result.ECANCELED;
    }
    if (!expired) {
      return Result.EAGAIN;
    }
    expired = false;
    if (interval == 0) {
      return 1;
    }
    long count = 1 + Math.max(now() - next, 0) / interval;
    next = SimulatedNetwork.saturatedSum(next, count * interval);
    plan();
    return count;
  }

  @Override
  long read(Transfer target) {
    if (target.remaining() < Long.BYTES) {
      return Result.EINVAL;
    }
    long count = expirations();
    if (count < 0) {
      return count;
    }
    LONG.set(scratch, 0, count);
    target.put(scratch, 0, Long.BYTES);
    return Long.BYTES;
  }

  @Override
  void release() {
    network.cancel(expiry);
    clock.forget(this);
  }
}
