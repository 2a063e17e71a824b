package dev.selkie.runtime.task;

import dev.selkie.runtime.Waker;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** A task that is made at its first poll. */
final class Deferred<T extends @Nullable Object> extends Once<T> {
  private final Callable<? extends Task<T>> maker;
  private @Nullable Task<T> made;

  Deferred(Callable<? extends Task<T>> maker) {
    this.maker = maker;
  }

  @Override
  Poll<T> advance(Waker waker) throws Exception {
    if (made == null) {
      made = maker.call();
    }
    return made.poll(waker);
  }

  @Override
  void abandon() {
    if (made != null) {
      made.cancel();
    }
  }
}
