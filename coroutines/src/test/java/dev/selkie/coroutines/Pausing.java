package dev.selkie.coroutines;

import dev.selkie.runtime.Waker;
import dev.selkie.runtime.task.Poll;
import dev.selkie.runtime.task.Task;

/** Tasks that are pending once, and running a task in the calling thread. */
final class Pausing {
  private Pausing() {}

  /** Comes to a value at the second poll. */
  static <T> Task<T> later(T value) {
    return new Task<>() {
      private boolean polled;

      @Override
      public Poll<T> poll(Waker waker) {
        if (polled) {
          return Poll.ready(value);
        }
        polled = true;
        waker.wake();
        return Poll.pending();
      }
    };
  }

  /** Fails at the second poll. */
  static <T> Task<T> failing(Exception failure) {
    return later(failure).then(Task::failed);
  }

  /** Polls a task to its end. */
  static <T> T run(Task<T> task) throws Exception {
    boolean[] woken = {true};
    while (woken[0]) {
      woken[0] = false;
      Poll<T> found = task.poll(() -> woken[0] = true);
      if (found.isReady()) {
        return found.value();
      }
    }
    throw new AssertionError("pending, and not woken: " + task);
  }
}
