package dev.selkie.runtime;

import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/** An operation in one direction of a source, as the future of its result. */
abstract class AsyncOperation<T extends @Nullable Object> extends LoopFuture<T> implements Waker {
  /*
   * An attempt is claimed: whoever completes the future otherwise (cancel, orTimeout, complete)
   * does so between two attempts, after which there is none, or comes too late. An attempt makes
   * one system call that does not block, and runs nothing of the user's, so waiting for its end is
   * short. A wake during an attempt leaves a note, for which there is another one.
   */
  private static final int WAITING = 0;
  private static final int CLAIMED = 1;
  private static final int CLAIMED_AND_WOKEN = 2;
  private static final int OVER = 3;

  /** Attempts in a row at most: of what makes progress each time, and has not come to its end. */
  private static final int ATTEMPTS = 16;

  private static final VarHandle PHASE;

  static {
    try {
      PHASE = MethodHandles.lookup().findVarHandle(AsyncOperation.class, "phase", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** What it waits for; of whoever has claimed an attempt. */
  private Direction direction;

  @SuppressWarnings("unused") // by PHASE
  private volatile int phase;

  /** An operation that the direction was told to have begun. */
  AsyncOperation(Direction direction) {
    super(direction.cell.loop);
    this.direction = direction;
  }

  /**
   * Tries once.
   *
   * @param waited whether it was tried before
   * @return whether it has come to its end; otherwise it has to wait
   */
  abstract boolean attempt(boolean waited) throws IOException;

  /** The result, once it has come to its end: then nobody else completes the future any more. */
  abstract T result() throws IOException;

  /** The future was completed by somebody else, before there was a result. */
  void abandoned() {}

  /** It is over: its direction is free for another. */
  void release() {
    direction.end();
  }

  /** The next wait is for another direction; inside an attempt. */
  final void waitFor(Direction other) {
    direction = other;
  }

  /** Begins at once, or in the loop's next turn if this one has done enough of its kind. */
  final AsyncOperation<T> startedOn(Engine engine) {
    if (engine.isOnLoop() ? engine.mayCompleteInline() : direction.mayGoOn()) {
      return started();
    }
    engine.request(this::wake);
    return this;
  }

  final AsyncOperation<T> started() {
    if (PHASE.compareAndSet(this, WAITING, CLAIMED)) {
      advance(false);
    }
    return this;
  }

  @Override
  public final void wake() {
    if (PHASE.compareAndSet(this, WAITING, CLAIMED)) {
      advance(true);
    } else if (!PHASE.compareAndSet(this, CLAIMED, CLAIMED_AND_WOKEN)
        && PHASE.compareAndSet(this, WAITING, CLAIMED)) {
      advance(true); // the attempt ended between the two looks
    }
  }

  /** Tries, as whoever has claimed it, until it is over or the direction will wake it. */
  private void advance(boolean waited) {
    boolean again = waited;
    int attempts = 0;
    do {
      if (attempts++ == ATTEMPTS) {
        PHASE.setVolatile(this, WAITING);
        loop.engine().request(this::wake); // after what else there is to do
        return;
      }
      try {
        if (attempt(again)) {
          finish();
          succeed();
          return;
        }
      } catch (Throwable e) {
        finish();
        super.completeExceptionally(e);
        return;
      }
      again = true;
      PHASE.setVolatile(this, CLAIMED);
    } while (!direction.await(this) || !PHASE.compareAndSet(this, CLAIMED, WAITING));
  }

  private void succeed() {
    T result;
    try {
      result = result();
    } catch (Throwable e) {
      super.completeExceptionally(e);
      return;
    }
    super.complete(result);
  }

  /** The direction is free before anybody is told. */
  private void finish() {
    PHASE.setVolatile(this, OVER);
    release();
  }

  /** Whether it was won for somebody else than an attempt. */
  private boolean withdraw() {
    while (!PHASE.compareAndSet(this, WAITING, OVER)) {
      if ((int) PHASE.getVolatile(this) == OVER) {
        return false;
      }
      Thread.onSpinWait();
    }
    direction.forget(this);
    release();
    abandoned();
    return true;
  }

  @Override
  public boolean complete(@Nullable T value) {
    return withdraw() && super.complete(value);
  }

  @Override
  public boolean completeExceptionally(Throwable failure) {
    return withdraw() && super.completeExceptionally(failure);
  }

  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    return withdraw() ? super.cancel(mayInterruptIfRunning) : isCancelled();
  }
}
