package dev.selkie.backend;

import dev.selkie.descriptor.DescriptorLifetime;
import dev.selkie.kernel.KeventBatch;
import dev.selkie.kernel.Kqueue;
import dev.selkie.kernel.Result;

/** Changes that are made at once, with receipts. Guarded by the backend's lock. */
final class KqueueCall {
  /** How many changes one registration takes at most: a delete and an add for each filter. */
  static final int CAPACITY = 2 * Integer.bitCount(KnoteFilters.ALL);

  private final Kqueue kqueue;
  private final DescriptorLifetime queue;
  private final KnoteTable table;
  private final HeldEvents held;
  private final KqueueChanges changes;
  private final KeventBatch receipts;

  KqueueCall(Kqueue kqueue, DescriptorLifetime queue, KnoteTable table, HeldEvents held) {
    this.kqueue = kqueue;
    this.queue = queue;
    this.table = table;
    this.held = held;
    this.changes = new KqueueChanges(kqueue, CAPACITY, Kqueue.EV_RECEIPT);
    this.receipts = kqueue.newBatch(CAPACITY);
  }

  /** The list of changes, empty. */
  KqueueChanges begin() {
    changes.clear();
    return changes;
  }

  /**
   * Makes the changes. An event in place of a receipt is held for the next wait, unless the kernel
   * will tell of it again.
   *
   * @return the count of answers, or a negative code
   */
  int send() {
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
      }
    }
    return answers;
  }

  /** The positive error that an answer tells, 0 for none. */
  int error(int answer) {
    return isReceipt(answer) ? receipts.error(answer) : 0;
  }

  /** The filter that an answer is of. */
  int filter(int answer) {
    return receipts.filter(answer);
  }

  private boolean isReceipt(int index) {
    return (receipts.flags(index) & Kqueue.EV_ERROR) != 0;
  }

  void close() {
    changes.close();
    receipts.close();
  }
}
