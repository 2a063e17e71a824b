package dev.selkie.kernel.kqueue;

import dev.selkie.kernel.ChangeBatch;
import dev.selkie.kernel.Clock;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.KeventBatch;
import dev.selkie.kernel.Kqueue;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.Timers;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** {@link Timers} by a kqueue(2) for each, with one EVFILT_TIMER in it. */
public final class KqueueTimers implements Timers {
  /*
   * The system's timer is relative and of one shot, and set anew after each expiration; the clock
   * says how many there were. What the systems do with periods, with times of day, with long times
   * and with a timer that is added again differs too much to be used: so each is deleted first, is
   * set for a day at most, and a time of day is looked at every ten seconds.
   */
  private static final long LONGEST = TimeUnit.DAYS.toNanos(1);
  private static final long LOOK = TimeUnit.SECONDS.toNanos(10);

  /**
   * What an adjusted clock may gain in the time between two looks; more is a clock that was set.
   */
  private static final long TOLERANCE = TimeUnit.MILLISECONDS.toNanos(100);

  /** Two clocks that are read within this time are read at once. */
  private static final long AT_ONCE = TimeUnit.MILLISECONDS.toNanos(10);

  private static final int TRIES = 8;

  /** The ident of no timer. */
  private static final long UNUSED = 1;

  private static final long NANOS_PER_MILLI = 1_000_000;

  /** Sums of the clock and this do not overflow. */
  private static final long FAR = Long.MAX_VALUE / 4;

  private final Kqueue kqueue;
  private final Clock clock;

  /** By descriptor: what stands there after a close is replaced with the number's next timer. */
  private final AtomicReference<@Nullable Schedule[]> schedules =
      new AtomicReference<>(new @Nullable Schedule[16]);

  /** Timers of a kernel that has this queue and this clock. */
  public KqueueTimers(Kqueue kqueue, Clock clock) {
    this.kqueue = kqueue;
    this.clock = clock;
  }

  @Override
  public int create() {
    int queue = kqueue.create();
    if (queue >= 0) {
      Schedule schedule = new Schedule(queue);
      schedules.updateAndGet(before -> with(before, schedule));
    }
    return queue;
  }

  private static @Nullable Schedule[] with(@Nullable Schedule[] before, Schedule schedule) {
    @Nullable Schedule[] after = Arrays.copyOf(before, Math.max(before.length, 2 * schedule.queue));
    after[schedule.queue] = schedule;
    return after;
  }

  private @Nullable Schedule find(int timer) {
    @Nullable Schedule[] all = schedules.get();
    return timer >= 0 && timer < all.length ? all[timer] : null;
  }

  @Override
  public int set(int timer, long first, long interval, boolean absolute) {
    Schedule schedule = find(timer);
    return schedule == null ? Result.EBADF : schedule.set(first, interval, absolute);
  }

  @Override
  public long expirations(int timer) {
    Schedule schedule = find(timer);
    return schedule == null ? Result.EBADF : schedule.expirations();
  }

  @Override
  public int isTimer(int descriptor) {
    Schedule schedule = find(descriptor);
    return schedule == null ? 0 : schedule.isOpen();
  }

  private long wallNanos() {
    return clock.currentTimeMillis() * NANOS_PER_MILLI;
  }

  /** The time of day less the monotonic clock, read at once if the machine lets it. */
  private long difference() {
    long before = clock.nanoTime();
    for (int i = 0; ; i++) {
      long wall = wallNanos();
      long after = clock.nanoTime();
      if (after - before < AT_ONCE || i == TRIES) {
        return wall - after;
      }
      before = after;
    }
  }

  /** When a timer expires next; used by one thread at a time. */
  private final class Schedule {
    private final int queue;
    private final ChangeBatch changes = kqueue.newChanges(2);
    private final KeventBatch events = kqueue.newBatch(2);
    private final AtomicBoolean taken = new AtomicBoolean();
    private boolean armed;
    private boolean absolute;
    private long interval;

    /** By the clock that it goes by. */
    private long next;

    /** The {@link #difference} at the last look. */
    private long difference;

    Schedule(int queue) {
      this.queue = queue;
    }

    /** Whoever holds it makes system calls that do not block. */
    @SuppressWarnings("ThreadPriorityCheck") // to yield is all: the holder is running already
    private void enter() {
      while (!taken.compareAndSet(false, true)) {
        if (Thread.currentThread().isVirtual()) {
          Thread.onSpinWait(); // a yield would unmount it
        } else {
          Thread.yield();
        }
      }
    }

    private void exit() {
      taken.set(false);
    }

    int set(long first, long period, boolean byTimeOfDay) {
      enter();
      try {
        armed = first >= 0;
        absolute = byTimeOfDay;
        interval = period;
        if (!armed) {
          return change(1, -1);
        }
        if (absolute) {
          // Looked at in milliseconds, so that it is due in one.
          next = Math.ceilDiv(Math.min(first, FAR), NANOS_PER_MILLI) * NANOS_PER_MILLI;
          difference = difference();
        } else {
          next = clock.nanoTime() + Math.min(first, FAR);
        }
        return arm();
      } finally {
        exit();
      }
    }

    long expirations() {
      enter();
      try {
        int fired = kqueue.await(queue, null, 0, events, 0);
        if (fired < 0) {
          return fired;
        }
        if (armed && absolute && wasSet()) {
          armed = false;
          return Result.ECANCELED;
        }
        return armed && fired > 0 ? due() : Result.EAGAIN;
      } finally {
        exit();
      }
    }

    /** By a change of nothing: the number may have been closed, and be another file's by now. */
    int isOpen() {
      enter();
      try {
        int gone = Kqueue.EV_DELETE | Kqueue.EV_RECEIPT;
        changes.set(0, UNUSED, Kqueue.EVFILT_TIMER, gone, 0, 0, 0);
        int result = kqueue.change(queue, changes, 1, events);
        return result == Result.EBADF ? 0 : result < 0 && result != Result.EINTR ? result : 1;
      } finally {
        exit();
      }
    }

    private boolean wasSet() {
      long before = difference;
      difference = difference();
      return Math.abs(difference - before) > TOLERANCE;
    }

    private long due() {
      long late = now() - next;
      if (late < 0) {
        int result = arm();
        return result < 0 ? result : Result.EAGAIN;
      }
      if (interval == 0) {
        armed = false;
        return 1;
      }
      long count = 1 + late / interval;
      next += Math.min(count * interval, FAR);
      int result = arm();
      return result < 0 ? result : count;
    }

    private long now() {
      return absolute ? wallNanos() : clock.nanoTime();
    }

    private int arm() {
      return change(2, Math.clamp(next - now(), 1, absolute ? LOOK : LONGEST));
    }

    /** Deletes the system's timer, and sets it with the second change. */
    private int change(int count, long nanos) {
      int manner = Kqueue.EV_ADD | Kqueue.EV_ONESHOT | Kqueue.EV_RECEIPT;
      changes.set(0, 0, Kqueue.EVFILT_TIMER, Kqueue.EV_DELETE | Kqueue.EV_RECEIPT, 0, 0, 0);
      changes.set(1, 0, Kqueue.EVFILT_TIMER, manner, Kqueue.NOTE_NSECONDS, nanos, 0);
      int answers = kqueue.change(queue, changes, count, events);
      if (answers == Result.EINTR) {
        return 0; // the changes were made
      }
      for (int i = 0; i < answers; i++) {
        int error = events.error(i);
        if (error != 0 && error != Errno.ENOENT.number()) {
          return -error;
        }
      }
      return Math.min(answers, 0);
    }
  }
}
