package dev.selkie.conformance;

import java.nio.ByteBuffer;

/** The bytes of one direction of a connection: each tells its place. */
final class TrafficFlow {
  private final int total;
  private final int id;

  /** Whether an end goes away before the end: then only a part need arrive. */
  private final boolean broken;

  private int sent;
  private int received;
  private boolean ended;

  TrafficFlow(int total, int id, boolean broken) {
    this.total = total;
    this.id = id;
    this.broken = broken;
  }

  private byte at(int place) {
    return (byte) (place * 31 + (place >> 8) + id * 7);
  }

  /** The next bytes to send, at most so many. */
  ByteBuffer next(int most) {
    ByteBuffer bytes = ByteBuffer.allocate(Math.min(most, total - sent));
    for (int i = 0; i < bytes.capacity(); i++) {
      bytes.put(i, at(sent + i));
    }
    return bytes;
  }

  void sent(int count) {
    sent += count;
  }

  boolean isSent() {
    return sent == total;
  }

  void received(ByteBuffer bytes) {
    while (bytes.hasRemaining()) {
      byte expected = at(received);
      byte actual = bytes.get();
      if (actual != expected) {
        throw new AssertionError("byte " + received + " is " + actual + " not " + expected);
      }
      received++;
    }
    if (received > sent) {
      throw new AssertionError("more received than sent: " + this);
    }
  }

  /** The receiver saw the end. */
  void end() {
    ended = true;
    checkAccount();
  }

  boolean isEnded() {
    return ended;
  }

  boolean isBroken() {
    return broken;
  }

  void checkAccount() {
    if (!broken && (!ended || received != total)) {
      throw new AssertionError("bytes are missing: " + this);
    }
  }

  @Override
  public String toString() {
    return "%d of %d sent, %d received%s%s"
        .formatted(sent, total, received, ended ? ", ended" : "", broken ? ", to break" : "");
  }
}
