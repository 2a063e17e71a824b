package dev.selkie.runtime.jfr;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.StackTrace;

/** An event of the flight recorder that belongs to one event loop. */
@Category("Selkie")
@StackTrace(false)
public abstract class LoopEvent extends Event {
  @Label("Event Loop")
  @Description("The name of the loop")
  final String loop;

  LoopEvent(String loop) {
    this.loop = loop;
  }
}
