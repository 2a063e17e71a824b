package dev.selkie.conformance.agreement;

import dev.selkie.kernel.Epoll;
import java.util.StringJoiner;

/** Event bits in words. */
final class Bits {
  private Bits() {}

  static String text(int bits) {
    StringJoiner text = new StringJoiner("|", "{", "}");
    add(text, bits, Epoll.IN, "IN");
    add(text, bits, Epoll.OUT, "OUT");
    add(text, bits, Epoll.PRI, "PRI");
    add(text, bits, Epoll.RDHUP, "RDHUP");
    add(text, bits, Epoll.HUP, "HUP");
    add(text, bits, Epoll.ERR, "ERR");
    return text.toString();
  }

  private static void add(StringJoiner text, int bits, int bit, String name) {
    if ((bits & bit) != 0) {
      text.add(name);
    }
  }
}
