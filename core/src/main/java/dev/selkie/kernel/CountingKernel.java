package dev.selkie.kernel;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;

/** A kernel that counts the system calls made through it, in front of another. */
public final class CountingKernel extends ForwardingKernel {
  private final Map<SystemCall, AtomicLong> counts = new EnumMap<>(SystemCall.class);

  /** A counting kernel with all counts at 0. */
  public CountingKernel(Kernel delegate) {
    super(delegate);
    for (SystemCall call : SystemCall.values()) {
      counts.put(call, new AtomicLong());
    }
  }

  @Override
  protected long call(SystemCall call, int descriptor, long length, Invocation invocation) {
    counter(call).incrementAndGet();
    return super.call(call, descriptor, length, invocation);
  }

  /** How often a call was made. */
  public long count(SystemCall call) {
    return counter(Objects.requireNonNull(call, "call")).get();
  }

  /** How many calls were made. */
  public long total() {
    long sum = 0;
    for (AtomicLong count : counts.values()) {
      sum += count.get();
    }
    return sum;
  }

  /** Begins again at 0; calls that other threads make meanwhile may or may not count. */
  public void reset() {
    counts.values().forEach(count -> count.set(0));
  }

  private AtomicLong counter(SystemCall call) {
    return Objects.requireNonNull(counts.get(call));
  }

  /** The calls made, with their counts: {@code EPOLL_WAIT 3, RECV 2}. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    counts.forEach((call, count) -> {
      if (count.get() > 0) {
        text.append(text.isEmpty() ? "" : ", ").append(call).append(' ').append(count);
      }
    });
    return text.isEmpty() ? "no calls" : text.toString();
  }
}
