package dev.selkie.kernel;

/**
 * What goes with a message beside its bytes: where it is from or to, and what became of it on the
 * way. Filled by {@link Sockets#receive}, read by {@link Sockets#send}. Not thread-safe.
 */
public final class MessageHeader {
  private final AddressBuffer address = new AddressBuffer();
  private boolean truncated;

  /** A header of no message. */
  public MessageHeader() {}

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
}
