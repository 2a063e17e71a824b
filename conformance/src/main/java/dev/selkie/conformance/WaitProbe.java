package dev.selkie.conformance;

import dev.selkie.kernel.ForwardingKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SystemCall;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A kernel that tells when a thread is about to wait in it.
 *
 * <p>A thread counts as waiting from just before the call that may block. What another thread does
 * then comes before or during that call: both orders must show the same.
 */
public final class WaitProbe extends ForwardingKernel {
  private final AtomicLong begun = new AtomicLong();
  private final AtomicLong waiting = new AtomicLong();
  private final AtomicLong interrupted = new AtomicLong();
  private final AtomicReference<@Nullable Runnable> before = new AtomicReference<>();
  private final AtomicReference<@Nullable Runnable> after = new AtomicReference<>();

  /** A probe in front of another kernel. */
  public WaitProbe(Kernel delegate) {
    super(delegate);
  }

  @Override
  protected long await(SystemCall call, int descriptor, long timeoutNanos, Invocation invocation) {
    take(before);
    begun.incrementAndGet();
    int patient = timeoutNanos == 0 ? 0 : 1; // a look is no wait
    waiting.addAndGet(patient);
    long result = super.await(call, descriptor, timeoutNanos, invocation);
    waiting.addAndGet(-patient);
    if (result == Result.EINTR) {
      interrupted.incrementAndGet();
    }
    take(after);
    return result;
  }

  private static void take(AtomicReference<@Nullable Runnable> reference) {
    Runnable action = reference.getAndSet(null);
    if (action != null) {
      action.run();
    }
  }

  /** How many waits have begun. */
  public long waits() {
    return begun.get();
  }

  /** How many waits a signal has ended. */
  public long interrupted() {
    return interrupted.get();
  }

  /** Returns when a thread is in a wait. */
  public void awaitWaiter() {
    Until.holds("a thread waits", () -> waiting.get() > 0);
  }

  /** Returns when so many threads are in a wait. */
  public void awaitWaiters(int threads) {
    Until.holds(threads + " threads wait", () -> waiting.get() >= threads);
  }

  /** Has the next thread that waits do something first, when its wait has begun for the queue. */
  public void beforeNextWait(Runnable action) {
    before.set(action);
  }

  /** Has the next thread whose wait returns do something before the queue looks at the result. */
  public void afterNextWait(Runnable action) {
    after.set(action);
  }
}
