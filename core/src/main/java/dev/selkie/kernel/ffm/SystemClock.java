package dev.selkie.kernel.ffm;

import dev.selkie.kernel.Clock;
import dev.selkie.kernel.Result;
import java.time.Duration;

/** {@link Clock} by the JDK, which reads CLOCK_MONOTONIC and CLOCK_REALTIME. */
final class SystemClock implements Clock {
  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public long currentTimeMillis() {
    return System.currentTimeMillis();
  }

  @Override
  public int sleep(long nanos) {
    try {
      Thread.sleep(Duration.ofNanos(nanos));
      return 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Result.EINTR;
    }
  }
}
