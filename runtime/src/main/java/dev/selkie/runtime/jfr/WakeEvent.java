package dev.selkie.runtime.jfr;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Throttle;

/** A thread wakes a loop. */
@Name("dev.selkie.Wake")
@Label("Wake")
@Description("A thread handed something to an event loop that slept, and woke it by a system call")
@Throttle("100/s")
public final class WakeEvent extends LoopEvent {
  @Label("Runnable")
  @Description("The class of what was handed in, or the fiber")
  final String runnable;

  /** A loop is woken. */
  public WakeEvent(String loop, String runnable) {
    super(loop);
    this.runnable = runnable;
  }
}
