package dev.selkie.runtime;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What other threads hand to the owner of a loop, in order, each producer's in the order it was
 * given. Producers do not wait for each other.
 */
final class Offers {
  /*
   * A linked list of arrays. A producer takes the next slot by one addition to the array's counter
   * and fills it; who finds the array used up links another (after the enqueuing half of P. Ramalhete
   * and A. Correia, "FAAArrayQueue"). Between the addition and the filling the queue is cut for the
   * owner, who sees by the counter that more is coming. An array is not used twice, so that a
   * producer which was held up with an old one finds it used up, and never another's.
   */
  private static final int SLOTS = 128;

  private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(Runnable[].class);
  private static final VarHandle CLAIMED;
  private static final VarHandle NEXT;
  private static final VarHandle TAIL;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      CLAIMED = lookup.findVarHandle(Chunk.class, "claimed", int.class);
      NEXT = lookup.findVarHandle(Chunk.class, "next", Chunk.class);
      TAIL = lookup.findVarHandle(Offers.class, "tail", Chunk.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /** Where producers go on; behind the last chunk for moments only. */
  private volatile Chunk tail;

  /** Where the owner goes on, and how many of that chunk it has taken; the owner's. */
  private Chunk head;

  private int taken;

  Offers() {
    this(SLOTS);
  }

  /** With chunks of so many slots. */
  Offers(int slots) {
    head = new Chunk(slots);
    tail = head;
  }

  /** Appends; any thread. */
  void add(Runnable runnable) {
    Chunk chunk = tail;
    int slot = (int) CLAIMED.getAndAdd(chunk, 1);
    while (slot >= chunk.slots.length) {
      Chunk next = chunk.next;
      if (next == null) {
        Chunk fresh = new Chunk(chunk.slots.length);
        next = (Chunk) NEXT.compareAndExchange(chunk, null, fresh);
        if (next == null) {
          next = fresh;
        }
      }
      TAIL.compareAndSet(this, chunk, next);
      chunk = next;
      slot = (int) CLAIMED.getAndAdd(chunk, 1);
    }
    SLOT.setRelease(chunk.slots, slot, runnable);
  }

  /** Moves what was offered until now, or is filled by now, to the run queue; the owner. */
  void moveTo(RunQueue queue) {
    Chunk last = head;
    for (Chunk next = last.next; next != null; next = next.next) {
      last = next;
    }
    int end = last.claims(); // producers that go on do not hold the owner here
    while (head != last || taken != end) {
      if (taken == head.slots.length) {
        head = Objects.requireNonNull(head.next);
        taken = 0;
        continue;
      }
      Runnable runnable = (Runnable) SLOT.getAcquire(head.slots, taken);
      if (runnable == null) {
        return;
      }
      head.slots[taken++] = null;
      queue.add(runnable);
    }
  }

  /** Whether nothing is there, nor on its way; to another thread than the owner, a hint. */
  boolean isEmpty() {
    return head.claims() == taken && head.next == null;
  }

  /** About how many there are, so many at most; any thread. */
  int estimate(int most) {
    Chunk chunk = head;
    int n = chunk.claims() - taken;
    for (chunk = chunk.next; chunk != null && n < most; chunk = chunk.next) {
      n += chunk.claims();
    }
    return Math.clamp(n, 0, most);
  }

  private static final class Chunk {
    final @Nullable Runnable[] slots;

    /** How many were taken by producers; more than there are by those who came too late. */
    private volatile int claimed;

    volatile @Nullable Chunk next;

    Chunk(int slots) {
      this.slots = new @Nullable Runnable[slots];
    }

    int claims() {
      return Math.min(claimed, slots.length);
    }
  }
}
