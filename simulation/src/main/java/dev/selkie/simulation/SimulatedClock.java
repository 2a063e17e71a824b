package dev.selkie.simulation;

import dev.selkie.kernel.Clock;
import dev.selkie.kernel.Result;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** {@link Clock} of a host. Virtual time begins with the year 2026, until a test sets it. */
final class SimulatedClock implements Clock {
  private static final long START_NANOS =
      TimeUnit.SECONDS.toNanos(Instant.parse("2026-01-01T00:00:00Z").getEpochSecond());

  private static final long NANOS_PER_MILLI = 1_000_000;

  private final SimulatedKernel kernel;
  private final SimulatedNetwork network;

  /** How far the time of day is from the network's, or from the machine's. */
  private volatile long offset;

  /** The timers that go by the time of day; guarded by the network's lock. */
  private final List<TimerFile> told = new ArrayList<>();

  SimulatedClock(SimulatedKernel kernel) {
    this.kernel = kernel;
    this.network = kernel.network();
  }

  @Override
  public long nanoTime() {
    return network.nanoTime();
  }

  @Override
  public long currentTimeMillis() {
    return Math.floorDiv(wallNanos(), NANOS_PER_MILLI);
  }

  /** Nanoseconds since 1970. */
  long wallNanos() {
    return offset + (network.isThreaded() ? machineNanos() : START_NANOS + nanoTime());
  }

  private static long machineNanos() {
    return Duration.between(Instant.EPOCH, Instant.now()).toNanos();
  }

  /** Sets the time of day, clock_settime(2), and tells the timers that go by it. */
  void set(Instant time) {
    network.enter();
    try {
      long wanted = TimeUnit.NANOSECONDS.convert(Duration.between(Instant.EPOCH, time));
      offset = wanted - (wallNanos() - offset);
      if (network.isTraced()) {
        network.trace(kernel.hostName(), "clock_settime(" + time + ")");
      }
      for (TimerFile timer : List.copyOf(told)) {
        timer.clockWasSet();
      }
    } finally {
      network.exit();
    }
  }

  /** Tells a timer when the clock is set. */
  void tell(TimerFile timer) {
    told.add(timer);
  }

  /** Tells it no more. */
  void forget(TimerFile timer) {
    told.remove(timer);
  }

  @Override
  public int sleep(long nanos) {
    if (network.isThreaded()) {
      try {
        Thread.sleep(Duration.ofNanos(nanos));
        return 0;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return Result.EINTR;
      }
    }
    if (nanos > 0) {
      network.advance(Duration.ofNanos(nanos));
    }
    return 0;
  }
}
