package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.Interest;
import dev.selkie.kernel.CountingKernel;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.Fiber;
import dev.selkie.runtime.Watch;
import dev.selkie.source.PipePair;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What runs when on an event loop, and what it asks the kernel meanwhile. */
@LoopContract
final class LoopOrderTest extends LoopCases {
  /** Runnables, and timers, of one turn at most: docs/runtime.md. */
  private static final int MOST_A_TURN = 256;

  private static final int IDLE_MILLIS = 200;

  private final List<String> ran = new ArrayList<>();

  LoopOrderTest(Configuration configuration) {
    super(configuration);
  }

  /** Makes turns that do not wait. */
  private static void turn(EventLoop loop, int times) {
    for (int i = 0; i < times; i++) {
      loop.runOnce(Duration.ZERO);
    }
  }

  @Test
  void tasksOfOneProducerRunInItsOrder() throws Exception {
    requireThreads();
    EventLoop loop = started();
    int each = 2000;
    List<Background<Boolean>> producers = new ArrayList<>();
    for (String name : List.of("a", "b", "c")) {
      producers.add(
          Background.start(() -> {
            IntStream.range(0, each).forEach(i -> loop.execute(() -> ran.add(name + i)));
            return true;
          }));
    }
    for (Background<Boolean> producer : producers) {
      assertThat(producer.result()).isTrue();
    }
    List<String> order = result(loop.submit(() -> List.copyOf(ran)));
    for (String name : List.of("a", "b", "c")) {
      assertThat(order.stream().filter(run -> run.startsWith(name)))
          .containsExactlyElementsOf(IntStream.range(0, each).mapToObj(i -> name + i).toList());
    }
  }

  @Test
  void timersOfOneDeadlineRunInTheOrderOfTheirCreation() throws IOException {
    EventLoop loop = opened();
    List<String> made = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      String timer = "timer " + i;
      made.add(timer);
      Future<?> _ = loop.schedule(() -> ran.add(timer), 0, TimeUnit.NANOSECONDS);
    }
    while (ran.size() < 500) {
      loop.runOnce(Ready.DEADLINE);
    }
    assertThat(ran).isEqualTo(made);
  }

  @Test
  void aTaskThatKeepsReschedulingItselfLeavesRoomForTimersAndEvents() throws IOException {
    EventLoop loop = opened();
    try (PipePair pipe = PipePair.open(kernel)) {
      int[] turns = {0};
      class Again implements Runnable {
        @Override
        public void run() {
          turns[0]++;
          loop.execute(this);
        }
      }
      loop.execute(new Again());
      Watch watch = loop.watch(pipe.reader(), Interest.READABLE, (_, _) -> ran.add("event"));
      Bytes.send(pipe.writer(), 1);
      Future<?> _ = loop.schedule(() -> ran.add("timer"), 0, TimeUnit.NANOSECONDS);
      turn(loop, 2);
      assertThat(ran).contains("event", "timer");
      assertThat(turns[0]).isBetween(1, 2 * MOST_A_TURN);
      assertThat(watch.cancel()).isTrue();
    }
  }

  @Test
  void aFloodOfEventsLeavesRoomForTasksAndTimers() throws IOException {
    EventLoop loop = opened();
    List<PipePair> pipes = new ArrayList<>();
    try {
      for (int i = 0; i < 50; i++) {
        PipePair pipe = PipePair.open(kernel);
        pipes.add(pipe);
        Bytes.send(pipe.writer(), 1);
        Watch _ = loop.watch(pipe.reader(), Interest.READABLE, (_, _) -> ran.add("event"));
      }
      turn(loop, 1);
      loop.execute(() -> ran.add("task"));
      Future<?> _ = loop.schedule(() -> ran.add("timer"), 0, TimeUnit.NANOSECONDS);
      turn(loop, 2); // the first arms it
      assertThat(ran).contains("event", "task", "timer");
    } finally {
      pipes.forEach(PipePair::close);
    }
  }

  @Test
  void floodsOfTasksAndTimersLeaveRoomForEvents() throws IOException {
    EventLoop loop = opened();
    try (PipePair pipe = PipePair.open(kernel)) {
      for (int i = 0; i < 10_000; i++) {
        loop.execute(() -> ran.add("task"));
        Future<?> _ = loop.schedule(() -> ran.add("timer"), 0, TimeUnit.NANOSECONDS);
      }
      turn(loop, 1);
      Watch watch = loop.watch(pipe.reader(), Interest.READABLE, (_, _) -> ran.add("event"));
      Bytes.send(pipe.writer(), 1);
      ran.clear();
      turn(loop, 2);
      assertThat(ran).contains("event", "task", "timer");
      assertThat(ran.indexOf("event")).isLessThanOrEqualTo(2 * MOST_A_TURN);
      assertThat(watch.cancel()).isTrue();
    }
  }

  @Test
  void fibersTakeTurnsInTheOrderInWhichTheyWereWoken() throws Exception {
    EventLoop loop = startedMounting();
    Fiber<List<String>> all =
        loop.fiber(() -> {
          List<Fiber<?>> fibers = new ArrayList<>();
          for (String name : List.of("a", "b", "c")) {
            fibers.add(
                loop.fiber(() -> {
                  for (int i = 0; i < 3; i++) {
                    ran.add(name + i);
                    Fiber.yieldNow();
                  }
                  return name;
                }));
          }
          for (Fiber<?> fiber : fibers) {
            fiber.join();
          }
          return List.copyOf(ran);
        });
    assertThat(result(all)).containsExactly("a0", "b0", "c0", "a1", "b1", "c1", "a2", "b2", "c2");
  }

  @Test
  void anIdleLoopMakesNoSystemCall() throws Exception {
    CountingKernel counting = new CountingKernel(kernel);
    WaitProbe probe = new WaitProbe(counting);
    EventLoop loop = started(builder(probe));
    try (PipePair pipe = PipePair.open(probe)) {
      Watch watch = loop.watch(pipe.reader(), Interest.READABLE, (_, _) -> ran.add("event"));
      result(loop.submit(() -> ran.add("task")));
      probe.awaitWaiter();
      callsWhileIdle(counting); // a wake-up that had been sent before, the wait that has begun
      assertThat(callsWhileIdle(counting)).isZero();
      assertThat(watch.cancel()).isTrue();
    }
  }

  private static long callsWhileIdle(CountingKernel counting) throws InterruptedException {
    long before = counting.total();
    assertThat(new CountDownLatch(1).await(IDLE_MILLIS, TimeUnit.MILLISECONDS)).isFalse();
    return counting.total() - before;
  }

  @Test
  void aRunnableLoopWithNothingRegisteredNeverAsksTheKernelForEvents() throws IOException {
    CountingKernel counting = new CountingKernel(kernel);
    try (EventLoop loop = builder(counting).open()) {
      for (int i = 0; i < 10_000; i++) {
        loop.execute(() -> ran.add("task"));
      }
      counting.reset();
      while (ran.size() < 10_000) {
        loop.runOnce(Ready.DEADLINE);
      }
      assertThat(counting.total()).as(counting.toString()).isZero();
    }
  }
}
