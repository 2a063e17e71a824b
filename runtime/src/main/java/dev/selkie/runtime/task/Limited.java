package dev.selkie.runtime.task;

import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.Waker;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** A task that fails when it takes too long. */
final class Limited<T extends @Nullable Object> extends Once<T> {
  private final Task<T> task;
  private final Duration time;
  private final Task<@Nullable Void> limit;

  Limited(Task<T> task, EventLoop loop, Duration time) {
    this.task = task;
    this.time = time;
    this.limit = Task.sleep(loop, time);
  }

  @Override
  Poll<T> advance(Waker waker) throws Exception {
    Poll<T> found;
    try {
      found = task.poll(waker);
    } catch (Throwable e) {
      limit.cancel();
      throw e;
    }
    if (found.isReady()) {
      limit.cancel();
    } else if (isOver(waker)) {
      task.cancel();
      throw new TimeoutException("the task took longer than " + time);
    }
    return found;
  }

  private boolean isOver(Waker waker) throws Exception {
    try {
      return limit.poll(waker).isReady();
    } catch (Throwable e) {
      task.cancel();
      throw e;
    }
  }

  @Override
  void abandon() {
    limit.cancel();
    task.cancel();
  }
}
