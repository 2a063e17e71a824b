package dev.selkie.backend;

import dev.selkie.kernel.ChangeBatch;
import dev.selkie.kernel.Kqueue;

/** A list of changes for one call, with the slot that each belongs to. Not thread-safe. */
final class KqueueChanges {
  private final ChangeBatch batch;
  private final int[] slots;
  private final int extraFlags;
  private int count;

  /**
   * An empty list.
   *
   * @param extraFlags what every change bears, such as {@link Kqueue#EV_RECEIPT}
   */
  KqueueChanges(Kqueue kqueue, int capacity, int extraFlags) {
    this.batch = kqueue.newChanges(capacity);
    this.slots = new int[capacity];
    this.extraFlags = extraFlags;
  }

  ChangeBatch batch() {
    return batch;
  }

  int count() {
    return count;
  }

  int room() {
    return slots.length - count;
  }

  /** The slot of a change. */
  int slot(int index) {
    return slots[index];
  }

  void clear() {
    count = 0;
  }

  /**
   * Lays the changes that lead from what the kernel has of a slot to its present interest, and
   * notes that the kernel has it.
   */
  void lay(KnoteTable table, int slot, int supported) {
    int before = table.applied(slot);
    int after = table.interest(slot);
    int present = table.present(slot) & supported;
    int wanted = KnoteFilters.of(after);
    int number = table.number(slot);
    long identity = KqueueEvents.identity(table, slot);
    for (int filter = 1; filter <= KnoteFilters.ALL; filter <<= 1) {
      boolean want = (wanted & filter) != 0;
      // Adding again changes the token alone on some systems: not the manner, and with no new edge.
      boolean anew =
          table.isUnknown(slot)
              || (KnoteFilters.manner(filter, after) & Kqueue.EV_CLEAR) != 0
              || KnoteFilters.differs(filter, before, after);
      if ((present & filter) != 0 && (!want || anew)) {
        delete(slot, number, filter, identity);
      }
      if (want) {
        add(slot, number, filter, after, identity);
      }
    }
    table.setApplied(slot, after);
  }

  /** Lays what a report entails: silence for the rest of a shot, or the end of file as a level. */
  void layDue(KnoteTable table, int slot, int filters) {
    int number = table.number(slot);
    int interest = table.interest(slot);
    long identity = KqueueEvents.identity(table, slot);
    for (int filter = 1; filter <= KnoteFilters.ALL; filter <<= 1) {
      if ((filters & filter) == 0) {
        continue;
      }
      if ((interest & Readiness.ONE_SHOT) != 0) {
        disable(slot, number, filter, interest, identity);
      } else {
        delete(slot, number, filter, identity);
        addLevel(slot, number, identity);
        table.setUnknown(slot);
      }
    }
  }

  /** Adds a filter, enabled, in the manner of an interest. */
  private void add(int slot, int number, int filter, int interest, long token) {
    put(
        slot,
        number,
        filter,
        Kqueue.EV_ADD | Kqueue.EV_ENABLE | KnoteFilters.manner(filter, interest),
        KnoteFilters.notes(filter, interest),
        KnoteFilters.data(filter, interest),
        token);
  }

  /** Adds a filter of reading that tells of the end of file as long as it lasts. */
  private void addLevel(int slot, int number, long token) {
    put(slot, number, KnoteFilters.READ, Kqueue.EV_ADD | Kqueue.EV_ENABLE, 0, 0, token);
  }

  /** Removes a filter. */
  void delete(int slot, int number, int filter, long token) {
    put(slot, number, filter, Kqueue.EV_DELETE, 0, 0, token);
  }

  /** Silences a filter. */
  private void disable(int slot, int number, int filter, int interest, long token) {
    put(
        slot,
        number,
        filter,
        Kqueue.EV_DISABLE,
        KnoteFilters.notes(filter, interest),
        KnoteFilters.data(filter, interest),
        token);
  }

  /** Changes nothing, and so tells by its error whether the filter is there. */
  void ask(int slot, int number, int filter, int interest, long token) {
    put(
        slot,
        number,
        filter,
        0,
        KnoteFilters.notes(filter, interest),
        KnoteFilters.data(filter, interest),
        token);
  }

  /** Makes the changes of a slot harmless: they were laid for a call that has not been made yet. */
  void revoke(int slot, KqueueWaker waker) {
    for (int i = 0; i < count; i++) {
      if (slots[i] == slot) {
        waker.set(batch, i, Kqueue.EV_CLEAR);
      }
    }
  }

  private void put(int slot, int number, int filter, int flags, int notes, long data, long token) {
    batch.set(count, number, KnoteFilters.number(filter), flags | extraFlags, notes, data, token);
    slots[count++] = slot;
  }

  void close() {
    batch.close();
  }
}
