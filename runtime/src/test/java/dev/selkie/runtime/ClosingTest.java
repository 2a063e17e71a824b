package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.Interest;
import dev.selkie.kernel.Clock;
import dev.selkie.kernel.ForwardingKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.net.TcpListener;
import dev.selkie.source.PipePair;
import dev.selkie.source.PipeReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

@SuppressWarnings("FutureReturnValueIgnored") // what they throw shows in what they left out
final class ClosingTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final List<Throwable> faults = new CopyOnWriteArrayList<>();

  private EventLoopBuilder builder() {
    return EventLoop.builder().uncaughtExceptionHandler((_, thrown) -> faults.add(thrown));
  }

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

  // Timers

  @Test
  void aFarTimerDoesNotHurryAFiberThatEndsInSeveralSteps() throws Exception {
    EventLoop loop = builder().start();
    CompletableFuture<Duration> unwinding = new CompletableFuture<>();
    CountDownLatch begun = new CountDownLatch(1);
    loop.fiber(() -> {
      sleep(loop, Duration.ofDays(1), begun);
      long start = System.nanoTime();
      for (int step = 0; step < 5; step++) {
        loop.sleep(Duration.ofMillis(10));
      }
      return unwinding.complete(Duration.ofNanos(System.nanoTime() - start));
    });
    loop.submit(() -> new CompletableFuture<>().orTimeout(1, TimeUnit.DAYS)).get();
    loop.submit(() -> loop.timer(() -> {}).set(Duration.ofDays(2))).get();
    ScheduledFuture<?> far = loop.schedule(() -> {}, 30, TimeUnit.SECONDS);
    assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
    loop.close();
    assertThat(far.isCancelled()).isTrue();
    assertThat(unwinding.get(10, TimeUnit.SECONDS)).isGreaterThanOrEqualTo(Duration.ofMillis(50));
  }

  private static void sleep(EventLoop loop, Duration duration, CountDownLatch begun) {
    begun.countDown();
    try {
      loop.sleep(duration);
    } catch (InterruptedException e) {
      // It ends in its own time.
    }
  }

  @Test
  void aFarTimerAndAFiberThatDoesNotEndDoNotHoldUpTheClose() throws Exception {
    for (boolean orderly : new boolean[] {false, true}) {
      EventLoop loop = builder().start();
      CountDownLatch mayEnd = new CountDownLatch(1);
      CountDownLatch begun = new CountDownLatch(1);
      Fiber<Object> stubborn =
          loop.fiber(() -> {
            begun.countDown();
            return outlast(mayEnd);
          });
      loop.schedule(() -> {}, 30, TimeUnit.SECONDS);
      assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
      CompletableFuture<?> closed =
          CompletableFuture.runAsync(() -> {
            if (orderly) {
              loop.close(Duration.ofMillis(200));
            } else {
              loop.close();
            }
          });
      closed.get(10, TimeUnit.SECONDS);
      mayEnd.countDown();
      assertThat(stubborn.thread().join(PATIENCE)).isTrue();
    }
  }

  /** Waits, whatever interrupts it. */
  private static Object outlast(CountDownLatch latch) {
    while (latch.getCount() > 0) {
      try {
        latch.await();
      } catch (InterruptedException e) {
        // It does not end.
      }
    }
    return "ended";
  }

  @Test
  void afterAShutdownNoPeriodicTaskRuns() throws IOException {
    EventLoop loop = builder().open();
    int[] runs = new int[1];
    ScheduledFuture<?> periodic =
        loop.scheduleAtFixedRate(() -> runs[0]++, 0, 1, TimeUnit.NANOSECONDS);
    ScheduledFuture<?> delayed = loop.schedule(() -> {}, 20, TimeUnit.MILLISECONDS);
    loop.runOnce(Duration.ZERO);
    loop.runOnce(Duration.ZERO);
    int before = runs[0];
    assertThat(before).isPositive();
    loop.shutdown();
    loop.run();
    assertThat(runs[0]).isEqualTo(before);
    assertThat(periodic.isCancelled()).isTrue();
    assertThat(delayed.state()).isEqualTo(ScheduledFuture.State.SUCCESS);
  }

  @Test
  void afterAShutdownAPeriodicTaskThatIsNotDueIsCancelledAtOnce() throws IOException {
    EventLoop loop = builder().open();
    ScheduledFuture<?> periodic = loop.scheduleAtFixedRate(() -> {}, 1, 1, TimeUnit.DAYS);
    ScheduledFuture<?> delayed = loop.schedule(() -> {}, 1, TimeUnit.DAYS);
    loop.runOnce(Duration.ZERO);
    loop.shutdown();
    loop.runOnce(Duration.ZERO);
    assertThat(periodic.isCancelled()).isTrue();
    assertThat(delayed.isDone()).isFalse();
    loop.close();
  }

  @Test
  void theEndIsNoTimeout() throws Exception {
    EventLoop loop = builder().start();
    CompletableFuture<Integer> pending = new LoopFuture<>(loop);
    CompletableFuture<Integer> limited = pending.copy().orTimeout(1, TimeUnit.DAYS);
    CompletableFuture<Integer> defaulted = pending.copy().completeOnTimeout(1, 1, TimeUnit.DAYS);
    loop.close();
    CompletableFuture<Integer> late = pending.copy().orTimeout(1, TimeUnit.DAYS);
    for (CompletableFuture<Integer> future : List.of(limited, defaulted, late)) {
      assertThatThrownBy(() -> future.get(10, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(ClosedLoopException.class);
    }
  }

  @Test
  void whoWaitsForAFiberIsToldThatTheLoopEndedWithoutIt() throws Exception {
    EventLoop loop = builder().open();
    CountDownLatch mayEnd = new CountDownLatch(1);
    Fiber<Object> fiber = loop.fiber(() -> outlast(mayEnd));
    CompletableFuture<Object> told =
        CompletableFuture.supplyAsync(() -> {
          try {
            return fiber.get(1, TimeUnit.DAYS);
          } catch (Exception e) {
            return e;
          }
        });
    loop.runOnce(Duration.ofMillis(1)); // the fiber has begun, and ignores the close
    CompletableFuture.runAsync(loop::close).get(10, TimeUnit.SECONDS);
    assertThat(told.get(10, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .extracting(e -> ((Throwable) e).getCause())
        .isInstanceOf(ClosedLoopException.class);
    mayEnd.countDown();
    assertThat(fiber.thread().join(PATIENCE)).isTrue();
  }

  @Test
  void whoTriesAgainWithADeadlineAtTheEndDoesNotHoldItUp() throws Exception {
    EventLoop loop = builder().start();
    int[] tries = new int[1];
    CompletableFuture<Integer> future = again(loop, tries);
    CompletableFuture.runAsync(loop::close).get(10, TimeUnit.SECONDS);
    assertThat(tries[0]).isPositive();
    assertThat(future.isDone()).isTrue();
  }

  private static CompletableFuture<Integer> again(EventLoop loop, int[] tries) {
    tries[0]++;
    return new LoopFuture<Integer>(loop)
        .orTimeout(1, TimeUnit.DAYS)
        .exceptionallyCompose(_ -> again(loop, tries));
  }

  // What throws at the end

  @Test
  void wakersThatThrowHarmNobodyElse() throws Exception {
    EventLoop loop = builder().start();
    CountDownLatch begun = new CountDownLatch(1);
    Fiber<Object> parked =
        loop.fiber(() -> {
          begun.countDown();
          loop.sleep(Duration.ofDays(1));
          return null;
        });
    try (PipePair first = PipePair.open();
        PipePair second = PipePair.open()) {
      Poller.begin(loop, first.reader());
      Poller.begin(loop, second.reader());
      assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
      CompletableFuture.runAsync(loop::close).get(10, TimeUnit.SECONDS);
      assertThat(first.reader().isOpen()).isFalse();
      assertThat(second.reader().isOpen()).isFalse();
    }
    assertThatThrownBy(() -> parked.get(10, TimeUnit.SECONDS))
        .hasCauseInstanceOf(InterruptedException.class);
    assertThat(faults).hasSize(2).hasOnlyElementsOfType(RejectedExecutionException.class);
  }

  /** Reads what comes by polling on the loop, as a program does that has no fibers. */
  private record Poller(EventLoop loop, Input input) {
    static void begin(EventLoop loop, PipeReader reader) throws Exception {
      Poller poller = new Poller(loop, loop.attach(reader));
      loop.submit(poller::poll).get(10, TimeUnit.SECONDS);
    }

    void poll() {
      try {
        input.pollRead(ByteBuffer.allocate(1), () -> loop.execute(this::poll));
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
  }

  @Test
  void atTheEndOfAnOrderlyCloseToo() throws Exception {
    EventLoop loop = builder().start();
    try (PipePair pipe = PipePair.open()) {
      Poller.begin(loop, pipe.reader());
      assertThat(loop.close(PATIENCE)).as("it ended by itself").isTrue();
      assertThat(pipe.reader().isOpen()).isFalse();
    }
    assertThat(faults).singleElement().isInstanceOf(RejectedExecutionException.class);
  }

  // What comes at the end

  @Test
  void whatIsAttachedWhileTheLoopEndsIsRefusedAndStaysItsOwners() throws Exception {
    EventLoop loop = builder().open();
    try (PipePair pipe = PipePair.open();
        PipePair late = PipePair.open();
        PipePair never = PipePair.open()) {
      List<Throwable> refused = new ArrayList<>();
      Input input = loop.attach(pipe.reader());
      input.pollRead(
          ByteBuffer.allocate(1),
          () -> {
            try {
              loop.attach(late.reader());
            } catch (IOException e) {
              refused.add(e);
            }
          });
      loop.close(PATIENCE);
      assertThat(refused).singleElement().isInstanceOf(ClosedLoopException.class);
      assertThat(late.reader().isOpen()).isTrue();
      assertThatThrownBy(() -> loop.attach(never.reader())).isInstanceOf(ClosedLoopException.class);
      assertThatThrownBy(() -> loop.watch(never.reader(), Interest.READABLE, (_, _) -> {}))
          .isInstanceOf(ClosedLoopException.class);
      assertThat(never.reader().isOpen()).isTrue();
    }
  }

  @Test
  void afterAShutdownNothingListens() throws Exception {
    EventLoop loop = builder().open();
    InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    CountDownLatch mayEnd = new CountDownLatch(1);
    Fiber<Object> draining =
        loop.fiber(() -> {
          mayEnd.await();
          return null;
        });
    loop.shutdown();
    try (TcpListener listener = TcpListener.bind(any);
        PipePair pipe = PipePair.open()) {
      assertThatThrownBy(() -> loop.listen(any)).isInstanceOf(ClosedLoopException.class);
      assertThatThrownBy(() -> loop.listen(listener)).isInstanceOf(ClosedLoopException.class);
      assertThat(listener.isOpen()).isTrue();
      loop.attach(pipe.reader()).close();
    }
    mayEnd.countDown();
    loop.run();
    assertThat(draining.isDone()).isTrue();
  }

  @Test
  void whatWasSubmittedRunsEvenIfTheLoopIsNotThereForIt() throws Exception {
    EventLoop loop = builder().open();
    List<Integer> ran = new CopyOnWriteArrayList<>();
    CountDownLatch all = new CountDownLatch(2 * EventLoop.RUN_LIMIT);
    loop.execute(() -> {
      throw new InternalError("ends the loop in the turn that follows");
    });
    for (int i = 0; i < 2 * EventLoop.RUN_LIMIT; i++) {
      int number = i;
      loop.execute(() -> {
        ran.add(number);
        all.countDown();
      });
    }
    loop.run();
    assertThat(all.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(ran).isSorted();
  }

  /** What {@code execute} does after it has looked whether the loop is open. */
  @Test
  void whatIsSubmittedAsTheLoopEndsRunsAndHarmsNobody() throws Exception {
    ForwardingKernel kernel = new ForwardingKernel(Kernel.system()) {};
    EventLoop loop = builder().kernel(kernel).open();
    loop.close();
    CompletableFuture<Kernel> seen = new CompletableFuture<>();
    RuntimeException thrown = new IllegalStateException("thrown by a test");
    loop.engine()
        .enqueue(() -> {
          throw thrown;
        });
    loop.engine().enqueue(() -> seen.complete(Kernel.current()));
    assertThat(seen.get(10, TimeUnit.SECONDS)).isSameAs(kernel);
    assertThat(faults).containsExactly(thrown);
  }

  @Test
  void aStageOfTheEndFindsTheLoopLeft() throws Exception {
    EventLoop loop = builder().open();
    CompletableFuture<Boolean> onLoop = loop.terminated().thenApply(_ -> loop.isOnLoop());
    loop.close();
    assertThat(onLoop.get(10, TimeUnit.SECONDS)).isFalse();
  }

  @Test
  void aVirtualThreadThatBeginsAfterTheCancelIsInterruptedAsWell() throws Exception {
    EventLoop loop = builder().mountFibers(true).start();
    CompletableFuture<Boolean> interrupted = new CompletableFuture<>();
    CountDownLatch begun = new CountDownLatch(1);
    loop.fiber(() -> {
      sleep(loop, Duration.ofDays(1), begun);
      return Thread.startVirtualThread(
          () -> interrupted.complete(Thread.currentThread().isInterrupted()));
    });
    assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
    loop.close();
    assertThat(interrupted.get(10, TimeUnit.SECONDS)).isTrue();
  }

  // Who waits for the end

  @Test
  void whoClosesALoopThatAnotherThreadRunsWaitsForIt() throws Exception {
    for (Thread.Builder closer : List.of(Thread.ofPlatform(), Thread.ofVirtual())) {
      EventLoop loop = builder().open();
      CountDownLatch running = new CountDownLatch(1);
      loop.execute(running::countDown);
      Thread runner = Thread.ofPlatform().start(loop::run);
      assertThat(running.await(10, TimeUnit.SECONDS)).isTrue();
      Thread closing = closer.start(loop::close);
      assertThat(closing.join(PATIENCE)).isTrue();
      assertThat(loop.isTerminated()).isTrue();
      assertThat(runner.join(PATIENCE)).isTrue();
    }
  }

  @Test
  void whoClosesALoopThatAnotherThreadLeavesGoesOnWithIt() throws Exception {
    EventLoop loop = builder().open();
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch mayLeave = new CountDownLatch(1);
    loop.execute(() -> {
      inside.countDown();
      outlast(mayLeave);
    });
    ScheduledFuture<Integer> delayed = loop.schedule(() -> 1, 20, TimeUnit.MILLISECONDS);
    Thread runner = Thread.ofPlatform().start(() -> loop.runOnce(Duration.ZERO));
    assertThat(inside.await(10, TimeUnit.SECONDS)).isTrue();
    CompletableFuture<Boolean> closed = new CompletableFuture<>();
    Thread closing = Thread.ofPlatform().start(() -> closed.complete(loop.close(PATIENCE)));
    while (closing.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
    mayLeave.countDown();
    assertThat(closed.get(10, TimeUnit.SECONDS)).isTrue();
    assertThat(delayed.resultNow()).isEqualTo(1);
    assertThat(runner.join(PATIENCE)).isTrue();
  }

  @Test
  void aFiberIsRefusedToWaitForTheEndOfItsLoopOrGroup() throws Exception {
    try (EventLoopGroup group = EventLoopGroup.start(2)) {
      for (EventLoop loop : group.loops()) {
        Fiber<Object> waiting = loop.fiber(() -> group.terminated().join());
        assertThatThrownBy(() -> waiting.get(10, TimeUnit.SECONDS))
            .hasCauseInstanceOf(IllegalStateException.class);
        Fiber<Object> alone = loop.fiber(() -> loop.terminated().get());
        assertThatThrownBy(() -> alone.get(10, TimeUnit.SECONDS))
            .hasCauseInstanceOf(IllegalStateException.class);
      }
    }
  }

  @Test
  void theTimeInWhichAGroupMayEndIsThatOfTheLoopsThatHaveNot() throws Exception {
    EventLoopGroup group = EventLoopGroup.start(2);
    CompletableFuture<?> patient = group.terminated().orTimeout(1, TimeUnit.DAYS);
    CompletableFuture<?> impatient = group.terminated().orTimeout(50, TimeUnit.MILLISECONDS);
    group.loops().getFirst().close();
    assertThatThrownBy(() -> impatient.get(10, TimeUnit.SECONDS))
        .hasCauseInstanceOf(TimeoutException.class);
    assertThat(patient.isDone()).isFalse();
    group.close();
    patient.get(10, TimeUnit.SECONDS);
    group.terminated().thenRunAsync(() -> {}).get(10, TimeUnit.SECONDS);
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
