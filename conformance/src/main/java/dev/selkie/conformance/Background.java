package dev.selkie.conformance;

import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Assumptions;

/**
 * Something that a test lets another platform thread do, and whose result it takes by a deadline.
 *
 * @param <T> the type of result
 */
public final class Background<T> {
  private final FutureTask<T> task;
  private final Thread thread;

  private Background(Callable<T> body) {
    this.task = new FutureTask<>(body);
    this.thread = Thread.ofPlatform().daemon().name("background").unstarted(task);
  }

  /** Starts a thread. */
  public static <T> Background<T> start(Callable<T> body) {
    if (Configurations.areStepping()) {
      Assumptions.abort("needs a second thread, and a stepping network has one");
    }
    Background<T> background = new Background<>(body);
    background.thread.start();
    return background;
  }

  /** What the thread returned, or its exception as it was thrown. */
  public T result() throws Exception {
    try {
      return task.get(Ready.DEADLINE.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Exception cause) {
        throw cause;
      }
      throw new AssertionError(e.getCause());
    } catch (TimeoutException e) {
      AssertionError error = new AssertionError("the thread has not ended in " + Ready.DEADLINE, e);
      StackTraceElement[] stack = thread.getStackTrace();
      if (stack.length > 0) {
        error.setStackTrace(stack);
      }
      throw error;
    }
  }

  /** Whether the thread has ended. */
  public boolean isDone() {
    return task.isDone();
  }

  /** The thread. */
  public Thread thread() {
    return thread;
  }
}
