package dev.selkie.backend;

import dev.selkie.descriptor.DescriptorLifetime;
import dev.selkie.kernel.ChangeBatch;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.KeventBatch;
import dev.selkie.kernel.Kqueue;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SystemCallException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** What ends a wait: a user event where every version of the system has it, a pipe elsewhere. */
final class KqueueWaker {
  private static final long USER_IDENT = 0;

  private final Kqueue kqueue;
  private final DescriptorLifetime queue;
  private final @Nullable Waker pipe;

  /** The change that triggers; it stays as it is, so that any thread may have it made. */
  private final ChangeBatch trigger;

  /** Where the answers go, which nobody reads. */
  private final KeventBatch answers;

  private KqueueWaker(Kqueue kqueue, DescriptorLifetime queue, @Nullable Waker pipe) {
    this.kqueue = kqueue;
    this.queue = queue;
    this.pipe = pipe;
    this.trigger = kqueue.newChanges(1);
    this.answers = kqueue.newBatch(1);
    trigger.set(
        0,
        USER_IDENT,
        Kqueue.EVFILT_USER,
        Kqueue.EV_ADD | Kqueue.EV_CLEAR | Kqueue.EV_RECEIPT,
        Kqueue.NOTE_TRIGGER,
        0,
        Backend.WAKER);
  }

  /** Makes a waker and adds it to the queue. */
  static KqueueWaker open(Kernel kernel, DescriptorLifetime queue) throws IOException {
    Kqueue kqueue = kernel.kqueue();
    if (kqueue.has(Kqueue.EVFILT_USER)) {
      KqueueWaker user = new KqueueWaker(kqueue, queue, null);
      int result = user.addTo(queue.number());
      if (result == 0) {
        return user;
      }
      user.close();
      if (result == Result.EMFILE || result == Result.ENOMEM) {
        throw failure(kernel, result);
      }
    }
    Waker pipe = Waker.openPipe(kernel);
    KqueueWaker waker = new KqueueWaker(kqueue, queue, pipe);
    int result = waker.addTo(queue.number());
    if (result < 0) {
      waker.close();
      throw failure(kernel, result);
    }
    return waker;
  }

  /**
   * Adds the waker to a queue.
   *
   * @throws IOException if the system refuses
   */
  void addTo(Kernel kernel, int number) throws IOException {
    int result = addTo(number);
    if (result < 0) {
      throw failure(kernel, result);
    }
  }

  private int addTo(int number) {
    try (ChangeBatch changes = kqueue.newChanges(1);
        KeventBatch receipts = kqueue.newBatch(1)) {
      set(changes, 0, Kqueue.EV_CLEAR | Kqueue.EV_RECEIPT);
      int result;
      do {
        result = kqueue.change(number, changes, 1, receipts);
      } while (result == Result.EINTR);
      return result <= 0 ? result : -receipts.error(0);
    }
  }

  /** Lays a change that adds the waker: harmless where it is there already. */
  void set(ChangeBatch changes, int index, int flags) {
    changes.set(
        index,
        pipe == null ? USER_IDENT : pipe.number(),
        pipe == null ? Kqueue.EVFILT_USER : Kqueue.EVFILT_READ,
        Kqueue.EV_ADD | flags,
        0,
        0,
        Backend.WAKER);
  }

  /** Ends the wait in progress, or the next one; does nothing on a closed queue. */
  void wake() {
    if (pipe != null) {
      pipe.wake();
      return;
    }
    if (!queue.acquire()) {
      return;
    }
    try {
      int result;
      do {
        result = kqueue.change(queue.number(), trigger, 1, answers);
      } while (result == Result.EINTR);
    } finally {
      queue.release();
    }
  }

  /** The waiting thread has met the waker's event: a pipe is emptied, a user event is clear. */
  void consume() {
    if (pipe != null) {
      pipe.drainPipe();
    }
  }

  void close() {
    if (pipe != null) {
      pipe.close();
    }
    trigger.close();
    answers.close();
  }

  private static SystemCallException failure(Kernel kernel, int result) {
    return new SystemCallException("kevent", "waker", result, kernel);
  }
}
