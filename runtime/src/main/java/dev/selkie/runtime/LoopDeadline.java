package dev.selkie.runtime;

import dev.selkie.runtime.Closing.Phase;

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

  /** The phase of the loop's end in which it ends, if it has not expired. */
  Phase endsIn() {
    return Phase.ENDING;
  }

  /** It will not expire: its end has come. */
  abstract void closed();
}
