package dev.selkie.runtime;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The pending deadlines of one thread, handed out in the order of their times, and those of one
 * time in the order in which they were armed.
 *
 * <p>Times are nanoseconds of a clock of any origin, as {@link System#nanoTime()} is: they are
 * compared by their difference to the time of the wheel, so that a deadline may lie 2<sup>63</sup>
 * ns, 292 years, before or after it. Arming and cancelling take constant time. Nothing is
 * allocated.
 *
 * <p>Not thread-safe: one thread owns it.
 */
@SuppressWarnings("ReferenceEquality") // which deadline it is, not what it is like
final class TimerWheel {
  /*
   * A hierarchical timing wheel, scheme 7 of Varghese and Lauck, "Hashed and Hierarchical Timing
   * Wheels" (SOSP 1987), on the time in nanoseconds since the origin as a number of eleven digits
   * of six bits. The wheel has reached a time, called elapsed. A later time belongs to the level of
   * the highest digit in which it differs from elapsed, and there to the slot of its own digit.
   * Its higher digits are those of elapsed and its digit is greater, so whatever is on a level is
   * earlier than all of the levels above, and on one level the slots are in order of time: the
   * first slot of the lowest level in use holds the next deadline.
   *
   * Each slot keeps bounds of its times. When the earliest has come, elapsed becomes that time, and
   * the slot is scattered over the levels below, what equals it is due. If both bounds are equal,
   * all of the slot is due at once and no deadline is touched. Elapsed goes from one such time to
   * the next, there are no ticks. A deadline is scattered at most once a level.
   *
   * Where a deadline belongs is a function of its time and elapsed alone, and there it is at any
   * moment, because a slot is scattered when elapsed comes to have its digits. So those of one time
   * are in one list, and as an armed one is appended, they are there in the order of arming.
   * Scattering takes a list from its end and puts each before what is in its new slot. That keeps
   * their order, and as the levels below were empty, puts them before whatever is armed into these
   * slots from now on, even before the scattering has ended. Therefore it may be done in parts, and
   * a slot of a million deadlines does not hold up the thread.
   *
   * Those that are due at elapsed are in one more list. Those armed for a time before it are in a
   * last one, which is sorted. That is rare: elapsed goes on only when all before it is handed out.
   *
   * A list ends in null and its head is its own predecessor: a collector's barrier makes a stored
   * reference to another part of the heap dear, and of this form each move stores three.
   *
   * A cancelled deadline leaves the bounds of its slot as they were; they are then wider than the
   * slot's times, and elapsed may stop at a time at which nothing is due.
   */

  private static final int DIGIT = 6;
  private static final int SLOTS = 1 << DIGIT;
  private static final int LEVELS = (Long.SIZE + DIGIT - 1) / DIGIT;
  private static final int DUE = LEVELS * SLOTS;
  private static final int OVERDUE = DUE + 1;

  /** Deadlines that one call scatters at most. */
  private static final int PART = 1024;

  private final int part;

  /** The first and the last of each list. */
  private final @Nullable Deadline[] heads = new Deadline[OVERDUE + 1];

  private final @Nullable Deadline[] tails = new Deadline[OVERDUE + 1];

  /** Bounds of the times of each slot in use, since the origin. */
  private final long[] earliest = new long[DUE];

  private final long[] latest = new long[DUE];

  /** The slots in use of each level, and the levels in use, a bit each. */
  private final long[] slots = new long[LEVELS];

  private int levels;

  /** The last of the list that is being scattered. */
  private @Nullable Deadline scattering;

  private long origin;
  private long elapsed;
  private long now;
  private int size;

  /** A wheel at a time of its clock. */
  TimerWheel(long now) {
    this(now, PART);
  }

  /** One that scatters so many deadlines a call. */
  TimerWheel(long now, int part) {
    this.now = now;
    this.origin = now;
    this.part = part;
  }

  /**
   * Arms a deadline for a time, which may have passed: then it is due at once, after those due with
   * an earlier or the same time.
   *
   * <p>If the time is before that of a deadline which was handed out already, the call takes a step
   * for each one that is pending between these two.
   *
   * @throws IllegalStateException if it is armed
   */
  void arm(Deadline deadline, long nanos) {
    if (deadline.isArmed()) {
      throw new IllegalStateException("the deadline is armed already");
    }
    deadline.nanos = nanos;
    int list = listOf(nanos);
    if (list == OVERDUE) {
      insert(deadline);
    } else {
      append(deadline, list);
    }
    size++;
  }

  /**
   * Takes a deadline back that is armed in this wheel, and be it overdue.
   *
   * @return false if it is not armed
   */
  boolean cancel(Deadline deadline) {
    if (!deadline.isArmed()) {
      return false;
    }
    if (deadline == scattering) {
      scattering = before(deadline);
    } else {
      release(deadline, listOf(deadline.nanos));
    }
    unlink(deadline);
    size--;
    return true;
  }

  /** Takes all deadlines back, and returns them in their order; the time of the wheel stays. */
  List<Deadline> drain() {
    List<Deadline> all = new ArrayList<>(size);
    long time = now;
    while (!isEmpty()) {
      advance(nearest());
      Deadline next = poll();
      if (next != null) {
        all.add(next);
      }
    }
    now = time;
    origin = time;
    elapsed = 0;
    return all;
  }

  /** Sets the time of the wheel; one before that which it has is ignored. */
  void advance(long now) {
    if (now - this.now > 0) {
      this.now = now;
      if (isEmpty()) {
        origin = now;
        elapsed = 0;
      }
    }
  }

  /**
   * Hands out the next deadline that is due; it is not armed any more.
   *
   * @return null if none is due, or if the next one is not found yet: then {@link #nearest()} is
   *     not after the time of the wheel, and the thread should come again when it has done what
   *     else there is
   */
  @Nullable Deadline poll() {
    int left = part;
    while (heads[OVERDUE] == null && (heads[DUE] == null || scattering != null)) {
      if (scattering == null && !reachNext()) {
        return null;
      }
      left = scatter(left);
      if (scattering != null) {
        return null;
      }
    }
    int list = heads[OVERDUE] == null ? DUE : OVERDUE;
    Deadline deadline = Objects.requireNonNull(heads[list]);
    release(deadline, list);
    unlink(deadline);
    size--;
    return deadline;
  }

  /** Whether no deadline is armed. */
  boolean isEmpty() {
    return size == 0;
  }

  /** How many deadlines are armed, with those that are due. */
  int size() {
    return size;
  }

  /**
   * The time before which nothing is due: that of the next deadline, or an earlier one if others
   * were cancelled.
   *
   * @throws IllegalStateException if no deadline is armed
   */
  long nearest() {
    Deadline overdue = heads[OVERDUE];
    if (overdue != null) {
      return overdue.nanos;
    }
    if (scattering != null || heads[DUE] != null) {
      return origin + elapsed;
    }
    if (levels == 0) {
      throw new IllegalStateException("no deadline is armed");
    }
    return origin + earliest[firstSlot()];
  }

  /**
   * About how many deadlines are due at a time, for any thread: while the owner goes on it may be
   * wrong, but it ends after so many steps.
   */
  int estimateDue(long time, int most) {
    int due = 0;
    int seen = 0;
    for (Deadline head : heads) {
      for (Deadline one = head; one != null && seen < most; one = one.next) {
        due += one.nanos - time <= 0 ? 1 : 0;
        seen++;
      }
    }
    return due;
  }

  /** Where a time belongs. */
  private int listOf(long nanos) {
    long time = nanos - origin;
    if (time == elapsed) {
      return DUE;
    }
    // A time before the wheel's is small enough to be compared with its sign, and may be negative;
    // one after it may be so great that it seems so.
    if (nanos - now <= 0 && time < elapsed) {
      return OVERDUE;
    }
    int level = (Long.SIZE - 1 - Long.numberOfLeadingZeros(time ^ elapsed)) / DIGIT;
    return level * SLOTS + (int) (time >>> (level * DIGIT) & (SLOTS - 1));
  }

  private int firstSlot() {
    int level = Integer.numberOfTrailingZeros(levels);
    return level * SLOTS + Long.numberOfTrailingZeros(slots[level]);
  }

  private void append(Deadline deadline, int list) {
    Deadline tail = tails[list];
    if (tail == null) {
      begin(deadline, list);
      return;
    }
    tail.next = deadline;
    deadline.previous = tail;
    tails[list] = deadline;
    widen(deadline, list);
  }

  private void prepend(Deadline deadline, int list) {
    Deadline head = heads[list];
    if (head == null) {
      begin(deadline, list);
      return;
    }
    head.previous = deadline;
    deadline.next = head;
    deadline.previous = deadline;
    heads[list] = deadline;
    widen(deadline, list);
  }

  private void begin(Deadline deadline, int list) {
    deadline.previous = deadline;
    heads[list] = deadline;
    tails[list] = deadline;
    if (list < DUE) {
      long time = deadline.nanos - origin;
      earliest[list] = time;
      latest[list] = time;
      int level = list / SLOTS;
      slots[level] |= 1L << list;
      levels |= 1 << level;
    }
  }

  private void widen(Deadline deadline, int list) {
    if (list < DUE) {
      // No slot lies across 2^63, so that comparisons with the sign are right within it.
      long time = deadline.nanos - origin;
      earliest[list] = Math.min(earliest[list], time);
      latest[list] = Math.max(latest[list], time);
    }
  }

  /** Puts a deadline among the overdue, behind those of the same time. */
  private void insert(Deadline deadline) {
    Deadline previous = tails[OVERDUE];
    while (previous != null && previous.nanos - deadline.nanos > 0) {
      previous = before(previous);
    }
    if (previous == null) {
      prepend(deadline, OVERDUE);
      return;
    }
    Deadline next = previous.next;
    if (next == null) {
      append(deadline, OVERDUE);
      return;
    }
    deadline.previous = previous;
    deadline.next = next;
    previous.next = deadline;
    next.previous = deadline;
  }

  /** Goes from the ends of a list, if it is there. */
  private void release(Deadline deadline, int list) {
    if (tails[list] == deadline) {
      tails[list] = before(deadline);
    }
    if (heads[list] == deadline) {
      heads[list] = deadline.next;
      if (deadline.next == null && list < DUE) {
        vacate(list);
      }
    }
  }

  private static void unlink(Deadline deadline) {
    Deadline previous = before(deadline);
    Deadline next = deadline.next;
    if (previous != null) {
      previous.next = next;
    }
    if (next != null) {
      next.previous = previous == null ? next : previous;
    }
    deadline.previous = null;
    deadline.next = null;
  }

  private static @Nullable Deadline before(Deadline deadline) {
    return deadline.previous == deadline ? null : deadline.previous;
  }

  private void vacate(int slot) {
    int level = slot / SLOTS;
    slots[level] &= ~(1L << slot);
    if (slots[level] == 0) {
      levels &= ~(1 << level);
    }
  }

  /** Goes to the earliest time of the first slot if it has come, and begins to scatter the slot. */
  private boolean reachNext() {
    if (levels == 0) {
      return false;
    }
    int slot = firstSlot();
    if (Long.compareUnsigned(earliest[slot], now - origin) > 0) {
      return false;
    }
    elapsed = earliest[slot];
    if (latest[slot] == elapsed) {
      heads[DUE] = heads[slot];
      tails[DUE] = tails[slot];
    } else {
      scattering = tails[slot];
    }
    heads[slot] = null;
    tails[slot] = null;
    vacate(slot);
    return true;
  }

  /** Scatters so many deadlines at most, and returns how many are left of that number. */
  private int scatter(int most) {
    int left = most;
    Deadline last = scattering;
    while (last != null && left > 0) {
      Deadline previous = before(last);
      last.next = null;
      prepend(last, listOf(last.nanos));
      last = previous;
      left--;
    }
    if (last != null) {
      last.next = null;
    }
    scattering = last;
    return left;
  }
}
