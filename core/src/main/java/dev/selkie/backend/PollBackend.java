package dev.selkie.backend;

import dev.selkie.descriptor.DescriptorLifetime;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Poll;
import dev.selkie.kernel.PollSet;
import dev.selkie.kernel.Result;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The policy of poll(2), for systems and sandboxes that have no readiness queue.
 *
 * <p>The system keeps nothing between waits: each is handed all that is registered. It knows levels
 * alone; one-shot is made here. The queue has no descriptor of its own.
 */
public final class PollBackend implements Backend {
  /*
   * A change during a wait must take effect in it, and a source that is closed must leave it: the
   * system holds a file that is waited on open, however often its descriptor is closed. So a change
   * ends the system's wait, which begins again with what is left of the time. The waiter sets
   * `waiting` and then looks at `pending`; a change sets `pending` and then looks at `waiting`: one
   * of them sees the other. Of several changes the first ends the wait: `told` says that the waker
   * has not been read since.
   *
   * A wait's answer is read by the tokens that it began with: what has taken a number since has
   * another. The answer for a place that was changed since is dropped, as the next wait tells the
   * state again.
   */
  private static final int INITIAL = 16;

  private final Poll poll;
  private final Waker waker;
  private final PollSet set;
  private final PollPlaces places;
  private volatile boolean waiting;
  private volatile boolean pending;
  private volatile boolean woken;
  private volatile boolean told;

  // the waiting thread's
  private final long[] tokens;
  private final int[] flags;
  private int events;
  private int next;

  private PollBackend(Kernel kernel, Waker waker, int batch) {
    this.poll = kernel.poll();
    this.waker = waker;
    this.set = poll.newSet(INITIAL + 1);
    this.places = new PollPlaces(set);
    this.tokens = new long[batch + 1]; // and the waker's
    this.flags = new int[batch + 1];
    set.set(0, waker.number(), Poll.IN);
  }

  /**
   * Opens a queue, which is a waker and memory.
   *
   * @param batch how many events a wait returns at most
   */
  public static PollBackend open(Kernel kernel, int batch) throws IOException {
    Waker waker = Waker.open(kernel);
    try {
      return new PollBackend(kernel, waker, batch);
    } catch (RuntimeException | Error e) {
      waker.close();
      throw e;
    }
  }

  @Override
  public String name() {
    return "poll";
  }

  @Override
  public @Nullable String refusal(int interest, boolean nestedQueue) {
    if ((interest & Readiness.EDGE) != 0) {
      return "poll(2) reports states and no arrivals: edge-triggered interest is refused by the"
          + " backend poll, take one-shot and rearm";
    }
    if ((interest & Readiness.EXCLUSIVE) != 0) {
      return "poll(2) wakes all who wait: exclusive interest is refused by the backend poll";
    }
    int reading = Readiness.READABLE | Readiness.READ_CLOSED;
    return (interest & reading) == Readiness.READ_CLOSED && !poll.hasPeerClosed()
        ? "poll(2) of this system has no POLLRDHUP: interest in the peer's end alone is refused by"
            + " the backend poll"
        : null;
  }

  @Override
  public int add(int descriptor, int interest, long token) {
    int result = places.add(descriptor, interest, token);
    changed();
    return result;
  }

  @Override
  public int modify(int descriptor, int before, int after, long token) {
    int result = places.modify(descriptor, after, token);
    changed();
    return result;
  }

  @Override
  public int remove(int descriptor, int interest) {
    int result = places.remove(descriptor);
    changed();
    return result;
  }

  @Override
  public boolean isRegistered(int descriptor, int interest, long token) {
    return places.isRegistered(descriptor, token);
  }

  private void changed() {
    pending = true;
    if (waiting && !told) {
      told = true;
      waker.wake();
    }
  }

  @Override
  public int await(long timeoutNanos) {
    waiting = true;
    if (pending) {
      pending = false;
      places.update();
    }
    int happened = poll.await(set, places.size() + 1, timeoutNanos);
    waiting = false;
    events = 0;
    if (happened <= 0) {
      return happened;
    }
    if (set.happened(0) != 0) {
      happened--;
      takeWake();
    }
    collect(happened);
    // Nothing to tell: a change ended the wait, or a number that is closed. The queue waits again.
    return events == 0 ? Result.EINTR : events;
  }

  /** The read comes first: who writes after it has left its note before that. */
  private void takeWake() {
    waker.drain();
    told = false;
    if (woken) {
      woken = false;
      add(WAKER, Poll.IN);
    }
  }

  /** Fills the batch, beginning where the last one had no room: none is always the last. */
  private void collect(int happened) {
    int size = places.size();
    int room = tokens.length - 1 + events;
    int place = next < size ? next : 0;
    int left = happened;
    for (int seen = 0; seen < size && left > 0; seen++) {
      int bits = places.happened(place);
      if (bits != 0) {
        if (events == room) {
          break;
        }
        left--;
        take(place, bits);
      }
      place = place + 1 == size ? 0 : place + 1;
    }
    next = place;
  }

  private void take(int place, int bits) {
    if ((bits & Poll.NVAL) != 0) {
      places.closed(place);
    } else if (!pending || places.isCurrent(place)) {
      add(places.token(place), bits);
      places.reported(place);
    }
  }

  private void add(long token, int bits) {
    tokens[events] = token;
    flags[events++] = bits;
  }

  @Override
  public long token(int index) {
    return tokens[index];
  }

  @Override
  public int rawFlags(int index) {
    return flags[index];
  }

  @Override
  public int ready(int index, boolean socket) {
    return PollEvents.ready(flags[index], socket);
  }

  @Override
  public void wake() {
    woken = true;
    waker.wake();
  }

  @Override
  public void consumeWake() {
    // read before the batch was filled
  }

  @Override
  public boolean removesBeforeClose() {
    return true;
  }

  @Override
  public boolean knowsReuse() {
    return false;
  }

  @Override
  public @Nullable DescriptorLifetime descriptor() {
    return null;
  }

  @Override
  public void rebuild() {
    places.clear();
  }

  @Override
  public void close() {
    waker.close();
    set.close();
  }
}
