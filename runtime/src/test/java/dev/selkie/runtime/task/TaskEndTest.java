package dev.selkie.runtime.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.Fiber;
import dev.selkie.runtime.Waker;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How tasks end: results that come too late, ends that throw, and chains without end. */
final class TaskEndTest {
  private final ArrayDeque<Runnable> handed = new ArrayDeque<>();

  /** Something to close. */
  private static final class Resource implements AutoCloseable {
    int closes;

    @Override
    public void close() {
      closes++;
    }
  }

  private final Resource resource = new Resource();

  /** A task that is pending for ever, and throws when it is cancelled. */
  private static final class Stubborn implements Task<Object> {
    final IllegalStateException thrown = new IllegalStateException("stubborn");
    int cancels;

    @Override
    public Poll<Object> poll(Waker waker) {
      return Poll.pending();
    }

    @Override
    public void cancel() {
      cancels++;
      throw thrown;
    }
  }

  private final Stubborn stubborn = new Stubborn();
  private final Stubborn other = new Stubborn();
  private final IOException failure = new IOException("failed");

  private <T extends @Nullable Object> CompletableFuture<T> started(Task<T> task) {
    CompletableFuture<T> end = task.start(handed::add);
    run();
    return end;
  }

  private void run() {
    for (Runnable next = handed.poll(); next != null; next = handed.poll()) {
      next.run();
    }
  }

  private static Throwable failureOf(CompletableFuture<?> end) {
    assertThat(end).isCompletedExceptionally();
    return end.exceptionNow();
  }

  // Results that nobody takes

  @Test
  void whatALoserOfARaceHasComeToIsClosed() {
    CompletableFuture<AutoCloseable> late = new CompletableFuture<>();
    CompletableFuture<AutoCloseable> first = new CompletableFuture<>();
    try (Resource winner = new Resource()) {
      CompletableFuture<AutoCloseable> end =
          started(Task.race(List.of(Task.from(first), Task.from(late))));
      first.complete(winner);
      late.complete(resource); // before the winner is polled
      run();
      assertThat(end).isCompletedWithValue(winner);
      assertThat(winner.closes).isZero();
    }
    assertThat(resource.closes).isOne();
  }

  @Test
  void whatHadComeBeforeOneOfAllFailedIsClosed() {
    List<Task<? extends AutoCloseable>> tasks =
        List.of(Task.of(resource), Task.failed(failure), Task.of(new Resource()));
    assertThat(failureOf(started(Task.joinAll(tasks)))).isSameAs(failure);
    assertThat(resource.closes).isOne();
  }

  @Test
  void whatHadComeBeforeAJoinWasCancelledIsClosed() {
    CompletableFuture<List<Object>> end =
        started(Task.joinAll(List.of(Task.<Object>of(resource), stubborn)));
    assertThat(resource.closes).isZero();
    end.cancel(false);
    assertThatIllegalStateException().isThrownBy(this::run).withMessage("stubborn");
    assertThat(resource.closes).isOne();
  }

  @Test
  void aResultThatComesAfterTheEndWasCompletedOtherwiseIsClosed() {
    CompletableFuture<Resource> end = new CompletableFuture<>();
    Task<Resource> task =
        _ -> {
          end.cancel(false); // as another thread may, during the poll
          return Poll.ready(resource);
        };
    assertThat(task.start(handed::add, end)).isSameAs(end);
    run();
    assertThat(end).isCancelled();
    assertThat(resource.closes).isOne();
  }

  @Test
  void aFutureThatWasDoneWhenItsTaskWasCancelledIsClosed() {
    CompletableFuture<Resource> future = new CompletableFuture<>();
    CompletableFuture<Resource> end = started(Task.from(future));
    future.complete(resource);
    end.cancel(false);
    run();
    assertThat(resource.closes).isOne();
  }

  @Test
  void aResultIsClosedIfWhatIsDoneLastFails() {
    assertThat(failureOf(started(Task.of(resource).ensure(stubborn::cancel))))
        .isSameAs(stubborn.thrown);
    assertThat(resource.closes).isOne();
  }

  // Ends that throw

  @Test
  void allOthersAreCancelledAndTheFailureStays() {
    CompletableFuture<List<Object>> end =
        started(Task.joinAll(List.of(stubborn, other, Task.failed(failure))));
    assertThat(failureOf(end)).isSameAs(failure).hasSuppressedException(stubborn.thrown);
    assertThat(stubborn.thrown).hasSuppressedException(other.thrown);
    assertThat(stubborn.cancels).isOne();
    assertThat(other.cancels).isOne();
  }

  @Test
  void aRaceIsWonThoughALoserCannotBeCancelled() {
    CompletableFuture<Object> end =
        started(Task.race(List.of(stubborn, Task.<Object>of("won"), other)));
    assertThat(end).isCompletedWithValue("won");
    assertThat(other.cancels).isOne();
  }

  @Test
  void allAreCancelledWithTheWhole() {
    CompletableFuture<Object> end = started(Task.race(List.of(stubborn, other)));
    end.cancel(false);
    assertThatThrownBy(this::run).isSameAs(stubborn.thrown).hasSuppressedException(other.thrown);
    assertThat(other.cancels).isOne();
  }

  @Test
  void whatIsDoneLastDoesNotHideAFailure() {
    assertThat(failureOf(started(Task.failed(failure).ensure(stubborn::cancel))))
        .isSameAs(failure)
        .hasSuppressedException(stubborn.thrown);
    CompletableFuture<Object> end = started(stubborn.ensure(other::cancel));
    end.cancel(false);
    assertThatThrownBy(this::run).isSameAs(stubborn.thrown).hasSuppressedException(other.thrown);
  }

  @Test
  void aTaskThatCannotBeCancelledTimesOutAllTheSame() throws Exception {
    try (EventLoop loop = EventLoop.start()) {
      CompletableFuture<Object> end = loop.run(stubborn.withTimeout(loop, Duration.ofMillis(1)));
      assertThatThrownBy(() -> end.get(10, TimeUnit.SECONDS))
          .cause()
          .isInstanceOf(TimeoutException.class)
          .hasSuppressedException(stubborn.thrown);
    }
  }

  @Test
  void aRecoveryThatFailsTellsOfWhat() {
    CompletableFuture<Object> end =
        started(
            Task.failed(failure)
                .recover(_ -> {
                  throw stubborn.thrown;
                }));
    assertThat(failureOf(end)).isSameAs(stubborn.thrown).hasSuppressedException(failure);
  }

  @Test
  void anExecutorsRefusalIsToldThoughTheTaskCannotBeCancelled() {
    CompletableFuture<Object> end =
        stubborn.start(_ -> {
          throw other.thrown;
        });
    assertThat(failureOf(end)).isSameAs(other.thrown).hasSuppressedException(stubborn.thrown);
  }

  // Chains

  private static final int MANY = 100_000;

  private final AtomicInteger steps = new AtomicInteger();

  private Task<Integer> countdown(int left) {
    return Task.of(left)
        .then(n -> {
          steps.incrementAndGet();
          return n == 0 ? Task.of(0) : countdown(n - 1);
        });
  }

  @Test
  void aTaskThatLeadsToItselfTakesNoStack() {
    assertThat(started(countdown(MANY))).isCompletedWithValue(0);
    assertThat(steps).hasValue(MANY + 1);
  }

  @Test
  void aLongChainTakesNoStack() {
    Task<Integer> chain = Task.of(0);
    for (int i = 0; i < MANY; i++) {
      chain = chain.map(n -> n + 1);
    }
    assertThat(started(chain)).isCompletedWithValue(MANY);
    Task<Object> cancelled = stubborn;
    for (int i = 0; i < MANY; i++) {
      cancelled = cancelled.then(Task::of);
    }
    assertThatThrownBy(cancelled::cancel).isSameAs(stubborn.thrown);
  }

  @Test
  void aChainThatHasBegunGoesOnInsideAnother() throws Exception {
    CompletableFuture<Integer> future = new CompletableFuture<>();
    Task<Integer> begun = Task.from(future).then(n -> Task.of(n + 1)).then(n -> Task.of(n * 10));
    assertThat(begun.poll(() -> {}).isReady()).isFalse();
    CompletableFuture<Integer> end = started(begun.then(n -> Task.of(n + 5)));
    future.complete(1);
    run();
    assertThat(end).isCompletedWithValue(25);
    assertThatIllegalStateException()
        .isThrownBy(() -> begun.poll(() -> {}))
        .withMessageContaining("after its end");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void tasksThatAreReadyAtOnceLetOthersGoOn(boolean repeated) {
    AtomicBoolean stop = new AtomicBoolean();
    Task<?> endless =
        repeated ? Task.repeat(() -> Task.of(!stop.get())) : countdown(Integer.MAX_VALUE);
    CompletableFuture<?> end = endless.start(handed::add);
    for (int i = 0; i < 10; i++) {
      handed.remove().run();
      assertThat(handed).hasSize(1);
    }
    stop.set(true);
    end.cancel(false);
    run();
    assertThat(steps.get()).isLessThan(1_000);
  }

  @Test
  void anExecutorThatRunsAtOnceTakesNoStack() {
    AtomicInteger depth = new AtomicInteger();
    CompletableFuture<Integer> end =
        new Task<Integer>() {
          private int polls;

          @Override
          public Poll<Integer> poll(Waker waker) {
            waker.wake();
            return ++polls < MANY ? Poll.pending() : Poll.ready(polls);
          }
        }.start(runnable -> {
          assertThat(depth.incrementAndGet()).isLessThanOrEqualTo(2);
          runnable.run();
          depth.decrementAndGet();
        });
    assertThat(end).isCompletedWithValue(MANY);
  }

  @Test
  void aWakeAfterOneDuringAPollIsNotLostByAnExecutorThatRunsAtOnce() {
    AtomicInteger polls = new AtomicInteger();
    AtomicReference<Waker> given = new AtomicReference<>();
    CompletableFuture<Integer> end = new CompletableFuture<>();
    Task<Integer> task =
        waker -> {
          given.set(waker);
          if (polls.incrementAndGet() == 1) {
            waker.wake();
          }
          return polls.get() < 4 ? Poll.pending() : Poll.ready(polls.get());
        };
    assertThat(task.start(Runnable::run, end)).isNotDone();
    assertThat(polls).hasValue(2);
    given.get().wake();
    given.get().wake();
    assertThat(end).isCompletedWithValue(4);
  }

  // Fibers

  @Test
  void aFiberIsATaskAndIsInterruptedWithIt() throws Exception {
    try (EventLoop loop = EventLoop.start()) {
      assertThat(loop.run(Task.from(loop.fiber(() -> 7))).get(10, TimeUnit.SECONDS)).isEqualTo(7);
      CountDownLatch interrupted = new CountDownLatch(1);
      Fiber<Object> fiber =
          loop.fiber(() -> {
            try {
              loop.sleep(Duration.ofHours(1));
            } catch (InterruptedException e) {
              interrupted.countDown();
            }
            return "interrupted";
          });
      Task<Object> waiting = Task.from(fiber).withTimeout(loop, Duration.ofMillis(1));
      assertThatThrownBy(() -> loop.run(waiting).get(10, TimeUnit.SECONDS))
          .hasCauseInstanceOf(TimeoutException.class);
      assertThat(interrupted.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(fiber.isCancelled()).isTrue();
    }
  }
}
