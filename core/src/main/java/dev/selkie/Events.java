package dev.selkie;

import java.util.ConcurrentModificationException;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The batch of events that a wait returned.
 *
 * <p>It is the queue's own object, filled anew by each wait and read by the thread that waited. It
 * has one cursor: {@link #iterator} puts it to the start, {@link #next} moves it, so that a batch
 * is read in one place at a time. A registration that was cancelled, or modified so that nothing of
 * its event is left, before the cursor reaches its event is passed over; delivery begins when the
 * cursor has reached it ({@link Iterator#hasNext} moves it there). A wait inside a loop over the
 * batch ends the batch: the loop's iterator throws {@link ConcurrentModificationException}.
 *
 * @param <A> the type of attachment
 */
public final class Events<A> implements Iterable<Event<A>> {
  private Event<A>[] events = newEvents(0);

  /** Taken in turns, so that the iterator of the batch before is still known for what it is. */
  private final Cursor even = new Cursor();

  private final Cursor odd = new Cursor();
  private int fillings;
  private int size;
  private int filled;
  private int position;
  private Cause cause = Cause.TIMEOUT;

  /** Why a wait ended. */
  public enum Cause {
    /** There are events. */
    READY,
    /** The time was up. */
    TIMEOUT,
    /** {@link EventQueue#wake}; there may be events too. */
    WAKE,
    /** {@link Thread#interrupt}; the thread's status is still set, and there may be events too. */
    INTERRUPT,
    /** {@link EventQueue#close}: the wait threw {@link ClosedQueueException}. */
    CLOSED,
    /** Nothing that can be named: a wake that came late, or an event of what was cancelled. */
    SPURIOUS
  }

  Events() {}

  /** How many events the wait found; the cursor may hand out fewer. */
  public int size() {
    return size;
  }

  /** Whether the wait found none. */
  public boolean isEmpty() {
    return size == 0;
  }

  /** Why the wait ended. */
  public Cause cause() {
    return cause;
  }

  /** Moves the cursor to the next event that still stands and returns it, or null at the end. */
  public @Nullable Event<A> next() {
    while (position < size) {
      Event<A> event = events[position++];
      if (event.handOut()) {
        return event;
      }
    }
    return null;
  }

  /**
   * The cursor as an iterator, at the start of the batch; the same object at each call until the
   * queue waits again. From then on it throws {@link ConcurrentModificationException}.
   */
  @Override
  public Iterator<Event<A>> iterator() {
    position = 0;
    Cursor cursor = (fillings & 1) == 0 ? even : odd;
    cursor.filling = fillings;
    cursor.ahead = null;
    return cursor;
  }

  /** Empties the batch; what it held stays reachable until {@link #seal}. */
  void clear() {
    filled = Math.max(filled, size);
    size = 0;
    position = 0;
    fillings++;
  }

  /** Ends the filling: events beyond the batch let go of their registrations. */
  void seal(Cause cause) {
    for (int i = size; i < filled; i++) {
      events[i].clear();
    }
    filled = size;
    this.cause = cause;
  }

  /** The queue is closed; what the batch holds is left to the thread that may still read it. */
  void tellClosed() {
    cause = Cause.CLOSED;
  }

  void add(Registration<A> registration, int ready, int raw) {
    if (size == events.length) {
      grow();
    }
    events[size++].set(registration, ready, raw);
  }

  private void grow() {
    Event<A>[] larger = newEvents(Math.max(16, 2 * size));
    System.arraycopy(events, 0, larger, 0, size);
    for (int i = size; i < larger.length; i++) {
      larger[i] = new Event<>();
    }
    events = larger;
  }

  @SuppressWarnings("unchecked") // filled with nothing else
  private static <A> Event<A>[] newEvents(int length) {
    return (Event<A>[]) new Event<?>[length];
  }

  private final class Cursor implements Iterator<Event<A>> {
    private @Nullable Event<A> ahead;
    private int filling;

    @Override
    public boolean hasNext() {
      if (filling != fillings) {
        throw new ConcurrentModificationException(
            "the queue has waited again: the batch that this loop reads is gone");
      }
      if (ahead == null) {
        ahead = Events.this.next();
      }
      return ahead != null;
    }

    @Override
    public Event<A> next() {
      if (!hasNext()) {
        throw new NoSuchElementException();
      }
      Event<A> event = Objects.requireNonNull(ahead);
      ahead = null;
      return event;
    }
  }

  @Override
  public String toString() {
    return size + (size == 1 ? " event (" : " events (") + cause + ")";
  }
}
