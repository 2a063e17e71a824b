package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.selkie.kernel.CountingKernel;
import dev.selkie.kernel.Kernel;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A group with nothing to do costs nothing. */
final class IdleGroupCostTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final int LOOPS = 3;

  /** Nothing that is waited for: how long the group is watched. */
  private static final CountDownLatch NEVER = new CountDownLatch(1);

  @Test
  void aGroupWithNothingRegisteredMakesNoSystemCallAndUsesNoTime() throws Exception {
    CountingKernel kernel = new CountingKernel(Kernel.system());
    Queue<Thread> threads = new ConcurrentLinkedQueue<>();
    try (EventLoopGroup group =
        EventLoopGroup.builder()
            .loops(LOOPS)
            .onThreadStart(_ -> threads.add(Thread.currentThread()))
            .eachLoop(loop -> loop.kernel(kernel))
            .start()) {
      for (EventLoop loop : group.loops()) {
        loop.submit(() -> {}).get();
      }
      settle(threads);
      kernel.reset();
      List<Long> before = times(threads);
      NEVER.await(300, TimeUnit.MILLISECONDS);
      assertThat(times(threads)).isEqualTo(before);
      assertThat(kernel).hasToString("no calls");
    }
  }

  /** Until the threads have gone to sleep, and so use no time. */
  private static void settle(Queue<Thread> threads) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    List<Long> before;
    List<Long> now = times(threads);
    do {
      assertThat(System.nanoTime()).as("they do not come to rest").isLessThan(end);
      before = now;
      NEVER.await(20, TimeUnit.MILLISECONDS);
      now = times(threads);
    } while (!before.equals(now) || !threads.stream().allMatch(IdleGroupCostTest::isInItsWait));
  }

  private static boolean isInItsWait(Thread loop) {
    return Arrays.stream(loop.getStackTrace())
        .anyMatch(frame -> frame.getClassName().equals(CountingKernel.class.getName()));
  }

  private static List<Long> times(Queue<Thread> threads) {
    assertThat(threads).hasSize(LOOPS);
    return threads.stream().map(thread -> THREADS.getThreadCpuTime(thread.threadId())).toList();
  }
}
