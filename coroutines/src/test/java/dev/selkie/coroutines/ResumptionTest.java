package dev.selkie.coroutines;

import static dev.selkie.coroutines.Coroutine.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.runtime.task.Task;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A coroutine as a task. */
final class ResumptionTest {
  private final Manual<String> first = new Manual<>();
  private final Manual<String> second = new Manual<>();
  private int runs;

  private Task<String> twice() {
    runs++;
    String a = await(first);
    runs++;
    return Task.of(a + await(second));
  }

  @Test
  void nothingRunsBeforeTheFirstPoll() throws Exception {
    Task<String> task = twice();
    assertThat(runs).isZero();
    task.poll(() -> {});
    assertThat(runs).isEqualTo(1);
  }

  @Test
  void aPollThatFindsTheAwaitedTaskPendingRunsNothing() throws Exception {
    Task<String> task = twice();
    for (int i = 0; i < 3; i++) {
      assertThat(task.poll(() -> {}).isReady()).isFalse();
    }
    assertThat(first.polls).isEqualTo(3);
    assertThat(runs).isEqualTo(1);
  }

  @Test
  void whatIsReadyAtOnceIsNotWaitedFor() throws Exception {
    first.end("a");
    second.end("b");
    assertThat(twice().poll(() -> {}).value()).isEqualTo("ab");
    assertThat(first.polls).isEqualTo(1);
  }

  @Test
  void theWakerOfTheLastPollIsCalled() throws Exception {
    Task<String> task = twice();
    List<String> woken = new ArrayList<>();
    task.poll(() -> woken.add("old"));
    task.poll(() -> woken.add("new"));
    first.end("a");
    first.end("a"); // twice, without need
    assertThat(woken).containsExactly("new", "new");
    task.poll(() -> woken.add("next"));
    second.end("b");
    assertThat(woken).containsExactly("new", "new", "next");
    assertThat(task.poll(() -> {}).value()).isEqualTo("ab");
    assertThat(runs).isEqualTo(2);
  }

  @Test
  void pollingAFinishedOneIsAnError() throws Exception {
    first.end("a");
    second.end("b");
    Task<String> task = twice();
    task.poll(() -> {});
    assertThatThrownBy(() -> task.poll(() -> {}))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the task was polled after its end");
  }

  private Task<String> nothing() {
    await(first);
    return null;
  }

  @Test
  void oneThatReturnsNoTaskSaysSo() {
    first.end("a");
    assertThatThrownBy(() -> nothing().poll(() -> {}))
        .isInstanceOf(NullPointerException.class)
        .hasMessageMatching(
            "dev.selkie.coroutines.ResumptionTest.nothing\\(ResumptionTest.java:\\d+\\) returned"
                + " null instead of a task");
  }

  private Task<String> failing() {
    String a = await(first);
    throw new IllegalArgumentException(a);
  }

  @Test
  void stackTracesNameTheMethodAndTheLine() throws Exception {
    Task<String> task = failing();
    task.poll(() -> {});
    first.end("a");
    assertThatThrownBy(() -> task.poll(() -> {}))
        .isInstanceOfSatisfying(
            IllegalArgumentException.class,
            e -> {
              StackTraceElement top = e.getStackTrace()[0];
              assertThat(top.getClassName()).isEqualTo(ResumptionTest.class.getName());
              assertThat(top.getMethodName()).isEqualTo("failing");
              assertThat(top.getFileName()).isEqualTo("ResumptionTest.java");
              assertThat(top.getLineNumber()).isEqualTo(lineOf("throw new IllegalArgument"));
            });
  }

  private static int lineOf(String code) {
    List<String> lines = Sources.ofTest("ResumptionTest").lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).contains(code) && !lines.get(i).contains("lineOf")) {
        return i + 1;
      }
    }
    throw new AssertionError(code);
  }

  private Task<String> outer() {
    return Task.of("outer " + await(twice()));
  }

  @Test
  void itsTextSaysWhereItWaitsAndForWhat() throws Exception {
    String place = "dev.selkie.coroutines.ResumptionTest.%s(ResumptionTest.java:%d)";
    String outer = place.formatted("outer", lineOf("\"outer \" + await"));
    String inner = place.formatted("twice", lineOf("String a = await(first);\n".strip()));
    Task<String> task = outer();
    assertThat(task).hasToString(outer + ", not begun");
    task.poll(() -> {});
    assertThat(task).hasToString(outer + " waits for " + inner + " waits for " + first);
    first.end("a");
    second.end("b");
    task.poll(() -> {});
    assertThat(task).hasToString(outer + ", not waiting");
  }

  private Task<Integer> holding(List<WeakReference<byte[]>> seen) {
    byte[] bytes = new byte[1_000];
    seen.add(new WeakReference<>(bytes));
    int n = await(first).length() + bytes.length;
    return Task.of(n + await(second).length());
  }

  @Test
  void whatIsNotReadAnyMoreIsNotHeld() throws Exception {
    List<WeakReference<byte[]>> seen = new ArrayList<>();
    Task<Integer> task = holding(seen);
    task.poll(() -> {});
    System.gc();
    assertThat(seen.getFirst().get()).isNotNull();
    first.end("now");
    assertThat(task.poll(() -> {}).isReady()).isFalse();
    System.gc();
    assertThat(seen.getFirst().get()).isNull();
    second.end("then");
    assertThat(task.poll(() -> {}).value()).isEqualTo(1_007);
  }

  private Task<Integer> sum(List<Manual<Integer>> parts) {
    int sum = 0;
    for (Manual<Integer> part : parts) {
      sum += await(part);
    }
    return Task.of(sum);
  }

  @Test
  void tenThousandAtOnce() throws Exception {
    List<List<Manual<Integer>>> waits = new ArrayList<>();
    List<CompletableFuture<Integer>> ends = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      List<Manual<Integer>> parts = List.of(new Manual<>(), new Manual<>(), new Manual<>());
      waits.add(parts);
      ends.add(sum(parts).start(Runnable::run));
    }
    for (int part = 0; part < 3; part++) {
      for (int i = 0; i < waits.size(); i++) {
        assertThat(ends.get(i)).isNotDone();
        waits.get(i).get(part).end(i);
      }
    }
    for (int i = 0; i < ends.size(); i++) {
      assertThat(ends.get(i)).isCompletedWithValue(3 * i);
    }
  }

  @Test
  void theNextPollMayBeAnotherThreads() throws Exception {
    BlockingQueue<Runnable> runs = new ArrayBlockingQueue<>(10);
    CompletableFuture<String> end = twice().start(runs::add);
    first.end("a"); // before the first poll
    runs.remove().run();
    second.end("b");
    Thread thread = Thread.ofPlatform().start(runs.remove());
    assertThat(end.get(5, TimeUnit.SECONDS)).isEqualTo("ab");
    thread.join();
  }

  private static Task<Integer> endless(int[] turns) {
    while (true) {
      turns[0] += await(Task.of(1));
    }
  }

  @Test
  void oneThatNeverHasToWaitLetsOthersGoOn() throws Exception {
    int[] turns = new int[1];
    int[] woken = new int[1];
    Task<Integer> task = endless(turns);
    for (int i = 1; i <= 3; i++) {
      assertThat(task.poll(() -> woken[0]++).isReady()).isFalse();
      assertThat(woken[0]).isEqualTo(i);
    }
    assertThat(turns[0]).isBetween(3 * 64, 3 * 65);
  }

  private Task<String> caught() {
    try {
      return Task.of(await(first));
    } catch (Exception e) {
      return Task.of(e.getMessage());
    }
  }

  @Test
  void theFailureOfAPollIsThrownByTheAwait() throws Exception {
    Task<String> task = caught();
    task.poll(() -> {});
    first.fail(new IOException("late"));
    assertThat(task.poll(() -> {}).value()).isEqualTo("late");
    assertThat(caught().poll(() -> {}).value()).isEqualTo("late"); // at once
  }
}
