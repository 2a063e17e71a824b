package dev.selkie.backend;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/**
 * What a kqueue was told, by slot and by descriptor number.
 *
 * <p>Each add, modify and rearm of a slot is an <i>arming</i> with a number of its own, which the
 * kernel carries and gives back: an event of an arming that is over is told from one of the present
 * one, whatever the order in which the kernel, a waiting thread and a modifying thread went.
 *
 * <p>Changes are serialized by the backend's lock; {@link #current} and {@link #interest} need
 * none.
 */
final class KnoteTable {
  /** What {@link #current} says of a slot without a tenant: no generation is as large. */
  static final int VACANT = Integer.MAX_VALUE;

  /** No slot. */
  static final int NONE = NumberIndex.NONE;

  private static final VarHandle CURRENT = MethodHandles.arrayElementVarHandle(long[].class);
  private static final VarHandle INTEREST = MethodHandles.arrayElementVarHandle(int[].class);
  private static final int INITIAL = 16;

  /** The kernel may have any of the filters, in any manner. */
  private static final int UNKNOWN = 1 << 31;

  /** By slot: the number of the present arming above, the tenant's generation below. */
  private volatile long[] current = vacant(INITIAL);

  private volatile int[] interests = new int[INITIAL];

  // guarded by the backend's lock, by slot
  private int[] numbers = new int[INITIAL];
  private int[] applied = new int[INITIAL];
  private int[] flights = new int[INITIAL];
  private boolean[] accepted = new boolean[INITIAL];
  private final NumberIndex slotOfNumber = new NumberIndex();

  /** The slot of a token. */
  static int slot(long token) {
    return (int) token;
  }

  /** The generation in a token, or in what {@link #current} says. */
  static int generation(long word) {
    return (int) word;
  }

  /** The number of the arming in what {@link #current} says. */
  static int arming(long word) {
    return (int) (word >>> Integer.SIZE);
  }

  /** The present arming and the generation of a slot, or one with {@link #VACANT}. */
  long current(int slot) {
    long[] words = current;
    return slot >= 0 && slot < words.length ? (long) CURRENT.getAcquire(words, slot) : VACANT;
  }

  /** The interest of a slot, of the arming that {@link #current} says before and after. */
  int interest(int slot) {
    return (int) INTEREST.getAcquire(interests, slot);
  }

  /** The slot that a number belongs to, or {@link #NONE}. */
  int ofNumber(int number) {
    return slotOfNumber.get(number);
  }

  /** The descriptor number of a slot. */
  int number(int slot) {
    return numbers[slot];
  }

  /** Gives a slot a tenant, which nothing is known of in the kernel. */
  void settle(long token, int number) {
    int slot = slot(token);
    if (slot >= numbers.length) {
      grow(slot + 1);
    }
    numbers[slot] = number;
    slotOfNumber.put(number, slot);
    applied[slot] = 0;
    flights[slot] = 0;
    accepted[slot] = false;
  }

  /** Begins an arming: events of the one before are nobody's from now on. */
  void arm(long token, int interest) {
    int slot = slot(token);
    int arming = arming(current(slot)) + 1;
    CURRENT.setVolatile(current, slot, word(arming, VACANT));
    INTEREST.setVolatile(interests, slot, interest);
    CURRENT.setVolatile(current, slot, word(arming, (int) (token >>> Integer.SIZE)));
  }

  /** Ends the tenancy of a slot. */
  void vacate(int slot) {
    CURRENT.setVolatile(current, slot, word(arming(current(slot)), VACANT));
    slotOfNumber.remove(numbers[slot], slot);
  }

  /** Ends all tenancies. */
  void clear() {
    for (int slot = 0; slot < numbers.length; slot++) {
      if (generation(current(slot)) != VACANT) {
        vacate(slot);
      }
    }
  }

  /** The filters that the kernel may have. */
  int present(int slot) {
    return isUnknown(slot) ? KnoteFilters.ALL : KnoteFilters.of(applied[slot]);
  }

  /** Whether the manner of the filters in the kernel is not known. */
  boolean isUnknown(int slot) {
    return (applied[slot] & UNKNOWN) != 0;
  }

  /** The interest that the kernel was last told of. */
  int applied(int slot) {
    return applied[slot] & ~UNKNOWN;
  }

  /** Notes that the kernel has the interest. */
  void setApplied(int slot, int interest) {
    applied[slot] = interest;
  }

  /** Notes that it is not known what the kernel has. */
  void setUnknown(int slot) {
    applied[slot] |= UNKNOWN;
  }

  /** Whether the kernel has ever taken an interest of the slot: devices may refuse all. */
  boolean isAccepted(int slot) {
    return accepted[slot];
  }

  /** Notes that the kernel has taken an interest of the slot. */
  void setAccepted(int slot) {
    accepted[slot] = true;
  }

  /** The wait that a change of the slot was last given to. */
  int flight(int slot) {
    return flights[slot];
  }

  void setFlight(int slot, int flight) {
    flights[slot] = flight;
  }

  private void grow(int needed) {
    int length = numbers.length;
    int capacity = NumberIndex.larger(length, needed);
    numbers = Arrays.copyOf(numbers, capacity);
    applied = Arrays.copyOf(applied, capacity);
    flights = Arrays.copyOf(flights, capacity);
    accepted = Arrays.copyOf(accepted, capacity);
    interests = Arrays.copyOf(interests, capacity);
    long[] words = Arrays.copyOf(current, capacity);
    Arrays.fill(words, length, capacity, VACANT);
    current = words;
  }

  private static long word(int arming, int generation) {
    return (long) arming << Integer.SIZE | generation;
  }

  private static long[] vacant(int length) {
    long[] words = new long[length];
    Arrays.fill(words, VACANT);
    return words;
  }
}
