package dev.selkie.runtime;

import dev.selkie.Event;
import dev.selkie.runtime.Closing.Phase;
import java.util.function.Consumer;

/** What a loop has registered: the way from an event to whoever waits for it. */
interface Target {
  /** The source has an event; on the loop's thread. */
  void ready(Event<Target> event) throws Exception;

  /** The source was closed, or given up: whoever waits is told; on the closing thread. */
  void sourceClosed();

  /** Names who waits for the source. */
  void tell(Consumer<? super Wait> waits);

  /** What it is, and what went through it; any thread. */
  LoopSnapshot.Source state();

  /** The phase of the loop's end in which it ends, if its source was not closed. */
  default Phase endsIn() {
    return Phase.CANCELLED;
  }

  /** Its end has come: whoever waits is told, and what the loop owns is closed. */
  void end();
}
