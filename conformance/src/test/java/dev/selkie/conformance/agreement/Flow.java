package dev.selkie.conformance.agreement;

/** The bytes on their way from one end to the other. */
final class Flow {
  private static final int FEW_BYTES = 4096;
  private static final int FEW_MESSAGES = 16;

  int pending;
  private int messages;
  private boolean filled;
  private boolean crowded;

  void wrote(int bytes) {
    pending += bytes;
    messages++;
  }

  /** A write found no room. */
  void filled() {
    filled = true;
    crowded = true;
  }

  /** Takes bytes off; whether that is the first room after there was none. */
  boolean read(int bytes) {
    boolean first = filled && bytes > 0;
    filled = filled && bytes == 0;
    pending -= bytes;
    if (pending == 0) {
      messages = 0;
      crowded = false;
    }
    return first;
  }

  /** There is surely no room. */
  boolean isFull() {
    return filled;
  }

  /** There is surely room, whatever a message costs beside its bytes. */
  boolean isRoomy() {
    return !filled && pending <= FEW_BYTES && messages <= FEW_MESSAGES;
  }

  /** It was full, and has not been empty since: what follows the bytes may be held back. */
  boolean isCrowded() {
    return crowded;
  }
}
