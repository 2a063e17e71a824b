package dev.selkie.backend;

import dev.selkie.kernel.Kqueue;
import java.util.Arrays;
import java.util.concurrent.locks.Lock;

/**
 * The batch of a wait: what the filters of one registration say, folded into one event. Used by the
 * waiting thread alone, without a lock.
 */
final class KqueueEvents {
  /** Makes an identity a token that no registration has: its generation is negative. */
  private static final long STALE = Long.MIN_VALUE;

  /** What became of an event. */
  enum Taken {
    /** It is in the batch, or is not to be told. */
    DONE,
    /** The batch is full: it must come with the next one. */
    NO_ROOM
  }

  private final KnoteTable table;
  private final long[] tokens;
  private final int[] flags;
  private final int[] ready;
  private final int[] slots;

  /** By event: the filters that have reported. */
  private final int[] reported;

  private int count;

  /** By slot: one more than the place of its event in the batch, 0 for none. */
  private int[] places = new int[0];

  /** By slot: the arming that was told of last. */
  private int[] told = new int[0];

  KqueueEvents(KnoteTable table, int limit) {
    this.table = table;
    this.tokens = new long[limit];
    this.flags = new int[limit];
    this.ready = new int[limit];
    this.slots = new int[limit];
    this.reported = new int[limit];
  }

  /** What the kernel carries for an arming of a slot: the arming's number and the slot. */
  static long identity(int arming, int slot) {
    return (long) arming << Integer.SIZE | slot;
  }

  /** The identity of the present arming of a slot. */
  static long identity(KnoteTable table, int slot) {
    return identity(KnoteTable.arming(table.current(slot)), slot);
  }

  /** Whether the arming that an identity names is the present one of its slot. */
  static boolean isPresent(KnoteTable table, long identity) {
    long current = table.current(KnoteTable.slot(identity));
    return KnoteTable.generation(current) != KnoteTable.VACANT
        && KnoteTable.arming(current) == KnoteTable.arming(identity);
  }

  /** Whether the kernel will not tell of it again, if it is not told of now. */
  static boolean isOnce(KnoteTable table, long identity) {
    return identity == Backend.WAKER
        || (isPresent(table, identity)
            && KnoteFilters.isOnce(table.interest(KnoteTable.slot(identity))));
  }

  int count() {
    return count;
  }

  boolean isFull() {
    return count == tokens.length;
  }

  long token(int index) {
    return tokens[index];
  }

  int flags(int index) {
    return flags[index];
  }

  int ready(int index) {
    return ready[index];
  }

  /** Begins a batch. */
  void clear() {
    for (int i = 0; i < count; i++) {
      if (slots[i] >= 0) {
        places[slots[i]] = 0;
      }
    }
    count = 0;
  }

  /** Takes the event of a filter. */
  Taken take(long identity, int filter, int bits, int error) {
    if (identity == Backend.WAKER) {
      return add(Backend.WAKER, KnoteTable.NONE, bits, 0);
    }
    int slot = KnoteTable.slot(identity);
    long current = table.current(slot);
    if (KnoteTable.generation(current) == KnoteTable.VACANT) {
      return add(identity | STALE, KnoteTable.NONE, bits, 0);
    }
    int interest = table.interest(slot);
    if (table.current(slot) != current
        || KnoteTable.arming(current) != KnoteTable.arming(identity)) {
      return Taken.DONE; // it has just been armed anew, and the kernel was asked again
    }
    grow(slot);
    int bit = KnoteFilters.bit(filter);
    if (isSilent(slot, bit, identity, interest, bits)) {
      return Taken.DONE;
    }
    long token = (long) KnoteTable.generation(current) << Integer.SIZE | slot;
    if (places[slot] == 0 && add(token, slot, bits, 0) == Taken.NO_ROOM) {
      return Taken.NO_ROOM;
    }
    int place = places[slot] - 1;
    flags[place] |= bits;
    ready[place] |= readiness(bit, bits, error);
    reported[place] |= bit;
    return Taken.DONE;
  }

  /** What is not to be told: the rest of a shot, and data to whom only the end matters. */
  private boolean isSilent(int slot, int bit, long identity, int interest, int bits) {
    if ((bits & Kqueue.EV_ERROR) != 0) {
      return false;
    }
    if ((interest & Readiness.ONE_SHOT) != 0
        && places[slot] == 0
        && told[slot] == KnoteTable.arming(identity)) {
      return true;
    }
    return KnoteFilters.watchesEnd(bit, interest) && (bits & Kqueue.EV_EOF) == 0;
  }

  private Taken add(long token, int slot, int bits, int means) {
    if (isFull()) {
      return Taken.NO_ROOM;
    }
    tokens[count] = token;
    slots[count] = slot;
    flags[count] = bits;
    ready[count] = means;
    reported[count] = 0;
    count++;
    if (slot >= 0) {
      places[slot] = count;
    }
    return Taken.DONE;
  }

  /**
   * What a filter's event means. The end of a direction says nothing of the other one, except with
   * an error: the connection is over then.
   */
  private static int readiness(int filter, int bits, int error) {
    if ((bits & Kqueue.EV_ERROR) != 0) {
      return Readiness.ERROR | Readiness.READABLE | Readiness.WRITABLE;
    }
    int means =
        switch (filter) {
          case KnoteFilters.READ -> Readiness.READABLE;
          case KnoteFilters.WRITE -> Readiness.WRITABLE;
          default -> Readiness.PRIORITY;
        };
    if ((bits & Kqueue.EV_EOF) == 0 || filter == KnoteFilters.EXCEPT) {
      return means;
    }
    means |= filter == KnoteFilters.READ ? Readiness.READ_CLOSED : Readiness.WRITE_CLOSED;
    if (error != 0) {
      means |= Readiness.ERROR | Readiness.HANGUP | Readiness.READ_CLOSED | Readiness.WRITE_CLOSED;
    }
    return means;
  }

  /** Ends the batch: adds to {@code due}, under its lock, what must be changed because of it. */
  void finish(Armings due, Lock lock) {
    for (int i = 0; i < count; i++) {
      int slot = slots[i];
      if (slot >= 0) {
        finish(i, slot, due, lock);
      }
    }
  }

  private void finish(int index, int slot, Armings due, Lock lock) {
    long current = table.current(slot);
    int interest = table.interest(slot);
    if (table.current(slot) != current
        || KnoteTable.generation(current) != (int) (tokens[index] >>> Integer.SIZE)) {
      return;
    }
    int arming = KnoteTable.arming(current);
    int filters = 0;
    if ((interest & Readiness.ONE_SHOT) != 0) {
      told[slot] = arming;
      filters = KnoteFilters.of(interest) & ~KnoteFilters.disabledBy(reported[index], interest);
    } else if (told[slot] != arming && mustRepeatEnd(index, interest)) {
      told[slot] = arming;
      filters = KnoteFilters.READ;
    }
    if (filters != 0) {
      lock.lock();
      try {
        due.add(identity(arming, slot), filters);
      } finally {
        lock.unlock();
      }
    }
  }

  /** Level-triggered, the end of file is told again and again; its filter told it as an arrival. */
  private boolean mustRepeatEnd(int index, int interest) {
    return KnoteFilters.watchesEnd(KnoteFilters.READ, interest)
        && (interest & (Readiness.EDGE | Readiness.READ_CLOSED)) == Readiness.READ_CLOSED
        && (reported[index] & KnoteFilters.READ) != 0;
  }

  private void grow(int slot) {
    if (slot >= places.length) {
      int length = Math.max(slot + 1, places.length + (places.length >> 1));
      places = Arrays.copyOf(places, length);
      told = Arrays.copyOf(told, length);
    }
  }
}
