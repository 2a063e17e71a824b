package dev.selkie.runtime.task;

import dev.selkie.runtime.Waker;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A task, and if it fails another one. */
final class Recovered<T extends @Nullable Object> extends Once<T> {
  private final Function<? super Exception, ? extends Task<T>> next;
  private Task<T> current;
  private boolean failed;

  Recovered(Task<T> task, Function<? super Exception, ? extends Task<T>> next) {
    this.current = task;
    this.next = next;
  }

  @Override
  Poll<T> advance(Waker waker) throws Exception {
    if (!failed) {
      try {
        return current.poll(waker);
      } catch (Exception e) {
        failed = true;
        current = successor(e);
      }
    }
    return current.poll(waker);
  }

  private Task<T> successor(Exception failure) {
    try {
      return next.apply(failure);
    } catch (Throwable e) {
      suppress(e, failure);
      throw e;
    }
  }

  @Override
  void abandon() {
    current.cancel();
  }
}
