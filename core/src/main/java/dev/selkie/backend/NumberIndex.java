package dev.selkie.backend;

import java.util.Arrays;

/**
 * Which slot of a table each descriptor number belongs to: an array, since the system hands out the
 * lowest free numbers. Not thread-safe.
 */
public final class NumberIndex {
  /** No slot. */
  public static final int NONE = -1;

  private int[] slots = {};

  /** The slot of a number, or {@link #NONE}. */
  public int get(int number) {
    return number < slots.length ? slots[number] : NONE;
  }

  /** Gives a number to a slot, whoever had it. */
  public void put(int number, int slot) {
    if (number >= slots.length) {
      int length = slots.length;
      slots = Arrays.copyOf(slots, larger(length, number + 1));
      Arrays.fill(slots, length, slots.length, NONE);
    }
    slots[number] = slot;
  }

  /** Takes a number from a slot, unless another has it by now. */
  public void remove(int number, int slot) {
    if (get(number) == slot) {
      slots[number] = NONE;
    }
  }

  /**
   * The length of a table that grows: half as much again, since ten thousand idle registrations
   * must not pay for twenty thousand.
   */
  public static int larger(int length, int needed) {
    return Math.max(needed, length + (length >> 1));
  }
}
