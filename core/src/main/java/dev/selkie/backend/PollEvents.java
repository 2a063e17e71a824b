package dev.selkie.backend;

import dev.selkie.kernel.Poll;

/** What interest and readiness are in the bits of poll(2), which epoll(7) shares. */
final class PollEvents {
  private PollEvents() {}

  /** The bits to ask for; interest in reading asks for the peer's end too, unless exclusive. */
  static int asked(int interest) {
    int events = 0;
    if ((interest & Readiness.READABLE) != 0) {
      events |= (interest & Readiness.EXCLUSIVE) == 0 ? Poll.IN | Poll.RDHUP : Poll.IN;
    }
    if ((interest & Readiness.WRITABLE) != 0) {
      events |= Poll.OUT;
    }
    if ((interest & Readiness.PRIORITY) != 0) {
      events |= Poll.PRI;
    }
    if ((interest & Readiness.READ_CLOSED) != 0) {
      events |= Poll.RDHUP;
    }
    return events;
  }

  /**
   * The readiness that bits mean. Errors and hang-ups count as readable and writable too, since a
   * read or a write tells more of them. An error of anything but a socket is that of a pipe whose
   * reader is gone, pipe(7).
   */
  static int ready(int events, boolean socket) {
    int ready = 0;
    if ((events & (Poll.IN | Poll.RDHUP | Poll.HUP | Poll.ERR)) != 0) {
      ready |= Readiness.READABLE;
    }
    if ((events & (Poll.OUT | Poll.HUP | Poll.ERR)) != 0) {
      ready |= Readiness.WRITABLE;
    }
    if ((events & ~(Poll.IN | Poll.OUT)) == 0) {
      return ready;
    }
    if ((events & Poll.PRI) != 0) {
      ready |= Readiness.PRIORITY;
    }
    if ((events & Poll.RDHUP) != 0) {
      ready |= Readiness.READ_CLOSED;
    }
    if ((events & Poll.HUP) != 0) {
      ready |= Readiness.READ_CLOSED | Readiness.WRITE_CLOSED | Readiness.HANGUP;
    }
    if ((events & Poll.ERR) != 0) {
      ready |= socket ? Readiness.ERROR : Readiness.ERROR | Readiness.WRITE_CLOSED;
    }
    return ready;
  }
}
