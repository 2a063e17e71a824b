package dev.selkie.runtime.task;

import dev.selkie.runtime.Waker;
import org.jspecify.annotations.Nullable;

/** A task that refuses to be polled after its end. */
abstract class Once<T extends @Nullable Object> implements Task<T> {
  private boolean over;

  /** Goes on; not after the end. */
  abstract Poll<T> advance(Waker waker) throws Exception;

  /** Lets go what it holds; before the end, once. */
  abstract void abandon();

  @Override
  public final Poll<T> poll(Waker waker) throws Exception {
    if (over) {
      throw new IllegalStateException("the task was polled after its end");
    }
    over = true; // unless it is found pending
    Poll<T> found = advance(waker);
    over = found.isReady();
    return found;
  }

  @Override
  public final void cancel() {
    if (!over) {
      over = true;
      abandon();
    }
  }
}
