package dev.selkie.runtime.task;

import dev.selkie.runtime.Waker;
import org.jspecify.annotations.Nullable;

/** A task, and what is done when it is over. */
final class Ensured<T extends @Nullable Object> extends Once<T> {
  private final Task<T> task;
  private final Runnable last;

  Ensured(Task<T> task, Runnable last) {
    this.task = task;
    this.last = last;
  }

  @Override
  Poll<T> advance(Waker waker) throws Exception {
    Poll<T> found;
    try {
      found = task.poll(waker);
    } catch (Throwable e) {
      after(e, last);
      throw e;
    }
    if (found.isReady()) {
      try {
        last.run();
      } catch (Throwable e) {
        Late.close(found.value());
        throw e;
      }
    }
    return found;
  }

  @Override
  void abandon() {
    try {
      task.cancel();
    } catch (Throwable e) {
      after(e, last);
      throw e;
    }
    last.run();
  }
}
