package dev.selkie.backend;

import dev.selkie.descriptor.DescriptorLifetime;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Kqueue;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SystemCallException;
import java.io.IOException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** The policy of kqueue(2). */
public final class KqueueBackend implements Backend {
  /*
   * A registration is up to three knotes, one a filter. What changes them goes one of two ways:
   *
   * - at once (KqueueCall): registering, removing, and what other threads than the waiting one
   *   modify, or the waiting one of what the kernel has never accepted and may refuse;
   * - with the next wait (KqueueWait): what else the waiting thread modifies, and what a report
   *   entails (the sibling of a one-shot filter that fired is disabled).
   */
  private final Kernel kernel;
  private final Kqueue kqueue;
  private final DescriptorLifetime queue;
  private final KqueueWaker waker;
  private final KqueueWaiter waiter;
  private final ReentrantLock lock;

  // guarded by the lock, but for KqueueWait.await and its events, which are the waiting thread's
  private final KnoteTable table;
  private final HeldEvents held;
  private final KqueueCall now;
  private final KqueueWait wait;

  private KqueueBackend(Kernel kernel, KqueueShared shared, int limit) {
    this.kernel = kernel;
    this.kqueue = shared.kqueue();
    this.queue = shared.queue();
    this.waker = shared.waker();
    this.waiter = shared.waiter();
    this.lock = shared.lock();
    this.table = shared.table();
    this.held = shared.held();
    boolean hasExcept = kqueue.has(Kqueue.EVFILT_EXCEPT);
    this.now =
        new KqueueCall(
            shared, hasExcept ? KnoteFilters.ALL : KnoteFilters.ALL & ~KnoteFilters.EXCEPT);
    try {
      this.wait = new KqueueWait(shared, now, limit);
    } catch (RuntimeException | Error e) {
      now.close();
      throw e;
    }
  }

  /**
   * Opens a kqueue and its waker.
   *
   * @param batch how many events a wait returns at most
   */
  public static KqueueBackend open(Kernel kernel, int batch) throws IOException {
    int number = kernel.kqueue().create();
    if (number < 0) {
      throw new SystemCallException("kqueue", "O_CLOEXEC", number, kernel);
    }
    DescriptorLifetime queue =
        DescriptorLifetime.ofFile(kernel, number, "EventQueue", DescriptorLifetime.Ownership.OWNED);
    KqueueWaker waker = null;
    try {
      waker = KqueueWaker.open(kernel, queue);
      return new KqueueBackend(kernel, KqueueShared.of(kernel.kqueue(), queue, waker), batch);
    } catch (IOException | RuntimeException | Error e) {
      queue.close();
      if (waker != null) {
        waker.close();
      }
      throw e;
    }
  }

  @Override
  public String name() {
    return "kqueue";
  }

  @Override
  public @Nullable String refusal(int interest, boolean nestedQueue) {
    if ((interest & Readiness.EXCLUSIVE) != 0) {
      return "kqueue has no exclusive interest: every queue is told";
    }
    if ((interest & Readiness.PRIORITY) != 0 && (now.supported() & KnoteFilters.EXCEPT) == 0) {
      return "kqueue on " + kernel.name() + " does not report urgent data: it has no EVFILT_EXCEPT";
    }
    return null;
  }

  @Override
  public boolean removesBeforeClose() {
    return true;
  }

  /** kqueue(2) reports a file while its offset is not at its end. */
  @Override
  public boolean knowsFiles() {
    return false;
  }

  @Override
  public int add(int descriptor, int interest, long token) {
    lock.lock();
    try {
      int slot = table.ofNumber(descriptor);
      if (slot != KnoteTable.NONE) {
        wait.endFlight(slot);
      }
      if (slot != KnoteTable.NONE && slot == KnoteTable.slot(token)) {
        table.setUnknown(slot); // another open file by now, or another queue
      } else {
        if (slot != KnoteTable.NONE) {
          if (now.isThere(slot)) {
            return Result.EEXIST;
          }
          table.vacate(slot); // closed behind our back, and its knotes with it
        }
        table.settle(token, descriptor);
        slot = KnoteTable.slot(token);
      }
      table.arm(token, interest);
      int result = now.apply(slot);
      if (result < 0) {
        now.delete(slot, descriptor, KnoteFilters.of(interest));
        table.vacate(slot);
      }
      return result == Result.ENODEV ? Result.EPERM : result; // a device that nobody waits for
    } finally {
      lock.unlock();
    }
  }

  @Override
  public int modify(int descriptor, int before, int after, long token) {
    lock.lock();
    try {
      int slot = KnoteTable.slot(token);
      if (wait.mayRide() && table.isAccepted(slot)) {
        table.arm(token, after);
        wait.add(slot);
        return 0;
      }
      wait.endFlight(slot);
      table.arm(token, after);
      int result = now.apply(slot);
      if (result == Result.ENODEV) {
        now.delete(slot, descriptor, KnoteFilters.ALL);
        table.vacate(slot);
        return Result.EPERM;
      }
      if (result < 0) {
        // What there was is asked for again, as the kernel may have lost some of it; if that fails
        // too, it is an error event.
        table.arm(token, before);
        wait.add(slot);
        waker.wake();
      }
      return result;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public int remove(int descriptor, int interest) {
    lock.lock();
    try {
      int slot = table.ofNumber(descriptor);
      if (slot == KnoteTable.NONE) {
        now.delete(KnoteTable.NONE, descriptor, KnoteFilters.ALL);
        return 0;
      }
      wait.endFlight(slot);
      int present = table.present(slot);
      table.vacate(slot);
      now.delete(slot, descriptor, present);
      return 0;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean isRegistered(int descriptor, int interest, long token) {
    lock.lock();
    try {
      int slot = table.ofNumber(descriptor);
      if (slot == KnoteTable.NONE || slot != KnoteTable.slot(token)) {
        return false;
      }
      wait.endFlight(slot);
      return now.isThere(slot);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public int await(long timeoutNanos) {
    return wait.await(timeoutNanos);
  }

  /** The queue may be closed already, and its number somebody else's. */
  @Override
  public void exported() {
    lock.lock();
    try {
      waiter.export();
      if (queue.acquire()) {
        try {
          wait.flush();
        } finally {
          queue.release();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean holdsEvents() {
    return !held.isEmpty();
  }

  @Override
  public long token(int index) {
    return wait.events().token(index);
  }

  @Override
  public int rawFlags(int index) {
    return wait.events().flags(index);
  }

  @Override
  public int ready(int index, boolean socket) {
    return wait.events().ready(index);
  }

  @Override
  public void wake() {
    waker.wake();
  }

  @Override
  public void consumeWake() {
    waker.consume();
  }

  @Override
  public DescriptorLifetime descriptor() {
    return queue;
  }

  @Override
  public void rebuild() throws IOException {
    int fresh = kqueue.create();
    if (fresh < 0) {
      throw new SystemCallException("kqueue", "O_CLOEXEC", fresh, kernel);
    }
    Files files = kernel.files();
    try {
      waker.addTo(kernel, fresh);
      int result = files.duplicateTo(fresh, queue.number());
      if (result < 0) {
        throw new SystemCallException("dup3", queue, result, kernel);
      }
    } finally {
      files.close(fresh);
    }
    forgetAll();
  }

  private void forgetAll() {
    lock.lock();
    try {
      wait.clear();
      table.clear();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    forgetAll();
    queue.close();
    waker.close();
    now.close();
    wait.close();
  }
}
