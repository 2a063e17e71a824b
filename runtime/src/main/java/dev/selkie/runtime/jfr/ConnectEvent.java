package dev.selkie.runtime.jfr;

import jdk.jfr.Description;
import jdk.jfr.Label;
import jdk.jfr.Name;

/** An attempt to connect. */
@Name("dev.selkie.Connect")
@Label("Connect")
@Description("An attempt of an event loop to connect, from its begin to its outcome")
public final class ConnectEvent extends LoopEvent {
  @Label("Address")
  @Description("Where it was to connect to")
  final String address;

  @Label("Failure")
  @Description("Why it failed; nothing if it was connected")
  String failure = "";

  private ConnectEvent(String loop, Object address) {
    super(loop);
    this.address = address.toString();
  }

  /** An attempt of a loop begins. */
  public static ConnectEvent begin(String loop, Object address) {
    ConnectEvent event = new ConnectEvent(loop, address);
    event.begin();
    return event;
  }

  /** It has come to an end: to a failure, or to an empty text. */
  public void ended(String outcome) {
    failure = outcome;
    commit();
  }
}
