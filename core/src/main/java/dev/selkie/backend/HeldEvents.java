package dev.selkie.backend;

import dev.selkie.kernel.Kqueue;
import java.util.Arrays;

/**
 * Events that the kernel does not have any more, or never had, and that the next wait reports.
 * Guarded by the backend's lock, but for {@link #isEmpty}.
 */
final class HeldEvents {
  private long[] identities = new long[4];
  private int[] filters = new int[4];
  private int[] flags = new int[4];
  private int[] errors = new int[4];
  private boolean[] lasting = new boolean[4];
  private volatile int count;

  boolean isEmpty() {
    return count == 0;
  }

  /**
   * Adds an event.
   *
   * @param last whether it holds, and is to be told again, as long as its arming does
   */
  void add(long identity, int filter, int bits, int error, boolean last) {
    int n = count;
    if (n == identities.length) {
      identities = Arrays.copyOf(identities, 2 * n);
      filters = Arrays.copyOf(filters, 2 * n);
      flags = Arrays.copyOf(flags, 2 * n);
      errors = Arrays.copyOf(errors, 2 * n);
      lasting = Arrays.copyOf(lasting, 2 * n);
    }
    identities[n] = identity;
    filters[n] = filter;
    flags[n] = bits;
    errors[n] = error;
    lasting[n] = last;
    count = n + 1;
  }

  /** Adds that a change of an arming failed, by a negative code. */
  void addError(long identity, int result) {
    add(identity, Kqueue.EVFILT_READ, Kqueue.EV_ERROR, -result, false);
  }

  /** A pipe whose other end is gone was not added, on some systems: nobody else will tell of it. */
  void addEnd(KnoteTable table, long identity, int filter) {
    int manner = table.interest(KnoteTable.slot(identity));
    boolean last = (manner & (Readiness.EDGE | Readiness.ONE_SHOT)) == 0;
    add(identity, filter, Kqueue.EV_EOF, 0, last);
  }

  /** Moves what the batch has room for there; what lasts stays, behind the others. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // under the backend's lock
  void moveTo(KqueueEvents batch, KnoteTable table) {
    int before = count;
    int moved = 0;
    while (moved < before) {
      int i = moved;
      boolean present =
          identities[i] == Backend.WAKER || KqueueEvents.isPresent(table, identities[i]);
      if (present
          && batch.take(identities[i], filters[i], flags[i], errors[i])
              == KqueueEvents.Taken.NO_ROOM) {
        break;
      }
      if (present && lasting[i]) {
        add(identities[i], filters[i], flags[i], errors[i], true);
      }
      moved++;
    }
    int left = count - moved;
    System.arraycopy(identities, moved, identities, 0, left);
    System.arraycopy(filters, moved, filters, 0, left);
    System.arraycopy(flags, moved, flags, 0, left);
    System.arraycopy(errors, moved, errors, 0, left);
    System.arraycopy(lasting, moved, lasting, 0, left);
    count = left;
  }
}
