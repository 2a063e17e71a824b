package dev.selkie.simulation;

import dev.selkie.kernel.Epoll;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.EventBatch;
import dev.selkie.kernel.Result;
import dev.selkie.simulation.KeventAbi.Filter;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A simulated kqueue(2).
 *
 * <p>It works as the BSDs' do: an arrival puts a filter at the end of the active list; a wait asks
 * each in turn whether it still holds, and puts what is level-triggered back at the end.
 */
final class KqueueInstance extends OpenFile {
  /** A change with these flags alone makes or moves nothing. */
  private static final int MANNERS =
      KeventAbi.EV_CLEAR | KeventAbi.EV_ONESHOT | KeventAbi.EV_DISPATCH;

  private final KeventAbi abi;
  private final WaitPoint point;
  private final List<Knote> knotes = new ArrayList<>();
  private @Nullable Knote first;
  private @Nullable Knote last;
  private int activeCount;
  private long rounds;

  KqueueInstance(SimulatedKernel kernel, KeventAbi abi) {
    super(kernel);
    this.abi = abi;
    this.point = new WaitPoint(network, kernel, this);
  }

  @Override
  String kind() {
    return "kqueue";
  }

  /** Makes one change: 0, or the negative code of what is wrong with it. */
  int change(long ident, @Nullable Filter filter, int flags, int fflags, long data, long udata) {
    if (filter == null) {
      return Result.EINVAL;
    }
    OpenFile file = !filter.watchesFile() ? this : kernel.table().get((int) ident);
    if (file == null) {
      return Result.EBADF;
    }
    Knote knote = find(ident, filter);
    if (knote == null) {
      if ((flags & KeventAbi.EV_ADD) == 0) {
        return Result.ENOENT;
      }
      int refusal = refusal(file, ident, filter, fflags, data);
      if (refusal != 0) {
        return refusal;
      }
      // The end of a process comes once.
      int manner = filter == Filter.PROCESS ? KeventAbi.EV_ONESHOT : 0;
      knote = new Knote(this, file, ident, filter, (flags & MANNERS) | manner);
      knotes.add(knote);
      if (filter == Filter.PROCESS) {
        knote.watch(Objects.requireNonNull(kernel.findProcess((int) ident)));
      }
      if (filter.watchesFile()) {
        file.observe(knote);
      }
      set(knote, flags, fflags, data, udata);
      tellIfHolds(knote);
      return isBroken(file, filter) && abi.complainsOfBrokenPipes() ? Codes.EPIPE : 0;
    }
    if ((flags & KeventAbi.EV_DELETE) != 0) {
      if (filter.watchesFile()) {
        file.unobserve(knote);
      }
      forget(knote);
      return 0;
    }
    if (filter == Filter.TIMER
        && (flags & KeventAbi.EV_ADD) != 0
        && abi.timerNanos(fflags, data) < 0) {
      return Result.EINVAL;
    }
    set(knote, flags, fflags, data, udata);
    if (!filter.watchesFile() || (knote.manner & KeventAbi.EV_CLEAR) == 0 || abi.tellsEdgeAgain()) {
      tellIfHolds(knote);
    }
    return 0;
  }

  private void set(Knote knote, int flags, int fflags, long data, long udata) {
    knote.udata = udata;
    knote.data = data;
    knote.notes = fflags;
    if (knote.filter == Filter.USER) {
      knote.triggered |= (fflags & KeventAbi.NOTE_TRIGGER) != 0;
    }
    boolean timed = knote.filter == Filter.TIMER && (flags & KeventAbi.EV_ADD) != 0;
    if (timed && !(knote.runs() && abi.keepsRunningTimers())) {
      unlist(knote); // what it had to tell is gone
      knote.start(abi.timerNanos(fflags, data));
    }
    if ((flags & KeventAbi.EV_DISABLE) != 0) {
      knote.disabled = true;
      unlist(knote);
    } else if ((flags & (KeventAbi.EV_ADD | KeventAbi.EV_ENABLE)) != 0) {
      knote.disabled = false;
    }
  }

  private int refusal(OpenFile file, long ident, Filter filter, int fflags, long data) {
    if (filter == Filter.PROCESS) {
      SimulatedProcess process = kernel.findProcess((int) ident);
      boolean there = process != null && (!process.hasEnded() || abi.watchesZombies());
      return there ? 0 : -Errno.ESRCH.number();
    }
    if (filter == Filter.TIMER) {
      return (int) Math.min(abi.timerNanos(fflags, data), 0);
    }
    if (filter == Filter.VNODE) {
      return file instanceof OrdinaryFile || file instanceof FolderFile ? 0 : Result.EINVAL;
    }
    if (file instanceof KqueueInstance inner && filter.watchesFile()) {
      return filter != Filter.READ || inner.reaches(this) ? Result.EINVAL : 0;
    }
    if (file instanceof OrdinaryFile ordinary
        && (filter == Filter.EXCEPT || (ordinary.isDevice() && abi == KeventAbi.FREEBSD))) {
      return Codes.ENODEV;
    }
    return isBroken(file, filter) && abi.refusesBrokenPipes() ? Codes.EPIPE : 0;
  }

  private static boolean isBroken(OpenFile file, Filter filter) {
    return filter == Filter.WRITE && file instanceof PipeEnd && file.isWriteEnded();
  }

  private boolean reaches(KqueueInstance target) {
    if (this == target) {
      return true;
    }
    for (Knote knote : knotes) {
      if (knote.filter.watchesFile()
          && knote.file instanceof KqueueInstance inner
          && inner.reaches(target)) {
        return true;
      }
    }
    return false;
  }

  /** Whether the filter is there: an answer to a change of it is forgotten on some systems. */
  boolean has(long ident, @Nullable Filter filter) {
    return filter != null && find(ident, filter) != null;
  }

  private @Nullable Knote find(long ident, Filter filter) {
    for (Knote knote : knotes) {
      if (knote.ident == ident && knote.filter == filter) {
        return knote;
      }
    }
    return null;
  }

  /** Takes a filter, which observes no more, out of the queue. */
  void forget(Knote knote) {
    knotes.remove(knote);
    knote.stop();
    unlist(knote);
  }

  /** A number is closed: its filters go with it, though a duplicate of it may live on. */
  static void numberClosed(OpenFile file, int number) {
    Observer observer = file.firstObserver();
    while (observer != null) {
      Observer next = observer.next;
      if (observer instanceof Knote knote && knote.ident == number) {
        file.unobserve(knote);
        knote.queue.forget(knote);
      }
      observer = next;
    }
  }

  private void tellIfHolds(Knote knote) {
    if (!knote.disabled && knote.holds()) {
      activate(knote);
    }
  }

  /** Puts a filter on the active list; whether a waiter was woken. */
  boolean activate(Knote knote) {
    if (!isListed(knote)) {
      list(knote);
    }
    boolean woken = point.wake();
    if (isObserved()) {
      arrived(Epoll.IN);
    }
    return woken;
  }

  /** Who waits for events, in memory of its own. */
  Collector collector(MemorySegment memory, int capacity) {
    return new Collector() {
      @Override
      public int collect(@Nullable EventBatch batch) {
        return KqueueInstance.this.collect(memory, capacity);
      }

      @Override
      public WaitPoint waitPoint() {
        return point;
      }
    };
  }

  private int collect(MemorySegment memory, int capacity) {
    List<Knote> reports = new ArrayList<>();
    rounds++;
    int look = activeCount;
    while (look-- > 0 && reports.size() < capacity) {
      Knote knote = Objects.requireNonNull(first);
      unlist(knote);
      if (knote.holds()) {
        knote.reported = rounds;
        reports.add(knote);
        if ((knote.manner & (KeventAbi.EV_CLEAR | KeventAbi.EV_ONESHOT | KeventAbi.EV_DISPATCH))
            == 0) {
          list(knote);
        }
      }
    }
    if (reports.size() < capacity && network.takes(Freedom.SPURIOUS_EVENTS)) {
      addSpurious(reports);
    }
    if (reports.size() > 1 && network.takes(Freedom.BATCH_ORDER)) {
      shuffle(reports);
    }
    for (int i = 0; i < reports.size(); i++) {
      report(memory, i, reports.get(i));
    }
    if (activeCount > 0 && point.waiting > 1) {
      point.wake(); // another thread may have the rest
    }
    return reports.size();
  }

  private void addSpurious(List<Knote> reports) {
    int size = knotes.size();
    int start = size == 0 ? 0 : network.random().below(size);
    for (int i = 0; i < size; i++) {
      Knote knote = knotes.get((start + i) % size);
      boolean direction = knote.filter == Filter.READ || knote.filter == Filter.WRITE;
      if (direction && !knote.disabled && knote.reported != rounds && !isListed(knote)) {
        knote.reported = rounds;
        reports.add(knote);
        return;
      }
    }
  }

  private void shuffle(List<Knote> reports) {
    for (int i = reports.size() - 1; i > 0; i--) {
      int j = network.random().below(i + 1);
      Knote knote = reports.get(i);
      reports.set(i, reports.get(j));
      reports.set(j, knote);
    }
  }

  private void report(MemorySegment memory, int index, Knote knote) {
    int flags = knote.manner;
    int notes = 0;
    if (knote.isAtEnd()) {
      flags |= KeventAbi.EV_EOF;
      notes = abi.number(knote.file.pendingError());
    } else if (knote.filter == Filter.VNODE) {
      notes = knote.happened;
    } else if (knote.filter == Filter.EXCEPT) {
      notes = abi.urgent;
    } else if (knote.filter == Filter.PROCESS) {
      notes = KeventAbi.NOTE_EXIT;
    }
    abi.write(
        memory,
        index,
        knote.ident,
        abi.number(knote.filter),
        flags,
        notes,
        knote.value(),
        knote.udata);
    if (network.isTraced()) {
      network.trace(kernel.hostName(), "kevent " + knote.ident + " " + knote.filter);
    }
    if ((knote.manner & KeventAbi.EV_CLEAR) != 0) {
      knote.triggered = false;
      knote.happened = 0;
    }
    knote.expirations = 0; // of every manner, kqueue(2)
    if ((knote.manner & KeventAbi.EV_ONESHOT) != 0) {
      if (knote.filter.watchesFile()) {
        knote.file.unobserve(knote);
      }
      forget(knote);
    } else if ((knote.manner & KeventAbi.EV_DISPATCH) != 0) {
      knote.disabled = true;
      unlist(knote);
    }
  }

  /** Readable if a wait would return something; what does not hold leaves the list. */
  @Override
  int readiness() {
    int look = activeCount;
    while (look-- > 0) {
      Knote knote = Objects.requireNonNull(first);
      if (knote.holds()) {
        return Epoll.IN;
      }
      unlist(knote);
    }
    return 0;
  }

  @Override
  int readable() {
    return activeCount;
  }

  @Override
  int available() {
    return Codes.ENOTTY;
  }

  @Override
  void release() {
    for (Knote knote : knotes) {
      knote.stop();
      if (knote.filter.watchesFile()) {
        knote.file.unobserve(knote);
      }
    }
    knotes.clear();
    first = null;
    last = null;
    activeCount = 0;
  }

  private boolean isListed(Knote knote) {
    return knote.previousActive != null || first == knote;
  }

  private void list(Knote knote) {
    knote.previousActive = last;
    knote.nextActive = null;
    if (last == null) {
      first = knote;
    } else {
      last.nextActive = knote;
    }
    last = knote;
    activeCount++;
  }

  private void unlist(Knote knote) {
    if (!isListed(knote)) {
      return;
    }
    Knote before = knote.previousActive;
    Knote after = knote.nextActive;
    if (before == null) {
      first = after;
    } else {
      before.nextActive = after;
    }
    if (after == null) {
      last = before;
    } else {
      after.previousActive = before;
    }
    knote.previousActive = null;
    knote.nextActive = null;
    activeCount--;
  }

  /** What waits for what, for the report of a deadlock. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("kevent on ").append(kernel.hostName());
    String separator = " for ";
    for (Knote knote : knotes) {
      if (knote.filter != Filter.USER && !knote.disabled) {
        text.append(separator)
            .append(knote.filter.watchesFile() ? knote.file.kind() + ' ' : "")
            .append(knote.ident)
            .append(' ')
            .append(knote.filter);
        separator = ", ";
      }
    }
    return text.toString();
  }
}
