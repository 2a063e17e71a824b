package dev.selkie.runtime.task;

import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.Waker;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** A task that fails when it takes too long. */
final class Limited<T extends @Nullable Object> extends Once<T> {
  private final Task<@Nullable Void> limit;

  /** It, and the end of the limit behind it. */
  private final Task<T> task;

  private final Duration time;

  Limited(Task<T> task, EventLoop loop, Duration time) {
    this.limit = Task.sleep(loop, time);
    this.task = task.ensure(limit::cancel);
    this.time = time;
  }

  @Override
  Poll<T> advance(Waker waker) throws Exception {
    Poll<T> found = task.poll(waker);
    if (!found.isReady() && isOver(waker)) {
      TimeoutException late = new TimeoutException("the task took longer than " + time);
      after(late, task::cancel);
      throw late;
    }
    return found;
  }

  private boolean isOver(Waker waker) throws Exception {
    try {
      return limit.poll(waker).isReady();
    } catch (Throwable e) {
      after(e, task::cancel);
      throw e;
    }
  }

  @Override
  void abandon() {
    task.cancel();
  }
}
