package dev.selkie.backend;

import dev.selkie.kernel.Kqueue;

/** Which filters of kqueue stand for an interest, and in which manner each is added. */
final class KnoteFilters {
  /** The filter of reading, as a bit. */
  static final int READ = 1;

  /** The filter of writing, as a bit. */
  static final int WRITE = 1 << 1;

  /** The filter of urgent data, as a bit. */
  static final int EXCEPT = 1 << 2;

  /** All filters. */
  static final int ALL = READ | WRITE | EXCEPT;

  private KnoteFilters() {}

  /** The filters that an interest needs. */
  static int of(int interest) {
    int filters = 0;
    if ((interest & (Readiness.READABLE | Readiness.READ_CLOSED)) != 0) {
      filters |= READ;
    }
    if ((interest & Readiness.WRITABLE) != 0) {
      filters |= WRITE;
    }
    if ((interest & Readiness.PRIORITY) != 0) {
      filters |= EXCEPT;
    }
    return filters;
  }

  /** The system's filter that a bit stands for. */
  static int number(int filter) {
    return switch (filter) {
      case READ -> Kqueue.EVFILT_READ;
      case WRITE -> Kqueue.EVFILT_WRITE;
      default -> Kqueue.EVFILT_EXCEPT;
    };
  }

  /** The bit of a system's filter, 0 for another one. */
  static int bit(int number) {
    return switch (number) {
      case Kqueue.EVFILT_READ -> READ;
      case Kqueue.EVFILT_WRITE -> WRITE;
      case Kqueue.EVFILT_EXCEPT -> EXCEPT;
      default -> 0;
    };
  }

  /**
   * Whether the filter watches for the peer's end alone, and not for data: its low-water mark is
   * out of reach then, and since a system may not heed the mark, it tells of data once an arrival
   * at most.
   */
  static boolean watchesEnd(int filter, int interest) {
    return filter == READ && (interest & Readiness.READABLE) == 0;
  }

  /** The flags that say in which manner a filter reports. */
  static int manner(int filter, int interest) {
    if (watchesEnd(filter, interest)) {
      return Kqueue.EV_CLEAR; // not one-shot: a report of data would use the shot up
    }
    int flags = (interest & Readiness.EDGE) == 0 ? 0 : Kqueue.EV_CLEAR;
    return (interest & Readiness.ONE_SHOT) == 0 ? flags : flags | Kqueue.EV_DISPATCH;
  }

  /** The filter flags. */
  static int notes(int filter, int interest) {
    if (filter == EXCEPT) {
      return Kqueue.NOTE_OOB;
    }
    return watchesEnd(filter, interest) ? Kqueue.NOTE_LOWAT : 0;
  }

  /** The filter's parameter. */
  static long data(int filter, int interest) {
    return watchesEnd(filter, interest) ? Integer.MAX_VALUE : 0;
  }

  /** Whether a filter reports in another manner under another interest. */
  static boolean differs(int filter, int before, int after) {
    return manner(filter, before) != manner(filter, after)
        || watchesEnd(filter, before) != watchesEnd(filter, after);
  }

  /** Whether a report of such an interest may be the only one. */
  static boolean isOnce(int interest) {
    return (interest & (Readiness.EDGE | Readiness.ONE_SHOT)) != 0
        || (interest & (Readiness.READABLE | Readiness.READ_CLOSED)) == Readiness.READ_CLOSED;
  }

  /** The filters that a report has disabled, of those that made it. */
  static int disabledBy(int reported, int interest) {
    return watchesEnd(READ, interest) ? reported & ~READ : reported;
  }
}
