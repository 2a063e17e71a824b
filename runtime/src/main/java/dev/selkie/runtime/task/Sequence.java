package dev.selkie.runtime.task;

import dev.selkie.runtime.Waker;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A task, and then those that follow, each from what the one before has come to. */
final class Sequence<U extends @Nullable Object> extends Once<U> {
  /*
   * A sequence that comes to be polled inside another one is dissolved in it: its steps come before
   * the other's. So neither a chain of steps nor one that leads to itself takes more stack as it
   * grows, and the latter no memory.
   */
  private Task<?> current;
  private @Nullable Next rest;

  private static final class Next {
    final Function<@Nullable Object, Task<?>> step;
    @Nullable Next after;

    Next(Function<@Nullable Object, Task<?>> step) {
      this.step = step;
    }
  }

  @SuppressWarnings("unchecked") // each step is given what the task before it comes to
  <T extends @Nullable Object> Sequence(
      Task<T> first, Function<? super T, ? extends Task<U>> next) {
    this.current = first;
    this.rest = new Next((Function<@Nullable Object, Task<?>>) (Function<?, ?>) next);
  }

  @Override
  @SuppressWarnings("unchecked") // what comes last is a task of U
  Poll<U> advance(Waker waker) throws Exception {
    for (int i = 0; i < ROW; i++) {
      dissolve();
      Poll<?> found = current.poll(waker);
      if (!found.isReady()) {
        return Poll.pending();
      }
      if (rest == null) {
        return (Poll<U>) found;
      }
      Next next = rest;
      rest = next.after;
      current = Objects.requireNonNull(next.step.apply(found.value()), "a task that is null");
    }
    waker.wake();
    return Poll.pending();
  }

  private void dissolve() {
    while (current instanceof Sequence<?> inner) {
      inner.end();
      if (inner.rest != null) {
        Next last = inner.rest;
        while (last.after != null) {
          last = last.after;
        }
        last.after = rest;
        rest = inner.rest;
      }
      current = inner.current;
    }
  }

  @Override
  void abandon() {
    dissolve();
    current.cancel();
  }
}
