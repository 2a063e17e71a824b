package dev.selkie.runtime.jfr;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Timespan;

/** The watchdog found a loop held. */
@Name("dev.selkie.LoopHeld")
@Label("Loop Held")
@Description("One callback or fiber holds an event loop for longer than its watchdog allows")
public final class LoopHeldEvent extends LoopEvent {
  @Label("Time")
  @Description("How long it has been held at least, when it was found")
  @Timespan(Timespan.NANOSECONDS)
  final long time;

  @Label("Report")
  @Description("What holds it, by the stacks, and what that holds up")
  final String report;

  /** A loop has been held for so many nanoseconds. */
  public LoopHeldEvent(String loop, long time, String report) {
    super(loop);
    this.time = time;
    this.report = report;
  }
}
