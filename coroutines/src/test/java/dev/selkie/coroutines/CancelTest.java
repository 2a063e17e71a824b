package dev.selkie.coroutines;

import static dev.selkie.coroutines.Coroutine.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.runtime.Waker;
import dev.selkie.runtime.task.Poll;
import dev.selkie.runtime.task.Task;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

/** A coroutine that is given up where it waits. */
final class CancelTest {
  private final List<String> log = new ArrayList<>();
  private final Manual<String> first = new Manual<>();
  private final Manual<String> second = new Manual<>();

  private Task<String> twice() {
    try {
      String a = await(first);
      try {
        return Task.of(a + await(second));
      } finally {
        log.add("inner");
      }
    } finally {
      log.add("outer");
    }
  }

  private static void assertOver(Task<?> task) {
    assertThatThrownBy(() -> task.poll(() -> {}))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("the task was polled after its end");
    task.cancel(); // and that is all
  }

  @Test
  void whatItAwaitsIsCancelledAndFinallyBlocksRun() throws Exception {
    Task<String> task = twice();
    first.end("a");
    assertThat(task.poll(() -> {}).isReady()).isFalse();
    task.cancel();
    assertThat(second.cancelled).isTrue();
    assertThat(first.cancelled).isFalse();
    assertThat(log).containsExactly("inner", "outer");
    assertOver(task);
  }

  @Test
  void whatHasNotBegunRunsNothing() {
    Task<String> task = twice();
    task.cancel();
    assertThat(log).isEmpty();
    assertThat(first.polls).isZero();
    assertOver(task);
  }

  @Test
  void whatIsOverIsNotTouched() throws Exception {
    Task<String> task = twice();
    first.end("a");
    second.end("b");
    assertThat(task.poll(() -> {}).value()).isEqualTo("ab");
    task.cancel();
    assertThat(log).containsExactly("inner", "outer");
    assertThat(second.cancelled).isFalse();
  }

  private Task<String> returning() {
    try {
      return first;
    } finally {
      log.add("finally");
    }
  }

  private Task<String> returningAfter() {
    await(second);
    return returning();
  }

  @Test
  void theTaskThatItReturnedIsCancelled() throws Exception {
    Task<String> task = returningAfter();
    second.end("now");
    assertThat(task.poll(() -> {}).isReady()).isFalse();
    assertThat(log).containsExactly("finally");
    task.cancel();
    assertThat(first.cancelled).isTrue();
    assertOver(task);
  }

  private Task<String> stubborn() {
    while (true) {
      try {
        return Task.of(await(first));
      } catch (Exception e) {
        log.add("again");
      }
    }
  }

  @Test
  void aLoopThatCatchesExceptionsAndTriesAgainEndsAllTheSame() throws Exception {
    Task<String> task = stubborn();
    task.poll(() -> {});
    task.cancel();
    assertThat(log).isEmpty();
    assertOver(task);
  }

  private Task<String> waitingInFinally() {
    try {
      try {
        return Task.of(await(first));
      } finally {
        log.add("before");
        await(second);
        log.add("after");
      }
    } finally {
      log.add("outer");
    }
  }

  @Test
  void anAwaitInAFinallyBlockCancelsItsTaskAndThrowsAgain() throws Exception {
    Task<String> task = waitingInFinally();
    task.poll(() -> {});
    task.cancel();
    assertThat(log).containsExactly("before", "outer");
    assertThat(first.cancelled).isTrue();
    assertThat(second.cancelled).isTrue();
    assertThat(second.polls).isZero();
  }

  @Test
  void withoutACancelAnAwaitInAFinallyBlockWaits() throws Exception {
    Task<String> task = waitingInFinally();
    first.end("a");
    assertThat(task.poll(() -> {}).isReady()).isFalse();
    assertThat(log).containsExactly("before");
    second.end("b");
    assertThat(task.poll(() -> {}).value()).isEqualTo("a");
    assertThat(log).containsExactly("before", "after", "outer");
  }

  @SuppressWarnings("CatchAndPrintStackTrace")
  private Task<String> swallowing() {
    try {
      return Task.of(await(first));
    } catch (Throwable e) {
      return second;
    }
  }

  @Test
  void aTaskThatIsReturnedAllTheSameIsCancelled() throws Exception {
    Task<String> task = swallowing();
    task.poll(() -> {});
    task.cancel();
    assertThat(second.cancelled).isTrue();
    assertThat(second.polls).isZero();
    assertOver(task);
  }

  private Task<String> failingInFinally(Throwable failure) throws Throwable {
    try {
      return Task.of(await(first));
    } finally {
      thrown(failure);
    }
  }

  private static <X extends Throwable> void thrown(X failure) throws X {
    throw failure;
  }

  @Test
  void whatAFinallyBlockThrowsIsTold() throws Throwable {
    var unchecked = new IllegalArgumentException("unchecked");
    Task<String> one = failingInFinally(unchecked);
    one.poll(() -> {});
    assertThatThrownBy(one::cancel).isSameAs(unchecked);
    assertOver(one);
    var checked = new IOException("checked");
    Task<String> other = failingInFinally(checked);
    other.poll(() -> {});
    assertThatThrownBy(other::cancel).isInstanceOf(CompletionException.class).hasCause(checked);
  }

  @Test
  void whatTheAwaitedTaskThrowsIsToldBeforeThat() throws Throwable {
    var first = new IllegalStateException("of the task");
    var second = new IllegalArgumentException("of the finally block");
    Task<String> stuck =
        new Task<>() {
          @Override
          public Poll<String> poll(Waker waker) {
            return Poll.pending();
          }

          @Override
          public void cancel() {
            throw first;
          }
        };
    Task<String> task = failingAfter(stuck, second);
    task.poll(() -> {});
    assertThatThrownBy(task::cancel).isSameAs(first).hasSuppressedException(second);
  }

  private static Task<String> failingAfter(Task<String> task, RuntimeException failure) {
    try {
      return Task.of(await(task));
    } finally {
      thrown(failure);
    }
  }

  private Task<String> outer() {
    try {
      return Task.of("outer " + await(twice()));
    } finally {
      log.add("outermost");
    }
  }

  @Test
  void coroutinesThatAwaitEachOtherEndFromTheInside() throws Exception {
    Task<String> task = outer();
    task.poll(() -> {});
    task.cancel();
    assertThat(log).containsExactly("outer", "outermost");
    assertThat(first.cancelled).isTrue();
  }

  private Task<String> selfish(List<Task<String>> self) {
    await(first);
    self.getFirst().cancel();
    assertThatThrownBy(() -> self.getFirst().poll(() -> {}))
        .isInstanceOf(IllegalStateException.class);
    return second;
  }

  @Test
  void aCoroutineDoesNotCancelOrPollItself() throws Exception {
    List<Task<String>> self = new ArrayList<>();
    Task<String> task = selfish(self);
    self.add(task);
    first.end("a");
    second.end("b");
    assertThat(task.poll(() -> {}).value()).isEqualTo("b");
  }
}
