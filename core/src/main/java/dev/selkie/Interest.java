package dev.selkie;

import dev.selkie.backend.Readiness;
import java.util.Objects;
import java.util.StringJoiner;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * What a registration is to be told of, and in which manner.
 *
 * <p>Conditions are joined by {@link #and}; the manner is level-triggered unless {@link #edge}, and
 * repeated unless {@link #oneShot}:
 *
 * <ul>
 *   <li><b>level-triggered</b>: each wait reports the source while it is ready;
 *   <li><b>edge-triggered</b>: a wait reports it once for each arrival, and once after each
 *       register, {@link Registration#modify modify} or {@link Registration#rearm rearm} that finds
 *       it ready. Drain the source until it answers {@link Io#NOT_READY}: what is left draws no
 *       further report;
 *   <li><b>one-shot</b>: after one report, in whichever direction, the registration is silent until
 *       it is modified or rearmed;
 *   <li><b>exclusive</b>: of several queues that wait for one open file, at least one is woken
 *       instead of all.
 * </ul>
 *
 * <p>Errors and hang-ups are reported whatever the conditions, except to {@link #NONE}. Instances
 * are immutable, shared and compared by identity.
 *
 * <p>Not every system has every combination: {@link EventQueue#supports} tells, and registering one
 * that it lacks throws {@link UnsupportedOperationException} with the reason. On Linux exclusive
 * goes with {@link #READABLE} alone, does not report {@link Event#isReadClosed}, and cannot be
 * modified (epoll_ctl(2)).
 */
public final class Interest {
  private static final AtomicReferenceArray<Interest> ALL =
      new AtomicReferenceArray<>(2 * Readiness.EXCLUSIVE);

  /** Nothing: the registration is kept and silent. */
  public static final Interest NONE = of(0);

  /** A read would return data, end of file or an error. */
  public static final Interest READABLE = of(Readiness.READABLE);

  /** A write would take data or return an error; for a connecting stream, the outcome is known. */
  public static final Interest WRITABLE = of(Readiness.WRITABLE);

  /** {@link #READABLE} and {@link #WRITABLE}. */
  public static final Interest READABLE_WRITABLE = READABLE.and(WRITABLE);

  /** Urgent (out-of-band) data, or the like of other sources; does not make a source readable. */
  public static final Interest PRIORITY = of(Readiness.PRIORITY);

  /** The peer has ended its sending direction, or the connection; data alone is not reported. */
  public static final Interest PEER_CLOSED = of(Readiness.READ_CLOSED);

  private final int bits;

  private Interest(int bits) {
    this.bits = bits;
  }

  private static Interest of(int bits) {
    Interest known = ALL.get(bits);
    if (known == null) {
      ALL.compareAndSet(bits, null, new Interest(bits));
      known = Objects.requireNonNull(ALL.get(bits));
    }
    return known;
  }

  /** The conditions and manners of both. */
  public Interest and(Interest other) {
    return of(bits | Objects.requireNonNull(other, "other").bits);
  }

  /** The same conditions, edge-triggered. */
  public Interest edge() {
    return of(bits | Readiness.EDGE);
  }

  /** The same conditions, disarmed after one report. */
  public Interest oneShot() {
    return of(bits | Readiness.ONE_SHOT);
  }

  /** The same conditions, waking at least one of several queues instead of all. */
  public Interest exclusive() {
    return of(bits | Readiness.EXCLUSIVE);
  }

  int bits() {
    return bits;
  }

  static Interest ofBits(int bits) {
    return of(bits);
  }

  @Override
  public String toString() {
    if ((bits & Readiness.CONDITIONS) == 0) {
      return "none";
    }
    StringJoiner text = new StringJoiner(" ");
    name(text, Readiness.READABLE, "readable");
    name(text, Readiness.WRITABLE, "writable");
    name(text, Readiness.PRIORITY, "priority");
    name(text, Readiness.READ_CLOSED, "peer-closed");
    name(text, Readiness.EDGE, "edge");
    name(text, Readiness.ONE_SHOT, "one-shot");
    name(text, Readiness.EXCLUSIVE, "exclusive");
    return text.toString();
  }

  private void name(StringJoiner text, int bit, String name) {
    if ((bits & bit) != 0) {
      text.add(name);
    }
  }
}
