package dev.selkie.runtime;

import dev.selkie.runtime.Closing.Phase;
import java.time.Duration;

/**
 * A timer of an {@link EventLoop} that is set again and again: for the deadline of a request, the
 * idle time of a connection, the steps of a series.
 *
 * <p>Setting, moving and cancelling it take constant time, no system call and no memory beyond its
 * own 40 bytes. Each time it is set its action runs once, on the loop's thread, unless it is moved
 * or cancelled before: never early, in the order of the times, at one time in the order in which
 * they were set. What the action throws goes to the loop's exception handler.
 *
 * <p>It belongs to the loop's thread: its methods are for this one and the fibers mounted on it; a
 * program elsewhere has {@link EventLoop#schedule}. A loop that is shut down does not wait for it,
 * and once it is cancelled or closed its timers do not expire.
 */
public final class LoopTimer extends LoopDeadline {
  private final Engine engine;
  private final Runnable action;

  LoopTimer(Engine engine, Runnable action) {
    this.engine = engine;
    this.action = action;
  }

  /**
   * Sets the timer, or moves it if it is set, so that it expires after a delay from now; at once,
   * in the loop's turn, if that is not positive.
   *
   * @throws IllegalStateException on another thread than the loop's
   */
  public void set(Duration delay) {
    setAt(engine.timeAfter(Durations.nanos(delay)));
  }

  /**
   * Sets the timer, or moves it if it is set, so that it expires at a time: for a series without
   * drift, or many timers by one look at the clock.
   *
   * @param nanoTime in nanoseconds on the clock of the loop's kernel, 146 years from now at most
   * @throws IllegalStateException on another thread than the loop's
   */
  public void setAt(long nanoTime) {
    engine.checkOnLoop();
    engine.disarmHere(this);
    nanos = nanoTime;
    engine.armHere(this);
  }

  /**
   * Takes it back.
   *
   * @return false if it was not set, or has expired
   * @throws IllegalStateException on another thread than the loop's
   */
  public boolean cancel() {
    engine.checkOnLoop();
    return engine.disarmHere(this);
  }

  /**
   * Whether it is set and has not expired.
   *
   * @throws IllegalStateException on another thread than the loop's
   */
  public boolean isSet() {
    engine.checkOnLoop();
    return isArmed();
  }

  @Override
  Phase endsIn() {
    return Phase.CANCELLED;
  }

  @Override
  void expired() {
    action.run();
  }

  @Override
  void closed() {
    // As documented, its action does not run.
  }
}
