package dev.selkie.conformance.agreement;

import dev.selkie.kernel.Epoll;
import org.jspecify.annotations.Nullable;

/** A registration in the model: of a descriptor number and an open file, epoll(7). */
final class Item {
  /** The conditions that epoll reports unasked. */
  private static final int ALWAYS = Epoll.ERR | Epoll.HUP;

  /** What an event that nothing has brought about tells, if it is asked for. */
  private static final int HINTS = Epoll.IN | Epoll.OUT;

  private static final int MODES = Epoll.ET | Epoll.ONESHOT | Epoll.EXCLUSIVE;

  final OpenModel file;
  final int number;
  final long token;
  private int events;
  private boolean armed;

  /** How many more edges may be told of what was done to the file. */
  private int edgesAllowed;

  /** The conditions whose edge must be told if they still hold. */
  private int edgesOwed;

  Item(OpenModel file, int number, long token, int events) {
    this.file = file;
    this.number = number;
    this.token = token;
    set(events);
  }

  /** Registers or modifies: what is ready is told anew. */
  void set(int events) {
    this.events = events;
    armed = true;
    edgesAllowed = Math.max(edgesAllowed, 1);
    edgesOwed = -1;
  }

  boolean isExclusive() {
    return (events & Epoll.EXCLUSIVE) != 0;
  }

  private boolean isEdge() {
    return (events & Epoll.ET) != 0;
  }

  private int wanted() {
    return armed ? (events & ~MODES) | ALWAYS : 0;
  }

  /** Something was done to the file that may make an edge, or several. */
  void touched(int edges, int owed) {
    edgesAllowed = Math.max(edgesAllowed, edges);
    edgesOwed |= owed;
  }

  /** Whether the next waits must report it. */
  boolean isDue() {
    if (isExclusive() && file.items.stream().filter(Item::isExclusive).count() > 1) {
      return false; // an arrival during a wait is told to one of them
    }
    int ready = file.must() & wanted();
    return (isEdge() ? ready & edgesOwed : ready) != 0;
  }

  /** What a wait tells of it: null if it may. */
  @Nullable String complaint(int bits, World.Edges edges) {
    if (!armed) {
      return "is disarmed";
    }
    if (edges.mayMislead() && bits == (wanted() & HINTS) && bits != 0) {
      return null;
    }
    int tooMuch = bits & ~(file.may() & wanted());
    if (tooMuch != 0 || bits == 0) {
      return "is told " + Bits.text(bits) + ", of which not " + Bits.text(tooMuch);
    }
    int missing = file.must() & wanted() & ~bits;
    if (missing != 0 && file.isSettled()) {
      return "is told " + Bits.text(bits) + " without " + Bits.text(missing);
    }
    if (isEdge() && edgesAllowed == 0 && edges.areStrict(file)) {
      return "is told of an edge, and nothing was done to its file";
    }
    return null;
  }

  /**
   * It was reported, with these bits: what holds and was not among them, being under way, is owed.
   */
  void reported(int bits) {
    edgesOwed &= file.must() & ~bits;
    edgesAllowed = Math.max(edgesAllowed - 1, 0);
    armed = (events & Epoll.ONESHOT) == 0;
  }

  String mode() {
    return (isExclusive() ? "exclusive " : "")
        + (isEdge() ? "edge" : "level")
        + ((events & Epoll.ONESHOT) != 0 ? " one-shot" : "");
  }

  @Override
  public String toString() {
    return "%s %s (fd %d, %s)".formatted(mode(), Bits.text(events & ~MODES), number, file);
  }
}
