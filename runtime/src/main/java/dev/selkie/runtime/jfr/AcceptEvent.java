package dev.selkie.runtime.jfr;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.Throttle;

/** A connection was accepted. */
@Name("dev.selkie.Accept")
@Label("Accept")
@Description("A listener of an event loop gave a connection")
@Throttle("300/s")
public final class AcceptEvent extends LoopEvent {
  @Label("Listener")
  @Description("The listener's descriptor")
  final String listener;

  @Label("Connection")
  @Description("The connection's descriptor, and its peer")
  final String connection;

  /** A listener of a loop gave a connection. */
  public AcceptEvent(String loop, Object listener, Object connection) {
    super(loop);
    this.listener = listener.toString();
    this.connection = connection.toString();
  }
}
