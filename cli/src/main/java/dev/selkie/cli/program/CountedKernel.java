package dev.selkie.cli.program;

import dev.selkie.kernel.ForwardingKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCall;
import java.util.concurrent.atomic.LongAdder;

/** Counts the system calls that are made through it, and what the waits among them bring. */
public final class CountedKernel extends ForwardingKernel {
  private final LongAdder calls = new LongAdder();
  private final LongAdder waits = new LongAdder();
  private final LongAdder emptyWaits = new LongAdder();
  private final LongAdder events = new LongAdder();

  /** A counting kernel in front of another. */
  public CountedKernel(Kernel delegate) {
    super(delegate);
  }

  @Override
  protected long call(SystemCall call, int descriptor, long length, Invocation invocation) {
    calls.increment();
    return super.call(call, descriptor, length, invocation);
  }

  @Override
  protected long await(SystemCall call, int descriptor, long timeoutNanos, Invocation invocation) {
    long ready = super.await(call, descriptor, timeoutNanos, invocation);
    waits.increment();
    if (ready > 0) {
      events.add(ready);
    } else {
      emptyWaits.increment();
    }
    return ready;
  }

  /** System calls. */
  public long calls() {
    return calls.sum();
  }

  /** Waits of queues. */
  public long waits() {
    return waits.sum();
  }

  /** Waits that brought no event. */
  public long emptyWaits() {
    return emptyWaits.sum();
  }

  /** Events, wake-ups of queues among them. */
  public long events() {
    return events.sum();
  }
}
