package dev.selkie.simulation;

import dev.selkie.kernel.Epoll;
import dev.selkie.kernel.EventBatch;
import dev.selkie.kernel.Result;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A simulated epoll(7).
 *
 * <p>It works as Linux's does: an arrival puts a registration at the end of the ready list; a wait
 * asks each in turn what is ready, and puts what is level-triggered back at the end, so that a
 * batch of one serves all.
 */
final class EpollInstance extends OpenFile implements Collector {
  /** How many queues may be inside each other, EP_MAX_NESTS and the outermost. */
  private static final int MOST_NESTED = 5;

  private static final int ALWAYS = Epoll.ERR | Epoll.HUP;

  /** What may be asked for together with EPOLLEXCLUSIVE. */
  private static final int EXCLUSIVE_COMPANY =
      Epoll.IN | Epoll.OUT | Epoll.ERR | Epoll.HUP | Epoll.ET | Epoll.EXCLUSIVE;

  private final WaitPoint point;
  private @Nullable EpollItem[] items = new @Nullable EpollItem[16];
  private int size;
  private long rounds;

  /** The ready list: the first, the last and how many. */
  private @Nullable EpollItem first;

  private @Nullable EpollItem last;
  private int readyCount;

  EpollInstance(SimulatedKernel kernel) {
    super(kernel);
    this.point = new WaitPoint(network, kernel, this);
  }

  @Override
  String kind() {
    return "epoll";
  }

  @Override
  public WaitPoint waitPoint() {
    return point;
  }

  /** EPOLL_CTL_ADD. */
  int add(OpenFile file, int number, int events, long token) {
    if ((events & Epoll.EXCLUSIVE) != 0
        && (file instanceof EpollInstance || (events & ~EXCLUSIVE_COMPANY) != 0)) {
      return Result.EINVAL;
    }
    if (file instanceof EpollInstance inner
        && (inner.reaches(this) || inner.depth() + height() > MOST_NESTED)) {
      return Codes.ELOOP;
    }
    if (find(file, number) != null) {
      return Result.EEXIST;
    }
    EpollItem item = new EpollItem(this, file, number, events | ALWAYS, token);
    if (number >= items.length) {
      items = Arrays.copyOf(items, Math.max(number + 1, items.length * 2));
    }
    item.sameNumber = items[number];
    items[number] = item;
    size++;
    file.observe(item);
    listIfReady(item);
    return 0;
  }

  /** EPOLL_CTL_MOD. */
  int modify(OpenFile file, int number, int events, long token) {
    EpollItem item = find(file, number);
    if ((events & Epoll.EXCLUSIVE) != 0) {
      return Result.EINVAL;
    }
    if (item == null) {
      return Result.ENOENT;
    }
    if (item.isExclusive()) {
      return Result.EINVAL;
    }
    item.events = events | ALWAYS;
    item.token = token;
    listIfReady(item);
    return 0;
  }

  /** EPOLL_CTL_DEL. */
  int delete(OpenFile file, int number) {
    EpollItem item = find(file, number);
    if (item == null) {
      return Result.ENOENT;
    }
    file.unobserve(item);
    forget(item);
    return 0;
  }

  private @Nullable EpollItem find(OpenFile file, int number) {
    EpollItem item = number < items.length ? items[number] : null;
    while (item != null && !item.file.is(file)) {
      item = item.sameNumber;
    }
    return item;
  }

  /** Takes a registration, which observes no more, out of the queue. */
  void forget(EpollItem item) {
    EpollItem head = items[item.number];
    if (head == item) {
      items[item.number] = item.sameNumber;
    } else {
      while (head != null && head.sameNumber != item) {
        head = head.sameNumber;
      }
      if (head != null) {
        head.sameNumber = item.sameNumber;
      }
    }
    size--;
    unlist(item);
  }

  private void listIfReady(EpollItem item) {
    if (item.ready() != 0 && !isListed(item)) {
      list(item);
      tellWaiters();
    }
  }

  /** Something has arrived at a registration; whether a waiter was woken who wants such a thing. */
  boolean becameReady(EpollItem item, int bits) {
    if (!isListed(item)) {
      list(item);
    }
    boolean woken = tellWaiters();
    if (!item.isExclusive()) {
      return true;
    }
    int direction = bits & (Epoll.IN | Epoll.OUT);
    return woken && (direction == 0 || (direction & item.events) == direction);
  }

  private boolean tellWaiters() {
    boolean woken = point.wake();
    if (isObserved()) {
      arrived(Epoll.IN);
    }
    return woken;
  }

  @Override
  public int collect(@Nullable EventBatch batch) {
    EpollEvents events = (EpollEvents) Objects.requireNonNull(batch);
    events.clear();
    rounds++;
    int look = readyCount;
    while (look-- > 0 && !events.isFull()) {
      EpollItem item = Objects.requireNonNull(first);
      unlist(item);
      int ready = item.ready();
      if (ready != 0) {
        report(item, ready, events);
      }
    }
    if (!events.isFull() && size > 0 && network.takes(Freedom.SPURIOUS_EVENTS)) {
      addSpurious(events);
    }
    if (events.size() > 1 && network.takes(Freedom.BATCH_ORDER)) {
      events.shuffle(network.random());
    }
    if (readyCount > 0 && point.waiting > 1) {
      point.wake(); // another thread may have the rest
    }
    return events.size();
  }

  private void report(EpollItem item, int ready, EpollEvents events) {
    events.add(item.token, ready);
    item.reported = rounds;
    if (network.isTraced()) {
      network.trace(kernel.hostName(), "event " + item.number + " " + Results.events(ready));
    }
    if ((item.events & Epoll.ONESHOT) != 0) {
      item.disarm();
    } else if ((item.events & Epoll.ET) == 0) {
      list(item);
    }
  }

  /** Reports a registration for what it asks, which need not hold: a hint that proves wrong. */
  private void addSpurious(EpollEvents events) {
    int start = network.random().below(items.length);
    for (int i = 0; i < items.length; i++) {
      EpollItem item = items[(start + i) % items.length];
      if (item != null && item.reported != rounds && item.isArmed()) {
        int hint = item.events & (Epoll.IN | Epoll.OUT);
        if (hint != 0 && !isListed(item)) {
          report(item, hint, events);
          return;
        }
      }
    }
  }

  /** Readable if a wait would return something; what turns out not to be ready leaves the list. */
  @Override
  int readiness() {
    int look = readyCount;
    while (look-- > 0) {
      EpollItem item = Objects.requireNonNull(first);
      if (item.ready() != 0) {
        return Epoll.IN;
      }
      unlist(item);
    }
    return 0;
  }

  @Override
  int available() {
    return Codes.ENOTTY;
  }

  @Override
  void release() {
    for (EpollItem head : items) {
      for (EpollItem item = head; item != null; item = item.sameNumber) {
        item.file.unobserve(item);
      }
    }
    Arrays.fill(items, null);
    first = null;
    last = null;
    readyCount = 0;
    size = 0;
  }

  /** Whether a queue is this one or inside it. */
  private boolean reaches(EpollInstance other) {
    if (this == other) {
      return true;
    }
    for (EpollItem head : items) {
      for (EpollItem item = head; item != null; item = item.sameNumber) {
        if (item.file instanceof EpollInstance inner && inner.reaches(other)) {
          return true;
        }
      }
    }
    return false;
  }

  /** How many queues are inside each other from this one inwards. */
  private int depth() {
    int depth = 0;
    for (EpollItem head : items) {
      for (EpollItem item = head; item != null; item = item.sameNumber) {
        if (item.file instanceof EpollInstance inner) {
          depth = Math.max(depth, inner.depth());
        }
      }
    }
    return depth + 1;
  }

  /** How many queues are around each other from this one outwards. */
  private int height() {
    int height = 0;
    for (Observer o = firstObserver(); o != null; o = o.next) {
      if (o instanceof EpollItem item) {
        height = Math.max(height, item.queue.height());
      }
    }
    return height + 1;
  }

  private boolean isListed(EpollItem item) {
    return item.previousReady != null || first == item;
  }

  private void list(EpollItem item) {
    item.previousReady = last;
    item.nextReady = null;
    if (last == null) {
      first = item;
    } else {
      last.nextReady = item;
    }
    last = item;
    readyCount++;
  }

  private void unlist(EpollItem item) {
    if (!isListed(item)) {
      return;
    }
    EpollItem before = item.previousReady;
    EpollItem after = item.nextReady;
    if (before == null) {
      first = after;
    } else {
      before.nextReady = after;
    }
    if (after == null) {
      last = before;
    } else {
      after.previousReady = before;
    }
    item.previousReady = null;
    item.nextReady = null;
    readyCount--;
  }

  /** What waits for what, for the report of a deadlock. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("epoll_wait on ").append(kernel.hostName());
    String separator = " for ";
    for (EpollItem head : items) {
      for (EpollItem item = head; item != null; item = item.sameNumber) {
        text.append(separator)
            .append(item.file.kind())
            .append(' ')
            .append(item.number)
            .append(' ')
            .append(Results.events(item.events & ~ALWAYS));
        separator = ", ";
      }
    }
    return text.toString();
  }
}
