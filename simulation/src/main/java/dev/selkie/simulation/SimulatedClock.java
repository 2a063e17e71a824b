package dev.selkie.simulation;

import dev.selkie.kernel.Clock;
import dev.selkie.kernel.Result;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;

/** {@link Clock} of a network. Virtual time begins with the year 2026. */
final class SimulatedClock implements Clock {
  private static final long START_MILLIS = Instant.parse("2026-01-01T00:00:00Z").toEpochMilli();

  private final SimulatedKernel kernel;

  SimulatedClock(SimulatedKernel kernel) {
    this.kernel = kernel;
  }

  @Override
  public long nanoTime() {
    return kernel.network().nanoTime();
  }

  @Override
  public long currentTimeMillis() {
    return kernel.network().isThreaded()
        ? System.currentTimeMillis()
        : START_MILLIS + TimeUnit.NANOSECONDS.toMillis(nanoTime());
  }

  @Override
  public int sleep(long nanos) {
    if (kernel.network().isThreaded()) {
      try {
        Thread.sleep(Duration.ofNanos(nanos));
        return 0;
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return Result.EINTR;
      }
    }
    if (nanos > 0) {
      kernel.network().advance(Duration.ofNanos(nanos));
    }
    return 0;
  }
}
