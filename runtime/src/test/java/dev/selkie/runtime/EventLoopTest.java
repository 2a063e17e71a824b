package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.Descriptor;
import dev.selkie.Interest;
import dev.selkie.kernel.CountingKernel;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.FaultyKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Poll;
import dev.selkie.kernel.SystemCall;
import dev.selkie.source.PipePair;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@SuppressWarnings("FutureReturnValueIgnored") // what a timer throws shows in what it left out
final class EventLoopTest {
  private final List<Throwable> faults = new ArrayList<>();
  private final EventLoop loop = opened();

  private EventLoop opened() {
    try {
      return EventLoop.builder()
          .name("loop")
          .uncaughtExceptionHandler((_, thrown) -> faults.add(thrown))
          .open();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @AfterEach
  void closeLoop() {
    if (!loop.isTerminated()) {
      loop.close();
    }
  }

  @Test
  void whatIsSubmittedRunsInItsOrderInOneTurn() {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      int number = i;
      loop.execute(() -> order.add(number));
    }
    assertThat(loop.runOnce(Duration.ZERO)).isTrue();
    assertThat(order).hasSize(100).isSorted();
    assertThat(loop.runOnce(Duration.ZERO)).as("nothing is left").isFalse();
  }

  @Test
  void aRunnableThatSubmitsItselfLeavesRoomForTimersAndReadiness() throws IOException {
    int[] runs = new int[1];
    Runnable[] again = new Runnable[1];
    again[0] =
        () -> {
          runs[0]++;
          loop.execute(again[0]);
        };
    List<String> seen = new ArrayList<>();
    loop.schedule(() -> seen.add("timer"), 0, TimeUnit.NANOSECONDS);
    armTimers();
    loop.execute(again[0]);
    try (PipePair pipe = PipePair.open()) {
      pipe.writer().write(ByteBuffer.allocate(1));
      loop.watch(pipe.reader(), Interest.READABLE, (_, _) -> seen.add("event"));
      loop.runOnce(Duration.ZERO);
    }
    assertThat(seen).containsExactly("event", "timer");
    assertThat(runs[0]).isEqualTo(EventLoop.RUN_LIMIT);
  }

  /** The turn in which timers that other threads have made are armed, and not looked at. */
  private void armTimers() {
    loop.runOnce(Duration.ZERO);
  }

  @Test
  void aFloodOfTimersLeavesRoomForRunnables() {
    int[] fired = new int[1];
    loop.execute(() -> {
      for (int i = 0; i < 3 * EventLoop.TIMER_LIMIT; i++) {
        loop.schedule(() -> fired[0]++, 0, TimeUnit.NANOSECONDS);
      }
    });
    armTimers();
    int[] before = new int[1];
    loop.execute(() -> before[0] = fired[0]);
    loop.runOnce(Duration.ZERO);
    assertThat(before[0]).isEqualTo(EventLoop.TIMER_LIMIT);
  }

  @Test
  void timersOfOneDeadlineRunInTheOrderInWhichTheyWereMade() {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      int number = i;
      loop.schedule(() -> order.add(number), 1, TimeUnit.MILLISECONDS);
    }
    while (order.size() < 50) {
      loop.runOnce(Duration.ofSeconds(5));
    }
    assertThat(order).isSorted();
  }

  @Test
  void aTimerIsNeverEarly() throws Exception {
    long start = System.nanoTime();
    ScheduledFuture<Long> late = loop.schedule(System::nanoTime, 3, TimeUnit.MILLISECONDS);
    while (!late.isDone()) {
      loop.runOnce(Duration.ofSeconds(5));
    }
    assertThat(late.get() - start).isGreaterThanOrEqualTo(3_000_000);
  }

  @Test
  void theNextDeadlineTellsAForeignThreadWhenToComeBack() {
    assertThat(loop.nanosToNextDeadline()).isEqualTo(-1);
    ScheduledFuture<?> timer = loop.schedule(() -> {}, 1, TimeUnit.HOURS);
    loop.runOnce(Duration.ZERO);
    assertThat(loop.nanosToNextDeadline())
        .isBetween(TimeUnit.MINUTES.toNanos(59), TimeUnit.HOURS.toNanos(1));
    timer.cancel(false);
    loop.runOnce(Duration.ZERO);
    assertThat(loop.nanosToNextDeadline()).isEqualTo(-1);
    loop.execute(() -> {});
    assertThat(loop.nanosToNextDeadline()).isZero();
  }

  @Test
  void aForeignLoopIsToldOfWhatOthersSubmit() throws Exception {
    int number = loop.descriptor().number();
    assertThat(isReadable(number)).isFalse();
    Thread other = Thread.ofPlatform().start(() -> loop.execute(() -> {}));
    other.join();
    assertThat(isReadable(number)).isTrue();
    loop.runOnce(Duration.ZERO);
    assertThat(isReadable(number)).isFalse();
  }

  private static boolean isReadable(int number) {
    return Kernel.system().files().poll(number, 1) > 0;
  }

  @Test
  void whatWasSubmittedBeforeTheDescriptorWasAskedForMakesItReadable() {
    loop.execute(() -> {});
    assertThat(isReadable(loop.descriptor())).isTrue();
  }

  /** The turn has taken in what others have submitted before it runs what submits this. */
  @Test
  void whatWasSubmittedAtTheEndOfATurnMakesTheDescriptorReadable() {
    Descriptor descriptor = loop.descriptor();
    loop.execute(() -> {
      Thread other = Thread.ofPlatform().start(() -> loop.execute(() -> {}));
      try {
        other.join();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    });
    loop.runOnce(Duration.ZERO);
    assertThat(isReadable(descriptor)).isTrue();
    loop.runOnce(Duration.ZERO);
    assertThat(isReadable(descriptor)).as("when nothing is left").isFalse();
  }

  private static boolean isReadable(Descriptor descriptor) {
    return descriptor.kernel().files().poll(descriptor.number(), Poll.IN) == Poll.IN;
  }

  @Test
  void aLoopWithWorkAndNothingRegisteredAsksTheSystemNothing() throws IOException {
    CountingKernel kernel = new CountingKernel(Kernel.system());
    try (EventLoop counted = EventLoop.builder().kernel(kernel).open()) {
      counted.execute(() -> {});
      kernel.reset();
      counted.runOnce(Duration.ofSeconds(1));
      assertThat(kernel).hasToString("no calls");
    }
  }

  @Test
  void whatThrowsIsReportedAndTheLoopGoesOn() {
    loop.execute(() -> {
      throw new IllegalStateException("thrown");
    });
    boolean[] ran = new boolean[1];
    loop.execute(() -> ran[0] = true);
    loop.runOnce(Duration.ZERO);
    assertThat(faults).singleElement().extracting(Throwable::getMessage).isEqualTo("thrown");
    assertThat(ran[0]).isTrue();
  }

  @Test
  void anErrorOfTheMachineEndsTheLoop() {
    loop.execute(() -> {
      throw new InternalError("broken");
    });
    loop.run();
    assertThat(loop.isTerminated()).isTrue();
    assertThat(faults).hasSize(1);
  }

  @Test
  void aLoopThatTheSystemDoesNotLetWaitEndsAndSaysSo() throws Exception {
    FaultyKernel kernel = new FaultyKernel(Kernel.system());
    List<Throwable> told = new CopyOnWriteArrayList<>();
    EventLoop failing =
        EventLoop.builder()
            .kernel(kernel)
            .backend("poll")
            .uncaughtExceptionHandler((_, thrown) -> told.add(thrown))
            .start();
    Future<Integer> delayed = failing.schedule(() -> 1, 1, TimeUnit.DAYS);
    failing.execute(() -> kernel.on(SystemCall.POLL).fail(Errno.EINVAL));
    assertThat(failing.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
    assertThat(told)
        .singleElement()
        .extracting(Throwable::getMessage)
        .asString()
        .contains("EINVAL");
    assertThat(delayed.isCancelled()).isTrue();
    failing.close();
    try (PipePair pipe = PipePair.open(kernel)) {
      assertThatThrownBy(() -> failing.watch(pipe.reader(), Interest.READABLE, (_, _) -> {}))
          .isInstanceOf(ClosedLoopException.class);
    }
  }

  @Test
  void aHandlerOfFaultsThatThrowsHarmsNobody() throws Exception {
    try (EventLoop started =
        EventLoop.builder()
            .uncaughtExceptionHandler((_, _) -> {
              throw new IllegalStateException("from the handler");
            })
            .start()) {
      started.execute(() -> {
        throw new IllegalStateException("from the task");
      });
      assertThat(started.submit(() -> 1).get(10, TimeUnit.SECONDS)).isEqualTo(1);
    }
  }

  @Test
  void anInterruptOfItsThreadDoesNotKeepALoopAwake() throws Exception {
    CountingKernel kernel = new CountingKernel(Kernel.system());
    try (EventLoop started = EventLoop.builder().kernel(kernel).start()) {
      started.submit(() -> Thread.currentThread().interrupt()).get(10, TimeUnit.SECONDS);
      assertThat(
              started
                  .submit(() -> Thread.currentThread().isInterrupted())
                  .get(10, TimeUnit.SECONDS))
          .isFalse();
    }
  }

  @Test
  void aVirtualThreadCannotRunALoop() {
    assertThatThrownBy(
            () -> EventLoop.builder().threadFactory(Thread.ofVirtual().factory()).start())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("virtual");
  }

  @Test
  void aTurnInsideATurnIsRefused() {
    Future<?> nested = loop.submit(() -> loop.runOnce(Duration.ZERO));
    loop.runOnce(Duration.ZERO);
    assertThat(nested.state()).isEqualTo(Future.State.FAILED);
    assertThat(nested.exceptionNow()).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void whatWouldBlockTheLoopIsRefusedOnItsThread() {
    List<String> refused = new ArrayList<>();
    CountDownLatch open = new CountDownLatch(1);
    CompletableFuture<Boolean> offloaded = loop.offload(() -> open.await(10, TimeUnit.SECONDS));
    for (Blocking call :
        List.<Blocking>of(
            () -> loop.sleep(Duration.ofDays(1)),
            () -> loop.submit(() -> {}).get(),
            () -> loop.schedule(() -> {}, 1, TimeUnit.DAYS).get(),
            () -> loop.fiber(() -> 1).join(),
            () -> loop.fiber(() -> 1).get(),
            offloaded::join,
            () -> loop.fiber(() -> 1).toCompletableFuture().join(),
            () -> loop.terminated().join(),
            () -> loop.terminated().thenApply(_ -> 1).get(1, TimeUnit.DAYS),
            () -> loop.invokeAll(List.of(() -> 1)),
            () -> loop.awaitTermination(1, TimeUnit.DAYS),
            loop::close)) {
      loop.execute(() -> {
        try {
          call.run();
        } catch (IllegalStateException e) {
          refused.add(e.getMessage());
        } catch (Exception e) {
          throw new AssertionError(e);
        }
      });
    }
    loop.runOnce(Duration.ZERO);
    open.countDown();
    assertThat(faults).isEmpty();
    assertThat(refused).hasSize(12);
  }

  private interface Blocking {
    void run() throws Exception;
  }

  @Test
  void shutdownRunsWhatWasSubmittedAndDelayedAndEndsWhatIsPeriodic() {
    List<String> ran = new ArrayList<>();
    loop.execute(() -> ran.add("submitted"));
    loop.schedule(() -> ran.add("delayed"), 5, TimeUnit.MILLISECONDS);
    ScheduledFuture<?> periodic =
        loop.scheduleAtFixedRate(() -> ran.add("periodic"), 1, 1, TimeUnit.DAYS);
    loop.shutdown();
    assertThatThrownBy(() -> loop.execute(() -> {})).isInstanceOf(RejectedExecutionException.class);
    assertThatThrownBy(() -> loop.fiber(() -> 1)).isInstanceOf(RejectedExecutionException.class);
    loop.run();
    assertThat(ran).containsExactly("submitted", "delayed");
    assertThat(periodic.isCancelled()).isTrue();
    assertThat(loop.isTerminated()).isTrue();
  }

  @Test
  void closingAtOnceCancelsWhatIsDelayed() {
    ScheduledFuture<?> delayed = loop.schedule(() -> {}, 1, TimeUnit.DAYS);
    loop.close();
    assertThat(delayed.isCancelled()).isTrue();
    assertThat(loop.isTerminated()).isTrue();
  }

  @Test
  void anOrderlyCloseCancelsOnlyWhatIsLeftWhenTheTimeIsOver() {
    assertThat(loop.close(Duration.ofSeconds(20))).as("nothing was left").isTrue();
    EventLoop busy = opened();
    ScheduledFuture<?> delayed = busy.schedule(() -> {}, 1, TimeUnit.DAYS);
    assertThat(busy.close(Duration.ofMillis(40))).as("a delayed task was left").isFalse();
    assertThat(delayed.isCancelled()).isTrue();
  }

  @Test
  void aLoopThatHasEndedMakesNoTurn() {
    loop.close();
    assertThat(loop.runOnce(Duration.ofDays(1))).isFalse();
    assertThat(loop.nanosToNextDeadline()).isEqualTo(-1);
    loop.run();
    assertThat(faults).isEmpty();
  }

  @Test
  void periodicTasksKeepTheirRate() {
    List<Long> times = new ArrayList<>();
    long start = System.nanoTime();
    ScheduledFuture<?> periodic =
        loop.scheduleAtFixedRate(() -> times.add(System.nanoTime()), 1, 1, TimeUnit.MILLISECONDS);
    while (times.size() < 5) {
      loop.runOnce(Duration.ofSeconds(5));
    }
    periodic.cancel(false);
    for (int i = 0; i < 5; i++) {
      assertThat(times.get(i) - start).isGreaterThanOrEqualTo((i + 1) * 1_000_000L);
    }
    int ran = times.size();
    loop.runOnce(Duration.ofMillis(5));
    assertThat(times).as("cancelled").hasSize(ran);
  }

  @Test
  void offloadedWorkRunsElsewhereAndItsResultComesBack() throws Exception {
    try (EventLoop started = EventLoop.start()) {
      Thread worker = started.offload(Thread::currentThread).get(5, TimeUnit.SECONDS);
      assertThat(worker.getName()).startsWith("selkie-offload-");
      CountDownLatch open = new CountDownLatch(1);
      CompletableFuture<Boolean> onLoop =
          started.offload(() -> open.await(5, TimeUnit.SECONDS)).thenApply(_ -> started.isOnLoop());
      open.countDown();
      assertThat(onLoop.get(5, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void whoSleepsIsToldOfTheClose() throws Exception {
    EventLoop started = EventLoop.builder().name("closed-loop").start();
    CompletableFuture<String> told = new CompletableFuture<>();
    CountDownLatch begun = new CountDownLatch(1);
    Thread sleeper =
        Thread.ofPlatform()
            .start(() -> {
              try {
                begun.countDown();
                started.sleep(Duration.ofDays(1));
                told.complete("slept");
              } catch (InterruptedException e) {
                told.complete(e.getMessage());
              }
            });
    assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
    started.close();
    assertThat(told.get(10, TimeUnit.SECONDS)).isEqualTo("closed-loop was closed");
    sleeper.join();
  }
}
