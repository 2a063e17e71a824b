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
      last.run();
      throw e;
    }
    if (found.isReady()) {
      last.run();
    }
    return found;
  }

  @Override
  void abandon() {
    try {
      task.cancel();
    } finally {
      last.run();
    }
  }
}
