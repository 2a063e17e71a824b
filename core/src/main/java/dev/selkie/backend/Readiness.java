package dev.selkie.backend;

/** The bits of interest and of readiness that queue and backends exchange. */
public final class Readiness {
  /** Interest and readiness: a read would not wait. */
  public static final int READABLE = 1;

  /** Interest and readiness: a write would not wait. */
  public static final int WRITABLE = 1 << 1;

  /** Interest and readiness: urgent data. */
  public static final int PRIORITY = 1 << 2;

  /** Interest: the peer's end of sending. Readiness: nothing more will arrive. */
  public static final int READ_CLOSED = 1 << 3;

  /** Readiness: nothing more can be sent. */
  public static final int WRITE_CLOSED = 1 << 4;

  /** Readiness: an error is pending. */
  public static final int ERROR = 1 << 5;

  /** Readiness: both directions are over, reported whatever the interest. */
  public static final int HANGUP = 1 << 6;

  /** Interest: report arrivals, not states. */
  public static final int EDGE = 1 << 7;

  /** Interest: disarm after one report. */
  public static final int ONE_SHOT = 1 << 8;

  /** Interest: of several queues wake at least one instead of all. */
  public static final int EXCLUSIVE = 1 << 9;

  /** The interest bits that name a condition. */
  public static final int CONDITIONS = READABLE | WRITABLE | PRIORITY | READ_CLOSED;

  private Readiness() {}

  /** What of a report a registration with this interest is to see; 0 for nothing. */
  public static int visible(int ready, int interest) {
    if ((interest & CONDITIONS) == 0) {
      return 0;
    }
    int mask = ERROR;
    if ((interest & READABLE) != 0) {
      mask |= READABLE | READ_CLOSED;
    }
    if ((interest & WRITABLE) != 0) {
      mask |= WRITABLE | WRITE_CLOSED;
    }
    if ((ready & HANGUP) != 0) {
      mask |= READ_CLOSED | WRITE_CLOSED;
    }
    return ready & (mask | (interest & (PRIORITY | READ_CLOSED)));
  }
}
