package dev.selkie.coroutines;

import static dev.selkie.coroutines.Coroutine.await;
import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.Waker;
import dev.selkie.runtime.task.Poll;
import dev.selkie.runtime.task.Task;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What a coroutine that waits takes, and what it takes to go on: beside a task by hand and a
 * mounted fiber that do the same. No test by its name; it runs by
 *
 * <pre>{@code
 * ./mvnw -B -ntp -Dquick -pl core,runtime,coroutines -am verify -Dtest=SuspensionMeasurement \
 *   -Dsurefire.failIfNoSpecifiedTests=false
 * }</pre>
 */
@SuppressWarnings("FutureReturnValueIgnored") // a starter returns it as an object
@Timeout(value = 10, unit = TimeUnit.MINUTES)
final class SuspensionMeasurement {
  private static final int SUSPENDED = 100_000;
  private static final int TOGETHER = 64;
  private static final int PAUSES = 20_000;
  private static final int ROUNDS = 9;

  private static final Task<Long> NEVER = _ -> Poll.pending();
  private static final Poll<Long> END = Poll.ready(1L);

  private final Object kept = new Object();

  /** What is measured stays, so that nothing else becomes free meanwhile. */
  private final List<Object[]> suspended = new ArrayList<>();

  private final List<EventLoop> loops = new ArrayList<>();

  @AfterEach
  void close() {
    loops.forEach(EventLoop::close);
    assertThat(suspended).allSatisfy(all -> assertThat(all).doesNotContainNull());
  }

  /** Gives the others a turn, again and again. */
  private static final class Pause implements Task<Long> {
    private boolean polled;

    @Override
    public Poll<Long> poll(Waker waker) {
      polled = !polled;
      if (polled) {
        waker.wake();
        return Poll.pending();
      }
      return END;
    }
  }

  private static Task<Long> coroutine(int depth, Task<Long> pause, int pauses, Object kept) {
    long sum = 0;
    if (depth > 1) {
      sum += await(coroutine(depth - 1, pause, pauses, kept));
    } else {
      for (int i = 0; i < pauses; i++) {
        sum += await(pause);
      }
    }
    return Task.of(sum + kept.hashCode());
  }

  private static final class ByHand implements Task<Long> {
    private final Task<Long> awaited;
    private final Object kept;
    private final int pauses;
    private int i;
    private long sum;

    ByHand(int depth, Task<Long> pause, int pauses, Object kept) {
      this.awaited = depth > 1 ? new ByHand(depth - 1, pause, pauses, kept) : pause;
      this.pauses = depth > 1 ? 1 : pauses;
      this.kept = kept;
    }

    @Override
    public Poll<Long> poll(Waker waker) throws Exception {
      for (; i < pauses; i++) {
        Poll<Long> found = awaited.poll(waker);
        if (!found.isReady()) {
          return Poll.pending();
        }
        sum += found.value();
      }
      return Poll.ready(sum + kept.hashCode());
    }
  }

  private static long fiber(int depth, Runnable pause, int pauses, Object kept) {
    long sum = 0;
    if (depth > 1) {
      sum += fiber(depth - 1, pause, pauses, kept);
    } else {
      for (int i = 0; i < pauses; i++) {
        pause.run();
        sum++;
      }
    }
    return sum + kept.hashCode();
  }

  private interface Starter {
    Object start(EventLoop loop) throws Exception;
  }

  private static long used() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }

  private long bytesOf(Starter starter) throws Exception {
    EventLoop loop = EventLoop.builder().mountFibers(true).start();
    loops.add(loop);
    Object[] all = new Object[SUSPENDED];
    suspended.add(all);
    start(loop, starter, all, 0, SUSPENDED / 2); // until all is compiled
    long before = used();
    start(loop, starter, all, SUSPENDED / 2, SUSPENDED);
    return Math.round((used() - before) / (SUSPENDED / 2.0));
  }

  private static void start(EventLoop loop, Starter starter, Object[] all, int from, int to)
      throws Exception {
    for (int i = from; i < to; i++) {
      all[i] = starter.start(loop);
    }
    for (int i = 0; i < 3; i++) {
      onLoop(loop, () -> {});
    }
  }

  private static void onLoop(EventLoop loop, Runnable body) throws Exception {
    CompletableFuture.runAsync(body, loop).get();
  }

  @Test
  void bytesOfASuspendedOne() throws Exception {
    Waker waker = () -> {};
    for (int levels : new int[] {1, 10}) {
      Map<String, Starter> starters = new LinkedHashMap<>();
      starters.put("coroutine", _ -> polled(coroutine(levels, NEVER, 1, kept), waker));
      starters.put("by hand", _ -> polled(new ByHand(levels, NEVER, 1, kept), waker));
      starters.put("coroutine on a loop", loop -> loop.run(coroutine(levels, NEVER, 1, kept)));
      starters.put("by hand on a loop", loop -> loop.run(new ByHand(levels, NEVER, 1, kept)));
      starters.put(
          "mounted fiber", loop -> loop.fiber(() -> fiber(levels, LockSupport::park, 1, kept)));
      for (Map.Entry<String, Starter> one : starters.entrySet()) {
        IO.println(
            "bytes, %d deep: %s %d".formatted(levels, one.getKey(), bytesOf(one.getValue())));
      }
    }
  }

  private static Task<Long> polled(Task<Long> task, Waker waker) throws Exception {
    assertThat(task.poll(waker).isReady()).isFalse();
    return task;
  }

  @Test
  void timeOfASuspension() throws Exception {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    for (int levels : new int[] {1, 10}) {
      Map<String, Starter> starters = new LinkedHashMap<>();
      starters.put("coroutine", loop -> loop.run(coroutine(levels, new Pause(), PAUSES, kept)));
      starters.put("by hand", loop -> loop.run(new ByHand(levels, new Pause(), PAUSES, kept)));
      starters.put(
          "mounted fiber",
          loop ->
              loop.fiber(() -> fiber(levels, Thread::yield, PAUSES, kept)).toCompletableFuture());
      Map<String, double[]> nanos = new LinkedHashMap<>();
      for (int round = -2; round < ROUNDS; round++) {
        for (Map.Entry<String, Starter> one : starters.entrySet()) {
          double each = nanosOf(threads, one.getValue());
          if (round >= 0) {
            nanos.computeIfAbsent(one.getKey(), _ -> new double[ROUNDS])[round] = each;
          }
        }
      }
      nanos.forEach((name, each) -> {
        Arrays.sort(each);
        IO.println(
            "ns of CPU a suspension, %d deep: %s %.0f (%.0f to %.0f)"
                .formatted(levels, name, each[ROUNDS / 2], each[0], each[ROUNDS - 1]));
      });
    }
  }

  private static double nanosOf(ThreadMXBean threads, Starter starter) throws Exception {
    try (EventLoop loop = EventLoop.builder().mountFibers(true).start()) {
      long[] thread = new long[1];
      onLoop(loop, () -> thread[0] = Thread.currentThread().threadId());
      List<Future<?>> ends = new ArrayList<>();
      long before = threads.getThreadCpuTime(thread[0]);
      for (int i = 0; i < TOGETHER; i++) {
        ends.add((Future<?>) starter.start(loop));
      }
      for (Future<?> end : ends) {
        end.get();
      }
      return (threads.getThreadCpuTime(thread[0]) - before) / ((double) TOGETHER * PAUSES);
    }
  }
}
