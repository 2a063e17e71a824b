package dev.selkie.backend;

import dev.selkie.descriptor.DescriptorLifetime;
import dev.selkie.kernel.KeventBatch;
import dev.selkie.kernel.Kqueue;
import dev.selkie.kernel.Result;

/**
 * Changes that are made at once, with receipts: zero timeout, and room for the receipts alone, so
 * that no event is taken by the way. Guarded by the backend's lock; who calls has seen to it that
 * no change of the same slot is on its way by a wait.
 */
final class KqueueCall {
  /** How many changes one registration takes at most: a delete and an add for each filter. */
  static final int CAPACITY = 2 * Integer.bitCount(KnoteFilters.ALL);

  /** The token of a change whose failure nobody needs to know. */
  private static final long NOBODY = 0;

  private final Kqueue kqueue;
  private final DescriptorLifetime queue;
  private final KnoteTable table;
  private final HeldEvents held;
  private final KqueueWaiter waiter;
  private final int supported;
  private final KqueueChanges changes;
  private final KeventBatch receipts;

  /**
   * No changes.
   *
   * @param supported the filters that the system has
   */
  KqueueCall(KqueueShared shared, int supported) {
    this.kqueue = shared.kqueue();
    this.queue = shared.queue();
    this.table = shared.table();
    this.held = shared.held();
    this.waiter = shared.waiter();
    this.supported = supported;
    this.changes = new KqueueChanges(kqueue, CAPACITY, Kqueue.EV_RECEIPT);
    try {
      this.receipts = kqueue.newBatch(CAPACITY);
    } catch (RuntimeException | Error e) {
      changes.close();
      throw e;
    }
  }

  /** The filters that the system has. */
  int supported() {
    return supported;
  }

  /**
   * Tells the kernel of the present interest of a slot.
   *
   * @return 0, or a negative code: it is not known then what the kernel has
   */
  int apply(int slot) {
    begin().lay(table, slot, supported);
    int answers = send();
    if (answers < 0) {
      table.setUnknown(slot);
      return answers;
    }
    for (int i = 0; i < answers; i++) {
      int error = error(i);
      if (error == -Result.EPIPE) {
        held.addEnd(table, KqueueEvents.identity(table, slot), receipts.filter(i));
        waiter.tell();
      } else if (error != 0 && error != -Result.ENOENT) {
        table.setUnknown(slot);
        return -error;
      }
    }
    if (KnoteFilters.of(table.interest(slot)) != 0) {
      table.setAccepted(slot);
    }
    return 0;
  }

  /** The same for what nobody waits for the result of: a failure is an event. */
  void applyOrTell(int slot) {
    int result = apply(slot);
    if (result < 0) {
      held.addError(KqueueEvents.identity(table, slot), result);
      waiter.tell();
    }
  }

  /** Makes what a report of a slot entails. */
  void settle(int slot, int filters) {
    begin().layDue(table, slot, filters);
    send();
  }

  /**
   * Whether a number is still that of the open file registered by it. The system would overwrite
   * without a word; a change of nothing fails if the knote went with its file.
   */
  boolean isThere(int slot) {
    int present = table.present(slot) & supported;
    if (present == 0) {
      return true; // the system was not told of it, and cannot say
    }
    KqueueChanges asked = begin();
    long identity = KqueueEvents.identity(table, slot);
    for (int filter = 1; filter <= KnoteFilters.ALL; filter <<= 1) {
      if ((present & filter) != 0) {
        asked.ask(slot, table.number(slot), filter, table.applied(slot), identity);
      }
    }
    int missing = 0;
    int answers = send();
    for (int i = 0; i < answers; i++) {
      int error = error(i);
      if (error == -Result.ENOENT || error == -Result.EBADF) {
        missing++;
      }
    }
    return missing < asked.count();
  }

  /** A filter that is not there answers ENOENT, a number that is not open EBADF: both are well. */
  void delete(int slot, int descriptor, int filters) {
    KqueueChanges deletes = begin();
    for (int filter = 1; filter <= KnoteFilters.ALL; filter <<= 1) {
      if ((filters & supported & filter) != 0) {
        deletes.delete(slot, descriptor, filter, NOBODY);
      }
    }
    send();
  }

  private KqueueChanges begin() {
    changes.clear();
    return changes;
  }

  /**
   * Makes the changes. An event in place of a receipt is held for the next wait, unless the kernel
   * will tell of it again.
   *
   * @return the count of answers, or a negative code
   */
  private int send() {
    if (changes.count() == 0) {
      return 0;
    }
    int answers;
    do {
      answers = kqueue.change(queue.number(), changes.batch(), changes.count(), receipts);
    } while (answers == Result.EINTR); // applied or not: each change can be made twice
    for (int i = 0; i < answers; i++) {
      if (!isReceipt(i) && KqueueEvents.isOnce(table, receipts.token(i))) {
        held.add(
            receipts.token(i), receipts.filter(i), receipts.flags(i), receipts.error(i), false);
        waiter.tell();
      }
    }
    return answers;
  }

  /** The positive error that an answer tells, 0 for none. */
  private int error(int answer) {
    return isReceipt(answer) ? receipts.error(answer) : 0;
  }

  private boolean isReceipt(int index) {
    return (receipts.flags(index) & Kqueue.EV_ERROR) != 0;
  }

  void close() {
    changes.close();
    receipts.close();
  }
}
