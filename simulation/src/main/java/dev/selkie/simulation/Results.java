package dev.selkie.simulation;

import dev.selkie.kernel.Epoll;
import dev.selkie.kernel.Errno;

/** Results and event bits as a trace shows them. */
final class Results {
  private static final int[] BITS = {
    Epoll.IN, Epoll.PRI, Epoll.OUT, Epoll.ERR, Epoll.HUP, Epoll.RDHUP
  };
  private static final String[] NAMES = {"IN", "PRI", "OUT", "ERR", "HUP", "RDHUP"};

  private Results() {}

  /** A count, or the name of an error. */
  static String text(long result) {
    return result < 0 ? Errno.of((int) result).name() : Long.toString(result);
  }

  /** Event bits by name: {@code IN|RDHUP}. */
  static String events(int events) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < BITS.length; i++) {
      if ((events & BITS[i]) != 0) {
        text.append(text.isEmpty() ? "" : "|").append(NAMES[i]);
      }
    }
    return text.isEmpty() ? "0" : text.toString();
  }
}
