package dev.selkie.runtime;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What a loop has to run, in order of arrival, each producer's in the order it was given; and
 * whether the loop sleeps, so that a producer knows when it must be woken.
 */
class RunQueue {
  /*
   * The owner, the thread that runs the loop's turns, has a ring of its own and pays nothing for
   * others, whose offers it moves to the ring at each turn.
   *
   * Who sleeps and who wakes. The owner sets asleep, looks whether anything was offered, and waits
   * then. A producer offers, and looks at asleep then. So one of the two sees the other; of several
   * producers the one that takes asleep back wakes. Between two turns of a loop that has no thread
   * of its own asleep is set if a foreign loop may wait for the queue's descriptor; if none does,
   * nobody sleeps, and the next turn looks at the run queue before it does.
   */
  private static final VarHandle ASLEEP;

  static {
    try {
      ASLEEP = MethodHandles.lookup().findVarHandle(RunQueue.class, "asleep", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Offers offers;
  private @Nullable Runnable[] ring = new @Nullable Runnable[64]; // a power of two
  private int first;
  private int count;
  private volatile boolean asleep;

  RunQueue() {
    this(new Offers());
  }

  RunQueue(Offers offers) {
    this.offers = offers;
  }

  /** Appends; the owner alone. */
  void add(Runnable runnable) {
    if (count == ring.length) {
      grow();
    }
    ring[(first + count++) & (ring.length - 1)] = runnable;
  }

  /**
   * Appends; any thread.
   *
   * @return whether the owner sleeps and the caller, the first to find it so, must wake it
   */
  boolean offer(Runnable runnable) {
    offers.add(runnable);
    return asleep && ASLEEP.compareAndSet(this, true, false);
  }

  /**
   * The owner is about to wait, or a foreign loop may from now on.
   *
   * @return false if something was offered before: then it must not wait; to another thread than
   *     the owner, only a hint while the owner makes a turn
   */
  boolean fallAsleep() {
    asleep = true;
    return isEmpty();
  }

  /** Whether the owner waits, or is about to; any thread. */
  boolean isAsleep() {
    return asleep;
  }

  /** The owner waits no longer; the owner alone. */
  void awake() {
    asleep = false;
  }

  /** Takes in what others have offered until now; the owner alone. */
  void takeIn() {
    if (!offers.isEmpty()) {
      offers.moveTo(this);
    }
  }

  /** The next to run, or null; the owner alone. */
  @Nullable Runnable poll() {
    if (count == 0) {
      return null;
    }
    Runnable runnable = ring[first];
    ring[first] = null;
    first = (first + 1) & (ring.length - 1);
    count--;
    return runnable;
  }

  /** How many the ring holds; the owner alone. */
  int size() {
    return count;
  }

  /** Whether there is nothing to run, nor anything on its way; the owner alone. */
  boolean isEmpty() {
    return count == 0 && offers.isEmpty();
  }

  /** About how many there are, so many at most; any thread. */
  int estimate(int most) {
    return Math.min(count + offers.estimate(most), most);
  }

  private void grow() {
    int length = ring.length;
    @Nullable Runnable[] larger = Arrays.copyOf(ring, length * 2);
    System.arraycopy(ring, 0, larger, length, first);
    Arrays.fill(larger, 0, first, null);
    ring = larger;
  }
}
