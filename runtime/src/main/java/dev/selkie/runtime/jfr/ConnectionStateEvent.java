package dev.selkie.runtime.jfr;

import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Period;

/** What has gone through a connection, from time to time. */
@Name("dev.selkie.Connection")
@Label("Connection")
@Description("The bytes of a connection; of the busiest since the last time, 50 a loop at most")
@Enabled(false)
@Period("1 s")
public final class ConnectionStateEvent extends LoopEvent {
  /** The descriptor, and the peer. */
  @Label("Source")
  @Description("The connection's descriptor, and its peer")
  public final String source;

  /** Bytes that have come in. */
  @Label("Received")
  @DataAmount
  public final long received;

  /** Bytes that have gone out. */
  @Label("Sent")
  @DataAmount
  public final long sent;

  /** Bytes each way since the last time. */
  @Label("Recent")
  @Description("Bytes each way since the event before this one")
  @DataAmount
  public final long recent;

  /** A connection of a loop. */
  public ConnectionStateEvent(String loop, String source, long received, long sent, long recent) {
    super(loop);
    this.source = source;
    this.received = received;
    this.sent = sent;
    this.recent = recent;
  }
}
