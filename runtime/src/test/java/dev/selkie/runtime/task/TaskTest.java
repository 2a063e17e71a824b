package dev.selkie.runtime.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.kernel.Kernel;
import dev.selkie.net.TcpListener;
import dev.selkie.runtime.ClosedLoopException;
import dev.selkie.runtime.Connection;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.Fiber;
import dev.selkie.runtime.Incoming;
import dev.selkie.runtime.Waker;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tasks by hand, put together, on executors and on loops. */
final class TaskTest {
  private static final Duration LONG = Duration.ofHours(1);
  private static final Duration SHORT = Duration.ofMillis(1);

  /** What an executor was handed, run when the test says so. */
  private final ArrayDeque<Runnable> handed = new ArrayDeque<>();

  private @Nullable EventLoop opened;

  /** A task that is what its test makes of it. */
  private static final class Probe implements Task<String> {
    @Nullable String value;
    @Nullable Exception failure;
    Waker waker = () -> {};
    int polls;
    int cancels;

    @Override
    public Poll<String> poll(Waker waker) throws Exception {
      polls++;
      this.waker = waker;
      if (failure != null) {
        throw failure;
      }
      return value == null ? Poll.pending() : Poll.ready(value);
    }

    @Override
    public void cancel() {
      cancels++;
    }

    void comesTo(String result) {
      value = result;
      waker.wake();
    }

    void fails(Exception e) {
      failure = e;
      waker.wake();
    }
  }

  private final Probe one = new Probe();
  private final Probe two = new Probe();

  private EventLoop loop() throws IOException {
    if (opened == null) {
      opened = EventLoop.start();
    }
    return opened;
  }

  @AfterEach
  void close() {
    if (opened != null) {
      opened.close();
    }
  }

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

  private static <T extends @Nullable Object> T await(CompletableFuture<T> end) throws Exception {
    return end.get(10, TimeUnit.SECONDS);
  }

  @Test
  void aTaskIsLazyAndPolledWhenItWasWoken() {
    CompletableFuture<String> end = one.start(handed::add);
    assertThat(one.polls).isZero();
    run();
    assertThat(one.polls).isOne();
    one.waker.wake();
    one.waker.wake();
    assertThat(handed).as("handed in").hasSize(1);
    run();
    assertThat(one.polls).isEqualTo(2);
    assertThat(end).isNotDone();
    one.comesTo("end");
    run();
    assertThat(end).isCompletedWithValue("end");
    one.waker.wake();
    assertThat(handed).as("after the end").isEmpty();
  }

  @Test
  void aWakeDuringAPollIsAnotherPoll() {
    AtomicInteger polls = new AtomicInteger();
    CompletableFuture<Integer> end =
        started(waker -> {
          if (polls.incrementAndGet() < 5) {
            waker.wake();
            return Poll.pending();
          }
          return Poll.ready(5);
        });
    assertThat(end).isCompletedWithValue(5);
    assertThat(polls).hasValue(5);
  }

  @Test
  void aPollThatIsPendingIsOneObjectWithoutAValue() {
    assertThat(Poll.<String>pending()).isSameAs(Poll.pending()).hasToString("pending");
    assertThat(Poll.pending().isReady()).isFalse();
    assertThatIllegalStateException().isThrownBy(() -> Poll.pending().value());
    assertThat(Poll.ready(null).isReady()).isTrue();
    assertThat(Poll.ready("x")).hasToString("ready: x");
  }

  @Test
  void aTaskThatIsOverIsNotPolledAgain() throws Exception {
    List<Task<?>> tasks =
        List.of(
            Task.of("x"),
            Task.of("x").map(String::length),
            Task.of("x").then(Task::of),
            Task.defer(() -> Task.of("x")),
            Task.from(CompletableFuture.completedFuture("x")),
            Task.of("x").withTimeout(loop(), LONG),
            Task.joinAll(List.of(Task.of("x"))),
            Task.joinAll(List.of()),
            Task.race(List.of(Task.of("x"))));
    for (Task<?> task : tasks) {
      assertThat(task.poll(() -> {}).isReady()).isTrue();
      assertThatIllegalStateException()
          .isThrownBy(() -> task.poll(() -> {}))
          .withMessageContaining("after its end");
      task.cancel();
    }
    Task<String> cancelled = Task.defer(() -> one);
    assertThat(cancelled.poll(() -> {}).isReady()).isFalse();
    cancelled.cancel();
    cancelled.cancel();
    assertThat(one.cancels).isOne();
    assertThatIllegalStateException().isThrownBy(() -> cancelled.poll(() -> {}));
    assertThatThrownBy(() -> failing().poll(() -> {})).hasMessage("fails");
  }

  private static Task<String> failing() {
    return Task.defer(() -> {
      throw new IOException("fails");
    });
  }

  @Test
  void aTaskThatThrowsEndsAndIsNotPolledAgain() {
    for (Throwable thrown : List.of(new IOException("fails"), new AssertionError("fails"))) {
      CompletableFuture<String> end =
          started(_ -> {
            if (thrown instanceof Exception e) {
              throw e;
            }
            throw (Error) thrown;
          });
      assertThatThrownBy(end::join).isInstanceOf(CompletionException.class).hasCause(thrown);
    }
  }

  @Test
  void aFutureThatIsCancelledCancelsItsTaskWhereItWouldBePolled() {
    CompletableFuture<String> end = started(one.then(_ -> two));
    assertThat(end.cancel(true)).isTrue();
    assertThat(one.cancels).isZero();
    run();
    assertThat(one.cancels).isOne();
    CompletableFuture<String> next = started(Task.of("x").then(_ -> two));
    next.complete("otherwise");
    run();
    assertThat(two.cancels).isOne();
    assertThat(two.polls).isOne();
  }

  @Test
  void aFutureThatIsCancelledBeforeTheFirstPollCancelsItsTaskUnpolled() {
    CompletableFuture<String> end = one.start(handed::add);
    end.cancel(true);
    run();
    assertThat(one.polls).isZero();
    assertThat(one.cancels).isOne();
  }

  @Test
  void anExecutorThatTakesNoMoreEndsTheTask() {
    CompletableFuture<String> end =
        one.start(runnable -> {
          if (one.polls > 0) {
            throw new RejectedExecutionException("full");
          }
          handed.add(runnable);
        });
    run();
    one.waker.wake();
    assertThatThrownBy(end::join).hasCauseInstanceOf(RejectedExecutionException.class);
    assertThat(one.cancels).isOne();
  }

  @Test
  void joinedTasksArePolledWhenTheyWereWokenThemselves() {
    CompletableFuture<List<String>> end = started(Task.joinAll(List.of(one, two, Task.of("3"))));
    two.comesTo("2");
    run();
    assertThat(one.polls).isOne();
    assertThat(end).isNotDone();
    one.comesTo("1");
    run();
    assertThat(end).isCompletedWithValue(List.of("1", "2", "3"));
    assertThat(one.polls).isEqualTo(2);
    assertThat(two.polls).isEqualTo(2);
    assertThat(one.cancels + two.cancels).isZero();
  }

  @Test
  void joinedTasksFailWithTheFirstThatDoesAndCancelTheOthers() {
    CompletableFuture<List<String>> end = started(Task.joinAll(List.of(one, two)));
    two.fails(new IOException("two"));
    run();
    assertThatThrownBy(end::join).hasRootCauseMessage("two");
    assertThat(one.cancels).isOne();
    assertThat(two.cancels).isZero();
    assertThat(started(Task.joinAll(List.of()))).isCompletedWithValue(List.of());
  }

  @Test
  void aRaceIsWonByTheFirstThatComesToSomething() {
    CompletableFuture<String> end = started(Task.race(List.of(one, two, failing())));
    assertThat(end).isNotDone();
    two.comesTo("two");
    run();
    assertThat(end).isCompletedWithValue("two");
    assertThat(one.cancels).isOne();
    assertThat(two.cancels).isZero();
  }

  @Test
  void aRaceThatAllLoseFailsWithTheFirstFailure() {
    CompletableFuture<String> end = started(Task.race(List.of(one, failing())));
    one.fails(new IOException("one"));
    run();
    assertThatThrownBy(end::join)
        .hasRootCauseMessage("fails")
        .satisfies(e ->
            assertThat(e.getCause().getSuppressed())
                .singleElement()
                .hasToString("java.io.IOException: one"));
    assertThatIllegalArgumentException().isThrownBy(() -> Task.race(List.of()));
  }

  @Test
  void aPollOfNullAndATaskThatIsNullAreTold() throws Exception {
    assertThatThrownBy(started((Task<String>) _ -> null)::join)
        .hasCauseInstanceOf(NullPointerException.class)
        .hasMessageContaining("a poll of null");
    assertThatThrownBy(() -> loop().run(null)).hasMessage("task");
    loop().shutdown();
    assertThat(loop().awaitTermination(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aTaskIsRepeatedUntilItComesToFalse() {
    AtomicInteger rounds = new AtomicInteger();
    int many = 100_000; // a chain would overflow the stack
    assertThat(started(Task.repeat(() -> Task.of(rounds.incrementAndGet() < many))))
        .isCompletedWithValue(null);
    assertThat(rounds).hasValue(many);
    CompletableFuture<@Nullable Void> end = started(Task.repeat(() -> one.map(_ -> true)));
    end.cancel(true);
    run();
    assertThat(one.cancels).isOne();
    assertThatThrownBy(started(Task.repeat(() -> failing().map(_ -> true)))::join)
        .hasRootCauseMessage("fails");
  }

  @Test
  void aTaskIsRecoveredFromItsFailure() {
    assertThat(started(failing().recover(e -> Task.of(e.getMessage()))))
        .isCompletedWithValue("fails");
    assertThat(started(Task.of("x").recover(_ -> two))).isCompletedWithValue("x");
    assertThatThrownBy(started(failing().recover(Task::failed))::join).hasRootCauseMessage("fails");
    CompletableFuture<String> end = started(failing().recover(_ -> one));
    one.fails(new IOException("again"));
    run();
    assertThatThrownBy(end::join).hasRootCauseMessage("again");
    started(failing().recover(_ -> two)).cancel(true);
    run();
    assertThat(two.cancels).isOne();
  }

  @Test
  void whatIsDoneLastIsDoneOnceHoweverATaskEnds() {
    AtomicInteger last = new AtomicInteger();
    var _ = started(Task.of("x").ensure(last::incrementAndGet));
    assertThat(last).hasValue(1);
    var _ = started(failing().ensure(last::incrementAndGet));
    assertThat(last).hasValue(2);
    CompletableFuture<String> end = started(one.ensure(last::incrementAndGet));
    assertThat(last).hasValue(2);
    end.cancel(true);
    run();
    assertThat(one.cancels).isOne();
    assertThat(last).hasValue(3);
  }

  @Test
  void aFutureIsATaskAndIsCancelledWithIt() {
    CompletableFuture<String> future = new CompletableFuture<>();
    CompletableFuture<String> end = started(Task.from(future));
    future.complete("done");
    run();
    assertThat(end).isCompletedWithValue("done");
    IOException failure = new IOException();
    assertThatThrownBy(started(Task.from(CompletableFuture.<String>failedFuture(failure)))::join)
        .hasCause(failure);
    CompletableFuture<String> pending = new CompletableFuture<>();
    started(Task.from(pending)).cancel(true);
    run();
    assertThat(pending).isCancelled();
  }

  @Test
  void aTaskThatTakesTooLongIsCancelled() throws Exception {
    CompletableFuture<String> end = loop().run(one.withTimeout(loop(), SHORT));
    assertThatThrownBy(() -> await(end))
        .hasCauseInstanceOf(TimeoutException.class)
        .hasMessageContaining("longer than PT0.001S");
    assertThat(one.cancels).isOne();
    assertThat(await(loop().run(Task.of("x").withTimeout(loop(), SHORT)))).isEqualTo("x");
    assertThatThrownBy(() -> await(loop().run(failing().withTimeout(loop(), SHORT))))
        .hasRootCauseMessage("fails");
  }

  @Test
  void aTaskSleepsByTheClockOfItsLoop() throws Exception {
    long start = System.nanoTime();
    await(loop().run(Task.sleep(loop(), Duration.ofMillis(20))));
    assertThat(System.nanoTime() - start).isGreaterThanOrEqualTo(20_000_000);
  }

  @Test
  void aConnectionIsServedByTasks() throws Exception {
    Incoming<Connection> incoming =
        loop().listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    CompletableFuture<Integer> served = loop().run(Task.take(incoming).then(TaskTest::echo));
    try (Connection connection = loop().connect(((TcpListener) incoming.source()).localAddress())) {
      ByteBuffer message = ByteBuffer.wrap("hello".getBytes(StandardCharsets.US_ASCII));
      connection.writeFully(message);
      ByteBuffer answer = ByteBuffer.allocate(5);
      connection.readFully(answer);
      assertThat(answer.flip()).isEqualTo(message.flip());
    }
    assertThat(await(served)).isEqualTo(-1);
    incoming.close();
  }

  private static Task<Integer> echo(Connection connection) {
    ByteBuffer buffer = ByteBuffer.allocate(64);
    return Task.read(connection.input(), buffer)
        .then(_ -> Task.write(connection.output(), buffer.flip()))
        .then(_ -> Task.read(connection.input(), buffer.clear()))
        .map(end -> {
          connection.close();
          return end;
        });
  }

  @Test
  void aLoopThatIsShutDownWaitsForItsTasks() throws Exception {
    CompletableFuture<String> end = loop().run(one);
    loop().submit(() -> {}).get(10, TimeUnit.SECONDS); // polled
    loop().shutdown();
    assertThatThrownBy(() -> loop().run(two)).isInstanceOf(RejectedExecutionException.class);
    one.comesTo("late");
    assertThat(await(end)).isEqualTo("late");
    assertThat(loop().awaitTermination(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void aLoopThatIsClosedEndsAndCancelsItsTasks() throws Exception {
    CompletableFuture<String> end = loop().run(one);
    CompletableFuture<@Nullable Void> sleep = loop().sleepAsync(LONG);
    loop().submit(() -> {}).get(10, TimeUnit.SECONDS);
    loop().close();
    for (CompletableFuture<?> each : List.of(end, sleep)) {
      assertThatThrownBy(() -> await(each)).hasCauseInstanceOf(ClosedLoopException.class);
    }
    assertThat(one.cancels).isOne();
  }

  @Test
  void fibersAndTasksWaitForEachOther() throws Exception {
    Fiber<String> fiber = loop().fiber(() -> loop().run(Task.of("task")).get() + " and fiber");
    assertThat(await(loop().run(Task.from(fiber.toCompletableFuture()))))
        .isEqualTo("task and fiber");
  }

  @Test
  void waitingForATaskOnItsLoopIsRefused() throws Exception {
    List<Throwable> refused = new ArrayList<>();
    loop()
        .submit(() -> {
          try {
            loop().run(Task.sleep(loop(), LONG)).join();
          } catch (IllegalStateException e) {
            refused.add(e);
          }
          return null;
        })
        .get(10, TimeUnit.SECONDS);
    assertThat(refused).hasSize(1);
  }

  @Test
  void tasksWhoseWakesComeWhileTheyArePolledLoseNone() throws Exception {
    int rounds = 5_000;
    AtomicReferenceArray<CompletableFuture<Boolean>> asked = new AtomicReferenceArray<>(4);
    AtomicInteger left = new AtomicInteger(asked.length());
    List<Task<@Nullable Void>> tasks = new ArrayList<>();
    for (int i = 0; i < asked.length(); i++) {
      int index = i;
      AtomicInteger round = new AtomicInteger();
      Task<@Nullable Void> task =
          Task.repeat(() -> {
            CompletableFuture<Boolean> answer = new CompletableFuture<>();
            asked.set(index, answer); // from here on it may be answered
            boolean more = round.incrementAndGet() < rounds;
            return Task.from(answer).map(_ -> more);
          });
      tasks.add(task.ensure(left::decrementAndGet));
    }
    Thread answering =
        Thread.ofPlatform()
            .start(() -> {
              while (left.get() > 0) {
                for (int i = 0; i < asked.length(); i++) {
                  CompletableFuture<Boolean> answer = asked.getAndSet(i, null);
                  if (answer != null) {
                    answer.complete(true);
                  }
                }
              }
            });
    try {
      assertThat(await(loop().run(Task.joinAll(tasks)))).hasSize(asked.length());
    } finally {
      left.set(0);
      answering.join();
    }
  }

  @Test
  void aKernelIsTheLoopsWhereATaskIsPolled() throws Exception {
    Task<Kernel> task = _ -> Poll.ready(Kernel.current());
    assertThat(await(loop().run(task))).isSameAs(loop().kernel());
  }
}
