package dev.selkie.runtime.jfr;

import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Throttle;

/** A source was closed. */
@Name("dev.selkie.Close")
@Label("Close")
@Description("A connection or another source of an event loop was closed")
@Throttle("300/s")
public final class CloseEvent extends LoopEvent {
  @Label("Source")
  @Description("The source's descriptor, and its peer")
  final String source;

  @Label("Received")
  @Description("Bytes that came in, of a listener the connections")
  @DataAmount
  final long received;

  @Label("Sent")
  @Description("Bytes that went out")
  @DataAmount
  final long sent;

  /** A source of a loop was closed. */
  public CloseEvent(String loop, Object source, long received, long sent) {
    super(loop);
    this.source = source.toString();
    this.received = received;
    this.sent = sent;
  }
}
