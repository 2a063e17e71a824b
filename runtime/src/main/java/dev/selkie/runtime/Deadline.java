package dev.selkie.runtime;

import org.jspecify.annotations.Nullable;

/**
 * A moment at which something is to be done: the node of a {@link TimerWheel}, and the timer itself
 * by what a subclass adds.
 *
 * <p>It belongs to the thread of the wheel it was armed in, and is in one wheel at most. After it
 * was handed out or cancelled it may be armed again.
 */
abstract class Deadline {
  /** The one before it in its list, itself at the head, null while not armed. */
  @Nullable Deadline previous;

  /** The one after it in its list, null at the end. */
  @Nullable Deadline next;

  /** On the clock of the wheel. */
  long nanos;

  /** What is due. The wheel's owner calls it, never the wheel. */
  abstract void expired();

  /** Whether a wheel holds it, be it overdue. */
  final boolean isArmed() {
    return previous != null;
  }

  /** The time it was armed for last, in nanoseconds of the wheel's clock. */
  final long deadline() {
    return nanos;
  }
}
