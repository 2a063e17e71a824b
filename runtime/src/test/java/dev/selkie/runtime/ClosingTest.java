package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.kernel.Clock;
import dev.selkie.kernel.ForwardingKernel;
import dev.selkie.kernel.Kernel;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

final class ClosingTest {
  /**
   * The loop looks whether the end has come, then how long it may wait, and then it waits. With a
   * deadline of {@code close} it asks the clock for the second of these: there the fiber ends.
   */
  @Test
  void aFiberThatEndsBetweenTheLookForTheEndAndTheWaitEndsTheLoop() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch mayEnd = new CountDownLatch(1);
    AtomicReference<Fiber<?>> fiber = new AtomicReference<>();
    AtomicReference<EventLoop> loop = new AtomicReference<>();
    Kernel kernel =
        new HookedClockKernel(() -> {
          if (loop.get() != null && loop.get().isOnLoop() && mayEnd.getCount() > 0) {
            mayEnd.countDown();
            joinUninterruptibly(fiber.get().thread());
          }
        });
    loop.set(EventLoop.builder().kernel(kernel).mountFibers(false).start());
    fiber.set(
        loop.get()
            .fiber(() -> {
              begun.countDown();
              mayEnd.await();
              return null;
            }));
    begun.await();

    assertThat(loop.get().close(Duration.ofSeconds(60))).as("it ended by itself").isTrue();
  }

  private static void joinUninterruptibly(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** The machine's kernel, which does something before it tells the time. */
  private static final class HookedClockKernel extends ForwardingKernel {
    private final Runnable hook;

    HookedClockKernel(Runnable hook) {
      super(Kernel.system());
      this.hook = hook;
    }

    @Override
    public Clock clock() {
      Clock clock = super.clock();
      return new Clock() {
        @Override
        public long nanoTime() {
          hook.run();
          return clock.nanoTime();
        }
      };
    }
  }
}
