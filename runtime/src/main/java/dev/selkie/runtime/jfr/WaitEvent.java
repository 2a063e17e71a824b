package dev.selkie.runtime.jfr;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Threshold;
import jdk.jfr.Timespan;

/** A wait of a loop for what is ready; used again for each. */
@Name("dev.selkie.Wait")
@Label("Wait")
@Description("An event loop waited for sources to be ready")
@Threshold("20 ms")
public final class WaitEvent extends LoopEvent {
  /** How long it waits at most; {@link Long#MAX_VALUE} for ever. */
  @Label("Timeout")
  @Description("How long it was to wait at most")
  @Timespan(Timespan.NANOSECONDS)
  public long timeout;

  /** Events that it found. */
  @Label("Events")
  @Description("How many sources were ready")
  public int events;

  /** Why it ended. */
  @Label("Cause")
  @Description("Why the wait ended")
  public String cause = "";

  /** A wait of a loop. */
  public WaitEvent(String loop) {
    super(loop);
  }
}
