package dev.selkie.cli.queue;

import dev.selkie.kernel.Clock;
import java.util.Comparator;
import java.util.TreeSet;

/** Actions that are due at a time, in the order of their times and, at one time, of creation. */
final class Deadlines {
  private final Clock clock;
  private final TreeSet<Deadline> pending =
      new TreeSet<>(
          Comparator.<Deadline>comparingLong(deadline -> deadline.when)
              .thenComparingLong(deadline -> deadline.sequence));
  private final long origin;
  private long created;

  Deadlines(Clock clock) {
    this.clock = clock;
    this.origin = clock.nanoTime();
  }

  /** An action that waits for its time. */
  final class Deadline {
    /** Nanoseconds after the origin, so that plain comparison holds. */
    private final long when;

    private final long sequence = created++;
    private final Runnable action;

    private Deadline(long when, Runnable action) {
      this.when = when;
      this.action = action;
    }

    /** Forgets the action; does nothing if it has run. */
    void cancel() {
      pending.remove(this);
    }
  }

  /** Runs an action once a number of nanoseconds from now. */
  Deadline after(long nanos, Runnable action) {
    Deadline deadline = new Deadline(now() + nanos, action);
    pending.add(deadline);
    return deadline;
  }

  /** How long until an action is due: 0 if one is, {@link Long#MAX_VALUE} if none waits. */
  long nanosToNext() {
    return pending.isEmpty() ? Long.MAX_VALUE : Math.max(0, pending.first().when - now());
  }

  /** Runs what is due; what these actions add waits for the next call. */
  void runDue() {
    if (pending.isEmpty()) {
      return;
    }
    long now = now();
    long last = created;
    while (!pending.isEmpty()) {
      Deadline first = pending.first();
      if (first.when > now || first.sequence >= last) {
        return;
      }
      pending.remove(first);
      first.action.run();
    }
  }

  private long now() {
    return clock.nanoTime() - origin;
  }
}
