package dev.selkie.backend;

import dev.selkie.descriptor.DescriptorLifetime;
import dev.selkie.kernel.KeventBatch;
import dev.selkie.kernel.Kqueue;
import dev.selkie.kernel.Result;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;

/** The wait on a kqueue, with the changes that ride on it and the events that it takes. */
final class KqueueWait {
  /*
   * A change that rides on a wait goes through these states, in which its arming is in one list:
   *
   *    the waiting thread modifies             an event entails a change
   *            |                                         |
   *            v                                         v
   *          LATE                                       DUE
   *            |  prepare, under the lock                |
   *            +--------------------+--------------------+
   *            |                    | no room in the list, or the queue is exported
   *            v                    v
   *    TAKEN, in flight         made at once
   *            |   |   \
   *   the wait |   |    \ another thread is about to change the slot: the wait is ended first; the
   *   returns  |   |     \ waiting thread itself, before the call: the change is revoked
   *            v   |      v
   *          made  |     not known what the kernel has: all is made anew
   *                | the wait fails or throws
   *                v
   *          LATE or DUE again
   *
   * In flight is what was laid in the list, from then until the wait returns. Otherwise a change
   * might come after a later one of another thread, or reach the number's next owner.
   *
   * A list whose call was interrupted is sent again: whether it was applied or not, nothing was
   * reported in between, and each change can be made twice.
   */
  private static final long LONGEST_WAIT = TimeUnit.DAYS.toNanos(1);
  private static final int NOT_IN_FLIGHT = 0;

  /** Stands in {@link #taken} for the interest as a whole: what was late, and not due. */
  private static final int WHOLE = 0;

  private final Kqueue kqueue;
  private final DescriptorLifetime queue;
  private final KnoteTable table;
  private final HeldEvents held;
  private final KqueueCall now;
  private final KqueueWaker waker;
  private final KqueueWaiter waiter;
  private final ReentrantLock lock;

  // guarded by the lock
  private final Armings late;
  private final Armings due;
  private final Armings taken;
  private int flight;

  /** The list of a wait: laid under the lock, and the waiting thread's until the wait returns. */
  private final KqueueChanges riding;

  // the waiting thread's
  private final KeventBatch batch;
  private final KqueueEvents events;
  private boolean heldAlone;

  /** The batch holds events that a wait which threw has not told. */
  private boolean untold;

  /** The wait whose changes may not have reached the kernel yet. */
  private volatile int inFlight = NOT_IN_FLIGHT;

  KqueueWait(KqueueShared shared, KqueueCall now, int limit) {
    this.kqueue = shared.kqueue();
    this.queue = shared.queue();
    this.table = shared.table();
    this.held = shared.held();
    this.now = now;
    this.waker = shared.waker();
    this.waiter = shared.waiter();
    this.lock = shared.lock();
    this.late = new Armings(table);
    this.due = new Armings(table);
    this.taken = new Armings(table);
    this.events = new KqueueEvents(table, limit);
    // As long as the list of events, so that each change that fails can say so.
    this.riding = new KqueueChanges(kqueue, limit, 0);
    try {
      this.batch = kqueue.newBatch(limit);
    } catch (RuntimeException | Error e) {
      riding.close();
      throw e;
    }
  }

  /** The batch of the last wait. */
  KqueueEvents events() {
    return events;
  }

  /** Whether a change of the calling thread may go with its next wait. */
  boolean mayRide() {
    return !waiter.isExported() && waiter.isCurrent() && inFlight == NOT_IN_FLIGHT;
  }

  /** Has the present interest of a slot go with the next wait. */
  void add(int slot) {
    assert lock.isHeldByCurrentThread();
    late.add(KqueueEvents.identity(table, slot), WHOLE);
  }

  /** Makes at once what would go with the next wait. */
  void flush() {
    assert lock.isHeldByCurrentThread();
    for (int i = 0; i < due.size(); i++) {
      if (KqueueEvents.isPresent(table, due.identity(i))) {
        now.settle(KnoteTable.slot(due.identity(i)), due.filters(i));
      }
    }
    due.clear();
    for (int i = 0; i < late.size(); i++) {
      if (KqueueEvents.isPresent(table, late.identity(i))) {
        now.applyOrTell(KnoteTable.slot(late.identity(i)));
      }
    }
    late.clear();
  }

  /** Drops what would go with the next wait. */
  void clear() {
    assert lock.isHeldByCurrentThread();
    late.clear();
    due.clear();
    taken.clear();
  }

  /** Sees to it that no change of a slot is on its way. */
  @SuppressWarnings("ThreadPriorityCheck") // to yield is all: the wait is ending already
  void endFlight(int slot) {
    assert lock.isHeldByCurrentThread();
    int current = inFlight;
    if (current == NOT_IN_FLIGHT || table.flight(slot) != current) {
      return;
    }
    if (waiter.isCurrent()) {
      riding.revoke(slot, waker); // the call is still to be made
    } else {
      waker.wake();
      while (inFlight == current) {
        Thread.yield();
      }
    }
    table.setUnknown(slot);
  }

  /** Waits; see {@link Backend#await}. */
  int await(long timeoutNanos) {
    if (!untold) {
      events.clear();
    }
    int changes = 0;
    if (!waiter.isCurrent() || late.size() + due.size() > 0 || !held.isEmpty()) {
      changes = prepare();
      heldAlone = !heldAlone && events.isFull() && changes == 0;
      if (heldAlone) {
        return finish();
      }
    }
    boolean mustAskOnly = !held.isEmpty() || events.count() > 0;
    int n = ask(changes, mustAskOnly ? 0 : Math.min(timeoutNanos, LONGEST_WAIT));
    if (n < 0) {
      return events.count() > 0 ? finish() : n;
    }
    boolean isEndHeld = false;
    for (int i = 0; i < n; i++) {
      isEndHeld |= take(i);
    }
    if (!held.isEmpty() && !events.isFull() && !isEndHeld) {
      takeHeld(); // another thread has ended this wait to have it told
    }
    return n == 0 && events.count() == 0 ? 0 : finish();
  }

  private int ask(int changes, long timeout) {
    untold = events.count() > 0;
    int n = Result.EINTR;
    try {
      n = kqueue.await(queue.number(), riding.batch(), changes, batch, timeout);
      untold = false;
      return n;
    } finally {
      if (changes > 0) {
        inFlight = NOT_IN_FLIGHT; // first and without the lock, which may be held by who waits
        if (n < 0) {
          takeBack();
        }
      }
    }
  }

  private int finish() {
    untold = false;
    events.finish(due, lock);
    if (waiter.isExported() && due.size() > 0) {
      lock.lock();
      try {
        flush();
      } finally {
        lock.unlock();
      }
    }
    return events.count() > 0 ? events.count() : Result.EINTR; // nothing to tell: wait on
  }

  private void takeHeld() {
    lock.lock();
    try {
      held.moveTo(events, table);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Takes an event of the batch.
   *
   * @return whether it is held for the next wait, where the kernel's own may be the same event
   */
  private boolean take(int index) {
    int bits = batch.flags(index);
    int error = batch.error(index);
    long identity = batch.token(index);
    int filter = batch.filter(index);
    if ((bits & Kqueue.EV_ERROR) != 0) {
      if (error == -Result.ENOENT || error == 0) {
        return false; // the delete of what was not there, a receipt
      }
      if (takeFailure(identity, filter, error)) {
        return true;
      }
    }
    if (events.take(identity, filter, bits, error) == KqueueEvents.Taken.NO_ROOM
        && KqueueEvents.isOnce(table, identity)) {
      lock.lock();
      try {
        held.add(identity, filter, bits, error, false);
      } finally {
        lock.unlock();
      }
    }
    return false;
  }

  /**
   * Takes that a change failed: it is not known then what the kernel has.
   *
   * @return whether it means the end of a pipe, which is held
   */
  private boolean takeFailure(long identity, int filter, int error) {
    lock.lock();
    try {
      if (!KqueueEvents.isPresent(table, identity)) {
        return false;
      }
      if (error == -Result.EPIPE) {
        held.addEnd(table, identity, filter);
        return true;
      }
      table.setUnknown(KnoteTable.slot(identity));
      return false;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Gathers what goes with this wait: the changes, and the events that are held.
   *
   * @return how many changes are in the list
   */
  private int prepare() {
    lock.lock();
    try {
      waiter.begin();
      riding.clear();
      taken.clear();
      for (int i = 0; i < due.size(); i++) {
        layDue(due.identity(i), due.filters(i));
      }
      due.clear();
      for (int i = 0; i < late.size(); i++) {
        layLate(late.identity(i));
      }
      late.clear();
      if (!heldAlone) {
        held.moveTo(events, table);
      }
      if (riding.count() > 0) {
        flight = flight == Integer.MAX_VALUE ? 1 : flight + 1;
        for (int i = 0; i < riding.count(); i++) {
          table.setFlight(riding.slot(i), flight);
        }
        inFlight = flight;
      }
      return riding.count();
    } finally {
      lock.unlock();
    }
  }

  private void layDue(long identity, int filters) {
    if (!KqueueEvents.isPresent(table, identity)) {
      return; // armed anew, or ended
    }
    int slot = KnoteTable.slot(identity);
    if (riding.room() < KqueueCall.CAPACITY) {
      now.settle(slot, filters);
      return;
    }
    riding.layDue(table, slot, filters);
    taken.add(identity, filters);
  }

  private void layLate(long identity) {
    if (!KqueueEvents.isPresent(table, identity)) {
      return; // superseded, or ended
    }
    int slot = KnoteTable.slot(identity);
    if (riding.room() < KqueueCall.CAPACITY) {
      now.applyOrTell(slot);
      return;
    }
    riding.lay(table, slot, now.supported());
    taken.add(identity, WHOLE);
  }

  /** The wait failed: what went with it goes with the next one, applied or not. */
  private void takeBack() {
    lock.lock();
    try {
      for (int i = 0; i < taken.size(); i++) {
        long identity = taken.identity(i);
        if (!KqueueEvents.isPresent(table, identity)) {
          continue;
        }
        if (taken.filters(i) == WHOLE) {
          table.setUnknown(KnoteTable.slot(identity));
          late.add(identity, WHOLE);
        } else {
          due.add(identity, taken.filters(i));
        }
      }
      taken.clear();
    } finally {
      lock.unlock();
    }
  }

  void close() {
    riding.close();
    batch.close();
  }
}
