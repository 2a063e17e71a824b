package dev.selkie.kernel;

import java.util.concurrent.atomic.AtomicLongArray;

/** A kernel that counts the system calls made through it, in front of another. */
public final class CountingKernel extends ForwardingKernel {
  private static final int CALLS = SystemCall.values().length;

  private final AtomicLongArray counts = new AtomicLongArray(CALLS);

  /** A counting kernel with all counts at 0. */
  public CountingKernel(Kernel delegate) {
    super(delegate);
  }

  @Override
  protected long call(SystemCall call, int descriptor, long length, Invocation invocation) {
    counts.incrementAndGet(call.ordinal());
    return super.call(call, descriptor, length, invocation);
  }

  /** How often a call was made. */
  public long count(SystemCall call) {
    return counts.get(call.ordinal());
  }

  /** How many calls were made. */
  public long total() {
    long sum = 0;
    for (int i = 0; i < CALLS; i++) {
      sum += counts.get(i);
    }
    return sum;
  }

  /** Begins again at 0; calls that other threads make meanwhile may or may not count. */
  public void reset() {
    for (int i = 0; i < CALLS; i++) {
      counts.set(i, 0);
    }
  }

  /** The calls made, with their counts: {@code EPOLL_WAIT 3, RECV 2}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (SystemCall call : SystemCall.values()) {
      if (count(call) > 0) {
        text.append(text.isEmpty() ? "" : ", ").append(call).append(' ').append(count(call));
      }
    }
    return text.isEmpty() ? "no calls" : text.toString();
  }
}
