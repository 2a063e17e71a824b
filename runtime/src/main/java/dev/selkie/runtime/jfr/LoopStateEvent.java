package dev.selkie.runtime.jfr;

import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Period;
import jdk.jfr.Timespan;

/** What a loop has counted, from time to time. */
@Name("dev.selkie.Loop")
@Label("Event Loop")
@Description("What an event loop has counted so far, and how it is")
@Enabled(false)
@Period("1 s")
public final class LoopStateEvent extends LoopEvent {
  /** See {@code LoopSnapshot}. */
  @Label("Turns")
  public long turns;

  /** As above. */
  @Label("Waits")
  public long waits;

  /** As above. */
  @Label("Events")
  public long events;

  /** As above. */
  @Label("Wakes")
  @Description("Waits that were ended by a wake")
  public long wakes;

  /** As above. */
  @Label("Spurious Returns")
  public long spurious;

  /** As above. */
  @Label("Runnables")
  @Description("Runnables that ran, fibers each time they went on")
  public long runnables;

  /** As above. */
  @Label("Runnables Waiting")
  public int runnablesWaiting;

  /** As above. */
  @Label("Timers Fired")
  public long timersFired;

  /** As above. */
  @Label("Timers Pending")
  public int timersPending;

  /** As above. */
  @Label("Fibers")
  @Description("Fibers that have not ended")
  public int fibers;

  /** As above. */
  @Label("Fibers Parked")
  public int fibersParked;

  /** As above. */
  @Label("Registrations")
  public int registrations;

  /** As above. */
  @Label("Connections Accepted")
  public long accepted;

  /** As above. */
  @Label("Connections Made")
  public long connected;

  /** As above. */
  @Label("Sources Closed")
  public long closed;

  /** As above. */
  @Label("Received")
  @DataAmount
  public long received;

  /** As above. */
  @Label("Sent")
  @DataAmount
  public long sent;

  /** As above. */
  @Label("Timed")
  @Description("How long the loop has taken the time of what it does")
  @Timespan(Timespan.NANOSECONDS)
  public long timed;

  /** As above. */
  @Label("Worked")
  @Description("How long it did not wait, in the time in which it took the time")
  @Timespan(Timespan.NANOSECONDS)
  public long worked;

  /** As above. */
  @Label("Longest Callback")
  @Description("The longest callback of the last one or two seconds")
  @Timespan(Timespan.NANOSECONDS)
  public long longest;

  /** As above. */
  @Label("Lag")
  @Description("The longest turn of the last one or two seconds: what became ready waited so long")
  @Timespan(Timespan.NANOSECONDS)
  public long lag;

  /** The state of a loop. */
  public LoopStateEvent(String loop) {
    super(loop);
  }
}
