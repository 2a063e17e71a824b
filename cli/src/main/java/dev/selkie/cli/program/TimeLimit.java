package dev.selkie.cli.program;

import dev.selkie.kernel.Clock;
import dev.selkie.runtime.EventLoop;
import java.time.Duration;

/** A time that is to pass, by the clock of an event loop. */
public final class TimeLimit {
  private final Clock clock;
  private final long end;

  /** A limit so far from now. */
  public TimeLimit(EventLoop loop, Duration time) {
    this.clock = loop.kernel().clock();
    this.end = clock.nanoTime() + time.toNanos();
  }

  /** What is left of it; at least a nanosecond. */
  public Duration left() {
    return Duration.ofNanos(Math.max(1, end - clock.nanoTime()));
  }
}
