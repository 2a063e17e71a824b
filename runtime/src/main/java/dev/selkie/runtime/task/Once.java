package dev.selkie.runtime.task;

import dev.selkie.runtime.Waker;
import org.jspecify.annotations.Nullable;

/** A task that refuses to be polled after its end. */
abstract class Once<T extends @Nullable Object> implements Task<T> {
  /** Tasks in a row that are ready at once, before others have their turn. */
  static final int ROW = 64;

  private boolean over;

  /** Goes on; not after the end. */
  abstract Poll<T> advance(Waker waker) throws Exception;

  /** Lets go what it holds; before the end, once. */
  abstract void abandon();

  @Override
  public final Poll<T> poll(Waker waker) throws Exception {
    end(); // unless it is found pending
    Poll<T> found = advance(waker);
    over = found.isReady();
    return found;
  }

  /** It ends here, by its own end or because another one goes on for it. */
  final void end() {
    if (over) {
      throw new IllegalStateException("the task was polled after its end");
    }
    over = true;
  }

  @Override
  public final void cancel() {
    if (!over) {
      over = true;
      abandon();
    }
  }

  /** Does what is left after a failure: what that throws does not hide it. */
  static void after(Throwable failure, Runnable last) {
    try {
      last.run();
    } catch (Throwable e) {
      suppress(failure, e);
    }
  }

  @SuppressWarnings("ReferenceEquality") // it cannot suppress itself
  static void suppress(Throwable failure, Throwable other) {
    if (failure != other) {
      failure.addSuppressed(other);
    }
  }
}
