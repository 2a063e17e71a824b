package dev.selkie.runtime.jfr;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Threshold;

/** What a loop ran between two looks at what is ready; used again for each. */
@Name("dev.selkie.Batch")
@Label("Dispatch Batch")
@Description("What an event loop ran in one turn, from its look at what is ready to the next one")
@Threshold("20 ms")
public final class BatchEvent extends LoopEvent {
  /** Sources that were ready. */
  @Label("Events")
  @Description("Events of sources that were dispatched")
  public int events;

  /** Timers. */
  @Label("Timers")
  @Description("Timers that were due")
  public int timers;

  /** Runnables. */
  @Label("Runnables")
  @Description("Runnables and fibers that ran")
  public int runnables;

  /** A batch of a loop. */
  public BatchEvent(String loop) {
    super(loop);
  }
}
