package dev.selkie.coroutines;

import dev.selkie.runtime.Waker;
import dev.selkie.runtime.task.Poll;
import dev.selkie.runtime.task.Task;
import java.util.Objects;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * A call of a coroutine: where it stopped, what it awaits, and in fields of its subclass the values
 * that it needs later. The subclasses, and who calls the public methods beside those of a task, are
 * made by {@link Weaver}.
 *
 * @param <T> the type of what it comes to
 */
public abstract class Resumption<T extends @Nullable Object> implements Task<T> {
  /*
   * A poll asks the awaited task first, and enters the method only when that has ended: a poll
   * that finds it pending costs no more than the tasks it goes through. In the method, await is
   * begin, which polls and most often answers at once, and value, which both ways meet in.
   */

  /** What {@link #begin} answers while the task is pending. */
  public static final Object PENDING = new Object();

  /** The waker of a call that is ended: nobody waits any more. */
  private static final Waker ENDING = new NoWaker();

  /** Awaits in a row that are ready at once, before others have their turn. */
  private static final int ROW = 64;

  /** It has returned, and awaits the task that it returned. */
  private static final short LAST = -1;

  /** It is over, or being polled. */
  private static final short OVER = -2;

  /** The number of the await where it stopped; 0 before its beginning. */
  private short at;

  /** The awaits of this poll. */
  private byte row;

  /** Null before the first await. */
  private @Nullable Task<?> awaited;

  /** For its subclasses. */
  protected Resumption() {}

  /**
   * Goes on at an await, up to the next that is pending, or to the end.
   *
   * @param found what the awaited task came to
   * @return the task that the method returns; after {@link #suspend} it is not looked at
   */
  protected abstract @Nullable Task<T> resume(int at, Waker waker, @Nullable Object found)
      throws Exception;

  /** The method, and the line of an await of it. */
  protected abstract String place(int at);

  /**
   * Begins to await a task.
   *
   * @return what it comes to, or {@link #PENDING}
   */
  public static @Nullable Object begin(Task<?> task, Resumption<?> call, Waker waker)
      throws Exception {
    if (waker instanceof NoWaker) {
      task.cancel();
      throw new Ended();
    }
    if (call.row < ROW) {
      call.row++;
      Poll<?> found = task.poll(waker);
      if (found.isReady()) {
        return found.value();
      }
    } else {
      waker.wake();
    }
    call.awaited = task;
    return PENDING;
  }

  /** The value of an await, from what was found; throws what the task failed with. */
  public static @Nullable Object value(@Nullable Object found) throws Throwable {
    if (found instanceof Failure failure) {
      throw failure.cause;
    }
    return found;
  }

  /** Stops at an await. */
  public final @Nullable Task<T> suspend(int at) {
    this.at = (short) at;
    return null;
  }

  @Override
  public final Poll<T> poll(Waker waker) throws Exception {
    if (at == OVER) {
      throw new IllegalStateException("the task was polled after its end");
    }
    short from = at;
    row = 0;
    at = OVER; // unless it is found pending
    if (from == LAST) {
      return pollLast(Objects.requireNonNull(awaited), waker);
    }
    Object found = null;
    if (awaited != null) {
      try {
        Poll<?> poll = awaited.poll(waker);
        if (!poll.isReady()) {
          at = from;
          return Poll.pending();
        }
        found = poll.value();
      } catch (Throwable e) {
        found = new Failure(e);
      }
      awaited = null;
    }
    Task<T> last = resume(from, waker, found);
    return at == OVER ? pollLast(returned(last), waker) : Poll.pending();
  }

  private Poll<T> pollLast(Task<?> task, Waker waker) throws Exception {
    awaited = null;
    @SuppressWarnings("unchecked") // the method returned it
    Poll<T> found = (Poll<T>) task.poll(waker);
    if (!found.isReady()) {
      awaited = task;
      at = LAST;
    }
    return found;
  }

  private Task<T> returned(@Nullable Task<T> task) {
    return Objects.requireNonNull(task, () -> place(0) + " returned null instead of a task");
  }

  @Override
  public final void cancel() {
    int from = at;
    Task<?> task = awaited;
    if (from == OVER) {
      return;
    }
    at = OVER;
    awaited = null;
    if (task == null) {
      return; // not begun
    }
    try {
      task.cancel();
    } catch (Throwable e) {
      end(from, e);
      throw e;
    }
    end(from);
  }

  private void end(int from, Throwable failure) {
    try {
      end(from);
    } catch (Throwable e) {
      if (!failure.equals(e)) {
        failure.addSuppressed(e);
      }
    }
  }

  /** Has its finally blocks run. */
  private void end(int from) {
    if (from == LAST) {
      return;
    }
    try {
      returned(resume(from, ENDING, new Failure(new Ended()))).cancel();
    } catch (Ended e) {
      // as it should
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new CompletionException(e);
    }
  }

  /** Where it waits, and for what. */
  @Override
  public final String toString() {
    return switch (at) {
      case OVER -> place(0) + ", not waiting";
      case LAST -> place(0) + ", returned, waits for " + awaited;
      case 0 -> place(0) + ", not begun";
      default -> place(at) + " waits for " + awaited;
    };
  }

  private record NoWaker() implements Waker {
    @Override
    public void wake() {}
  }

  /** In place of a value: the awaited task has failed. */
  private record Failure(Throwable cause) {}

  /**
   * Ends a coroutine that is cancelled. It is an error since a loop that catches exceptions and
   * tries again would go on for ever.
   */
  private static final class Ended extends Error {
    @java.io.Serial private static final long serialVersionUID = 1;

    Ended() {
      super("the coroutine was cancelled", null, true, false);
    }
  }
}
