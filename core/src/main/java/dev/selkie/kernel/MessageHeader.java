package dev.selkie.kernel;

/**
 * What goes with a message beside its bytes: where it is from or to, what became of it on the way,
 * and its control data. Filled by {@link Sockets#receive}, read by {@link Sockets#send}. Not
 * thread-safe.
 */
public final class MessageHeader {
  private final AddressBuffer address = new AddressBuffer();
  private final ControlData received = new ControlData();
  private final ControlData outgoing = new ControlData();
  private boolean truncated;
  private boolean controlRefused;

  /** A header of no message. */
  public MessageHeader() {}

  /** Takes what came with a message from another header. */
  public void copyReceived(MessageHeader other) {
    address.copy(other.address);
    received.copy(other.received);
    truncated = other.truncated;
  }

  /** Takes what goes with a message from another header. */
  public void copyOutgoing(MessageHeader other) {
    address.copy(other.address);
    outgoing.copy(other.outgoing);
  }

  /** Whom the message is from, or to. */
  public AddressBuffer address() {
    return address;
  }

  /** Whether the message was longer than the room that it was received to. */
  public boolean isTruncated() {
    return truncated;
  }

  /** Called by the kernel. */
  public void setTruncated(boolean truncated) {
    this.truncated = truncated;
  }

  /** The control data of the message that was received. */
  public ControlData received() {
    return received;
  }

  /** The control data that goes with each message that is sent; a receive leaves it as it is. */
  public ControlData outgoing() {
    return outgoing;
  }

  /** Whether a receive gives the system no room for control data, which it drops then. */
  public boolean isControlRefused() {
    return controlRefused;
  }

  /** Says whether a receive gives the system no room for control data; it does unless told so. */
  public void setControlRefused(boolean refused) {
    controlRefused = refused;
  }
}
