package dev.selkie.backend;

import dev.selkie.descriptor.DescriptorLifetime;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.KeventBatch;
import dev.selkie.kernel.Kqueue;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SystemCallException;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The policy of kqueue(2). */
public final class KqueueBackend implements Backend {
  /*
   * A registration is up to three knotes, one a filter. What changes them goes one of two ways:
   *
   * - at once, with receipts, zero timeout and room for the receipts alone, so that no event is
   *   taken by the way: registering, removing, and what other threads than the waiting one modify;
   * - with the next wait: what the waiting thread modifies, and what a report entails (the sibling
   *   of a one-shot filter that fired is disabled). Slots that wait for it are "late".
   *
   * A late change is "in flight" from the time its list is laid until the wait returns. Another
   * thread that is about to change the same registration, or to close its descriptor, ends that
   * wait first: otherwise the change might come after its own, or reach the number's next owner.
   *
   * A list whose call was interrupted is sent again: whether it was applied or not, nothing was
   * reported in between, and each change can be made twice.
   */
  private static final long LONGEST_WAIT = TimeUnit.DAYS.toNanos(1);
  private static final int NOT_IN_FLIGHT = 0;

  /** The token of a change whose failure nobody needs to know. */
  private static final long NOBODY = 0;

  private final Kernel kernel;
  private final Kqueue kqueue;
  private final DescriptorLifetime queue;
  private final KqueueWaker waker;
  private final int supported;
  private final ReentrantLock lock = new ReentrantLock();
  private final KnoteTable table = new KnoteTable();
  private final HeldEvents held = new HeldEvents();

  // guarded by the lock
  private final KqueueCall now;
  private final Armings late = new Armings(table);
  private int flight;

  /** The list of a wait: laid under the lock, and the waiting thread's until the wait returns. */
  private final KqueueChanges riding;

  /** What was late and is in the list. */
  private final Armings taken = new Armings(table);

  // the waiting thread's
  private final KeventBatch batch;
  private final KqueueEvents events;
  private boolean heldAlone;

  private volatile boolean exported;

  /** The number of the thread that waited last, and whose changes may wait. */
  private volatile long waiter = -1;

  /** The wait whose changes may not have reached the kernel yet. */
  private volatile int inFlight = NOT_IN_FLIGHT;

  private KqueueBackend(Kernel kernel, DescriptorLifetime queue, KqueueWaker waker, int limit) {
    this.kernel = kernel;
    this.kqueue = kernel.kqueue();
    this.queue = queue;
    this.waker = waker;
    this.supported =
        kqueue.has(Kqueue.EVFILT_EXCEPT)
            ? KnoteFilters.ALL
            : KnoteFilters.ALL & ~KnoteFilters.EXCEPT;
    this.now = new KqueueCall(kqueue, queue, table, held);
    // As long as the list of events, so that each change that fails can say so.
    this.riding = new KqueueChanges(kqueue, limit, 0);
    this.batch = kqueue.newBatch(limit);
    this.events = new KqueueEvents(table, limit);
  }

  /**
   * Opens a kqueue and its waker.
   *
   * @param batch how many events a wait returns at most
   */
  public static KqueueBackend open(Kernel kernel, int batch) throws IOException {
    int number = kernel.kqueue().create();
    if (number < 0) {
      throw new SystemCallException("kqueue", "O_CLOEXEC", number, kernel);
    }
    DescriptorLifetime queue =
        DescriptorLifetime.ofFile(kernel, number, "EventQueue", DescriptorLifetime.Ownership.OWNED);
    try {
      return new KqueueBackend(kernel, queue, KqueueWaker.open(kernel, queue), batch);
    } catch (IOException | RuntimeException | Error e) {
      queue.close();
      throw e;
    }
  }

  @Override
  public String name() {
    return "kqueue";
  }

  @Override
  public @Nullable String refusal(int interest, boolean nestedQueue) {
    if ((interest & Readiness.EXCLUSIVE) != 0) {
      return "kqueue has no exclusive interest: every queue is told";
    }
    if ((interest & Readiness.PRIORITY) != 0 && (supported & KnoteFilters.EXCEPT) == 0) {
      return "kqueue on " + kernel.name() + " does not report urgent data: it has no EVFILT_EXCEPT";
    }
    return null;
  }

  @Override
  public boolean removesBeforeClose() {
    return true;
  }

  @Override
  public int add(int descriptor, int interest, long token) {
    lock.lock();
    try {
      int slot = table.ofNumber(descriptor);
      if (slot != KnoteTable.NONE && slot == KnoteTable.slot(token)) {
        endFlight(slot);
        table.setUnknown(slot); // another open file by now, or another queue
      } else {
        if (slot != KnoteTable.NONE) {
          if (isThere(slot)) {
            return Result.EEXIST;
          }
          table.vacate(slot); // closed behind our back, and its knotes with it
        }
        table.settle(token, descriptor);
        slot = KnoteTable.slot(token);
      }
      table.arm(token, interest);
      int result = apply(slot);
      if (result < 0) {
        delete(slot);
        table.vacate(slot);
      }
      return result == Result.ENODEV ? Result.EPERM : result; // a device that nobody waits for
    } finally {
      lock.unlock();
    }
  }

  /**
   * Whether a number is still that of the open file registered by it. The system would overwrite
   * without a word; a change of nothing fails if the knote went with its file.
   */
  private boolean isThere(int slot) {
    endFlight(slot);
    int present = table.present(slot) & supported;
    if (present == 0) {
      return true; // the system was not told of it, and cannot say
    }
    KqueueChanges asked = now.begin();
    long identity = identity(slot);
    for (int filter = 1; filter <= KnoteFilters.ALL; filter <<= 1) {
      if ((present & filter) != 0) {
        asked.ask(slot, table.number(slot), filter, table.applied(slot), identity);
      }
    }
    int missing = 0;
    int answers = send();
    for (int i = 0; i < answers; i++) {
      if (now.error(i) == -Result.ENOENT) {
        missing++;
      }
    }
    return missing < asked.count();
  }

  @Override
  public int modify(int descriptor, int before, int after, long token) {
    lock.lock();
    try {
      int slot = KnoteTable.slot(token);
      if (mayWait()) {
        table.arm(token, after);
        late.add(identity(slot));
        return 0;
      }
      endFlight(slot);
      table.arm(token, after);
      int result = apply(slot);
      if (result == Result.ENODEV) {
        deleteAll(slot, descriptor, supported);
        table.vacate(slot);
        return Result.EPERM;
      }
      if (result < 0) {
        // What there was is asked for again, as the kernel may have lost some of it.
        table.arm(token, before);
        late.add(identity(slot));
        waker.wake();
      }
      return result;
    } finally {
      lock.unlock();
    }
  }

  private boolean mayWait() {
    return !exported && Thread.currentThread().threadId() == waiter && inFlight == NOT_IN_FLIGHT;
  }

  @Override
  public int remove(int descriptor, int interest) {
    lock.lock();
    try {
      int slot = table.ofNumber(descriptor);
      if (slot == KnoteTable.NONE) {
        deleteAll(KnoteTable.NONE, descriptor, supported);
        return 0;
      }
      endFlight(slot);
      int present = table.present(slot) & supported;
      table.vacate(slot);
      deleteAll(slot, descriptor, present);
      return 0;
    } finally {
      lock.unlock();
    }
  }

  private void delete(int slot) {
    deleteAll(slot, table.number(slot), KnoteFilters.of(table.interest(slot)) & supported);
  }

  /** A filter that is not there answers ENOENT, a number that is not open EBADF: both are well. */
  private void deleteAll(int slot, int descriptor, int filters) {
    KqueueChanges deletes = now.begin();
    for (int filter = 1; filter <= KnoteFilters.ALL; filter <<= 1) {
      if ((filters & filter) != 0) {
        deletes.delete(slot, descriptor, filter, NOBODY);
      }
    }
    send();
  }

  /** Tells the kernel of the present interest of a slot, at once. */
  private int apply(int slot) {
    now.begin().lay(table, slot, supported);
    int answers = send();
    if (answers < 0) {
      table.setUnknown(slot);
      return answers;
    }
    for (int i = 0; i < answers; i++) {
      int error = now.error(i);
      if (error == -Result.EPIPE) {
        holdEnd(identity(slot), now.filter(i));
      } else if (error != 0 && error != -Result.ENOENT) {
        table.setUnknown(slot);
        return -error;
      }
    }
    return 0;
  }

  private int send() {
    int before = held.count();
    int answers = now.send();
    if (held.count() > before) {
      tellOfHeld();
    }
    return answers;
  }

  private void hold(long identity, int filter, int bits, int error, boolean lasting) {
    held.add(identity, filter, bits, error, lasting);
    tellOfHeld();
  }

  /** The waiting thread looks at what is held before it waits; another one ends its wait. */
  private void tellOfHeld() {
    if (exported || Thread.currentThread().threadId() != waiter) {
      waker.wake();
    }
  }

  /** A pipe whose other end is gone was not added, on some systems: nobody else will tell of it. */
  private void holdEnd(long identity, int filter) {
    int manner = table.interest(KnoteTable.slot(identity));
    boolean lasting = (manner & (Readiness.EDGE | Readiness.ONE_SHOT)) == 0;
    hold(identity, filter, Kqueue.EV_EOF, 0, lasting);
  }

  /** See to it that no change of the slot is on its way. */
  @SuppressWarnings("ThreadPriorityCheck") // to yield is all: the wait is ending already
  private void endFlight(int slot) {
    int current = inFlight;
    if (current == NOT_IN_FLIGHT || table.flight(slot) != current) {
      return;
    }
    if (Thread.currentThread().threadId() == waiter) {
      riding.revoke(slot, waker); // the call is still to be made
    } else {
      waker.wake();
      while (inFlight == current) {
        Thread.yield();
      }
    }
    table.setUnknown(slot);
  }

  private long identity(int slot) {
    return KqueueEvents.identity(table, slot);
  }

  @Override
  public int await(long timeoutNanos) {
    events.clear();
    int changes = 0;
    long timeout = Math.min(timeoutNanos, LONGEST_WAIT);
    if (waiter != Thread.currentThread().threadId()
        || late.size() + events.due() > 0
        || !held.isEmpty()) {
      changes = prepare();
      heldAlone = !heldAlone && events.isFull() && changes == 0;
      if (heldAlone) {
        return finish();
      }
      timeout = held.isEmpty() && events.count() == 0 ? timeout : 0;
    }
    int n = kqueue.await(queue.number(), riding.batch(), changes, batch, timeout);
    if (changes > 0) {
      inFlight = NOT_IN_FLIGHT;
    }
    if (n < 0) {
      if (changes > 0) {
        takeBack();
      }
      return events.count() > 0 ? finish() : n;
    }
    events.clearDue();
    boolean isEndHeld = false;
    for (int i = 0; i < n; i++) {
      isEndHeld |= take(i);
    }
    if (!held.isEmpty() && !events.isFull() && !isEndHeld) {
      takeHeld(); // another thread has ended this wait to have it told
    }
    return n == 0 && events.count() == 0 ? 0 : finish();
  }

  private int finish() {
    events.finish();
    if (exported && events.due() > 0) {
      prepareNow();
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
      if (error == -Result.EPIPE) {
        lock.lock();
        try {
          holdEnd(identity, filter);
        } finally {
          lock.unlock();
        }
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
   * Gathers what goes with this wait: the changes, and the events that are held.
   *
   * @return how many changes are in the list
   */
  private int prepare() {
    lock.lock();
    try {
      waiter = Thread.currentThread().threadId();
      riding.clear();
      taken.clear();
      for (int i = 0; i < events.due(); i++) {
        layDue(i, riding.room() >= KqueueCall.CAPACITY);
      }
      for (int i = 0; i < late.size(); i++) {
        layLate(late.get(i));
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
      } else {
        events.clearDue();
      }
      return riding.count();
    } finally {
      lock.unlock();
    }
  }

  private void layLate(long identity) {
    if (!KqueueEvents.isPresent(table, identity)) {
      return; // superseded, or ended
    }
    int slot = KnoteTable.slot(identity);
    if (riding.room() < KqueueCall.CAPACITY) {
      int result = apply(slot);
      if (result < 0) {
        held.add(identity, Kqueue.EVFILT_READ, Kqueue.EV_ERROR, -result, false);
      }
      return;
    }
    riding.lay(table, slot, supported);
    taken.add(identity);
  }

  /** What a report entails: silence for the rest of a shot, or the end of file again and again. */
  private void layDue(int index, boolean rides) {
    long identity = events.dueIdentity(index);
    if (!KqueueEvents.isPresent(table, identity)) {
      return; // armed anew, or ended
    }
    int slot = KnoteTable.slot(identity);
    int number = table.number(slot);
    int interest = table.interest(slot);
    KqueueChanges list = rides ? riding : now.begin();
    for (int filter = 1; filter <= KnoteFilters.ALL; filter <<= 1) {
      if ((events.dueFilters(index) & filter) == 0) {
        continue;
      }
      if ((interest & Readiness.ONE_SHOT) != 0) {
        list.disable(slot, number, filter, interest, identity);
      } else {
        list.delete(slot, number, filter, identity);
        list.addLevel(slot, number, identity);
        table.setUnknown(slot);
      }
    }
    if (!rides) {
      send();
    }
  }

  /** The wait failed: what went with it goes with the next one, applied or not. */
  private void takeBack() {
    lock.lock();
    try {
      for (int i = 0; i < taken.size(); i++) {
        if (KqueueEvents.isPresent(table, taken.get(i))) {
          table.setUnknown(KnoteTable.slot(taken.get(i)));
          late.add(taken.get(i));
        }
      }
      taken.clear();
    } finally {
      lock.unlock();
    }
  }

  /** Makes at once what would go with the next wait. */
  private void prepareNow() {
    lock.lock();
    try {
      for (int i = 0; i < events.due(); i++) {
        layDue(i, false);
      }
      events.clearDue();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void exported() {
    lock.lock();
    try {
      exported = true;
      for (int i = 0; i < late.size(); i++) {
        if (KqueueEvents.isPresent(table, late.get(i))) {
          int result = apply(KnoteTable.slot(late.get(i)));
          if (result < 0) {
            hold(late.get(i), Kqueue.EVFILT_READ, Kqueue.EV_ERROR, -result, false);
          }
        }
      }
      late.clear();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean holdsEvents() {
    return !held.isEmpty();
  }

  @Override
  public long token(int index) {
    return events.token(index);
  }

  @Override
  public int rawFlags(int index) {
    return events.flags(index);
  }

  @Override
  public int ready(int index, boolean socket) {
    return events.ready(index);
  }

  @Override
  public void wake() {
    waker.wake();
  }

  @Override
  public void consumeWake() {
    waker.consume();
  }

  @Override
  public DescriptorLifetime descriptor() {
    return queue;
  }

  @Override
  public void rebuild() throws IOException {
    int fresh = kqueue.create();
    if (fresh < 0) {
      throw new SystemCallException("kqueue", "O_CLOEXEC", fresh, kernel);
    }
    Files files = kernel.files();
    try {
      waker.addTo(kernel, fresh);
      int result = files.duplicateTo(fresh, queue.number());
      if (result < 0) {
        throw new SystemCallException("dup3", queue, result, kernel);
      }
    } finally {
      files.close(fresh);
    }
  }

  @Override
  public void close() {
    queue.close();
    waker.close();
    now.close();
    riding.close();
    batch.close();
  }
}
