package dev.selkie.runtime;

/** A deadline of a loop. */
abstract class LoopDeadline extends Deadline {
  /** Whether a loop that was shut down waits for it. */
  boolean keepsOpen() {
    return false;
  }

  /** Whether nobody wants it any more, though it is not armed so far. */
  boolean isRevoked() {
    return false;
  }

  /** Whether it ends when the loop is cancelled, and not only with the loop. */
  boolean endsEarly() {
    return false;
  }

  /** It will not expire: the loop ends. */
  abstract void closed();
}
