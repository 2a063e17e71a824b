package dev.selkie.runtime.task;

import dev.selkie.runtime.Waker;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A task, and then one that follows from what the first comes to. */
final class Sequence<T extends @Nullable Object, U extends @Nullable Object> extends Once<U> {
  private final Task<T> first;
  private final Function<? super T, ? extends Task<U>> next;
  private @Nullable Task<U> second;

  Sequence(Task<T> first, Function<? super T, ? extends Task<U>> next) {
    this.first = first;
    this.next = next;
  }

  @Override
  Poll<U> advance(Waker waker) throws Exception {
    if (second == null) {
      Poll<T> found = first.poll(waker);
      if (!found.isReady()) {
        return Poll.pending();
      }
      second = next.apply(found.value());
    }
    return second.poll(waker);
  }

  @Override
  void abandon() {
    (second == null ? first : second).cancel();
  }
}
