package dev.selkie.runtime;

import dev.selkie.kernel.Clock;
import dev.selkie.kernel.ForwardingKernel;
import dev.selkie.kernel.Kernel;
import java.util.concurrent.TimeUnit;

/** The machine's kernel with a clock that a test sets; its waits are the machine's. */
public final class ManualClock extends ForwardingKernel {
  private volatile long nanos;

  private final Clock clock =
      new Clock() {
        @Override
        public long nanoTime() {
          return nanos;
        }
      };

  /** A clock at zero. */
  public ManualClock() {
    super(Kernel.system());
  }

  /** Sets the time. */
  public void millis(long millis) {
    nanos = TimeUnit.MILLISECONDS.toNanos(millis);
  }

  /** The time. */
  public long millis() {
    return TimeUnit.NANOSECONDS.toMillis(nanos);
  }

  @Override
  public Clock clock() {
    return clock;
  }
}
