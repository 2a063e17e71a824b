package dev.selkie.conformance.agreement;

import dev.selkie.kernel.Epoll;
import java.util.Map;
import java.util.TreeMap;

/** Which (mode, source, condition) cells the histories have met, and how often. */
final class Coverage {
  private static final Map<Integer, String> CONDITIONS =
      Map.of(
          Epoll.IN, "in",
          Epoll.OUT, "out",
          Epoll.PRI, "priority",
          Epoll.RDHUP, "read-hangup",
          Epoll.HUP, "hangup",
          Epoll.ERR, "error");

  private final Map<String, Long> cells = new TreeMap<>();

  /** A registration of that mode was told of conditions. */
  void reported(String mode, String source, int bits) {
    CONDITIONS.forEach((bit, name) -> {
      if ((bits & bit) != 0) {
        cells.merge(mode + ", " + source + ", " + name, 1L, Long::sum);
      }
    });
  }

  /** How many cells were met. */
  int count() {
    return cells.size();
  }

  /** The cells with their counts, one a line. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    cells.forEach((cell, count) -> text.append(cell).append(": ").append(count).append('\n'));
    return text.toString();
  }
}
