package dev.selkie.runtime.task;

import dev.selkie.runtime.Waker;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** Tasks that are polled side by side, each when it was woken, and the task of their end. */
abstract class SideBySide<T extends @Nullable Object, R extends @Nullable Object> extends Once<R> {
  /*
   * Each branch has a waker of its own, which puts it on a stack, once, and wakes the whole. A poll
   * stores the waker of the whole before it takes the stack; a branch is on the stack before it
   * looks for the waker. So one of the two sees the other.
   */
  private static final VarHandle WOKEN;
  private static final VarHandle QUEUED;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      WOKEN = lookup.findVarHandle(SideBySide.class, "woken", Branch.class);
      QUEUED = lookup.findVarHandle(Branch.class, "queued", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Branch<T>[] branches;

  /** Those that were woken since the last poll, the last first. */
  private volatile @Nullable Branch<T> woken;

  /** The waker of the last poll; before the first, nobody is woken. */
  private volatile Waker waker = () -> {};

  @SuppressWarnings({"unchecked", "rawtypes"}) // an array of a generic type
  SideBySide(Collection<? extends Task<? extends T>> tasks) {
    branches = new Branch[tasks.size()];
    int i = 0;
    for (Task<? extends T> task : tasks) {
      branches[i] = new Branch<>(this, i, task);
      i++;
    }
    for (Branch<T> branch : branches) {
      branch.wake();
    }
  }

  /** A branch has come to something; whether that ends them all. */
  abstract boolean succeeded(int index, T value);

  /** A branch has failed: throws if that ends them all. */
  abstract void failed(Exception failure) throws Exception;

  /** What they all come to. */
  abstract R result();

  /** Lets go what has come so far: they all come to nothing. */
  void drop() {}

  @Override
  final Poll<R> advance(Waker waker) throws Exception {
    this.waker = waker;
    boolean over = false;
    try {
      Branch<T> next = inOrder(takeWoken());
      while (next != null && !over) {
        Branch<T> branch = next;
        next = branch.next;
        branch.queued = false; // from here on it may be put on the stack again
        over = poll(branch);
      }
    } catch (Throwable e) {
      after(e, this::abandon);
      throw e;
    }
    if (!over) {
      return Poll.pending();
    }
    Throwable thrown = cancelOthers();
    if (thrown != null) { // which does not change what they came to
      Late.tell("a task beside one that has won could not be cancelled", thrown);
    }
    return Poll.ready(result());
  }

  @SuppressWarnings("unchecked") // there are no others
  private @Nullable Branch<T> takeWoken() {
    return (Branch<T>) WOKEN.getAndSet(this, null);
  }

  private boolean poll(Branch<T> branch) throws Exception {
    if (branch.over) {
      return false;
    }
    branch.over = true; // unless it is found pending
    Poll<? extends T> found;
    try {
      found = branch.task.poll(branch);
    } catch (Exception e) {
      failed(e);
      return false;
    }
    branch.over = found.isReady();
    return branch.over && succeeded(branch.index, found.value());
  }

  private static <T extends @Nullable Object> @Nullable Branch<T> inOrder(
      @Nullable Branch<T> last) {
    Branch<T> first = null;
    for (Branch<T> branch = last; branch != null; ) {
      Branch<T> before = branch.next;
      branch.next = first;
      first = branch;
      branch = before;
    }
    return first;
  }

  @Override
  final void abandon() {
    drop();
    switch (cancelOthers()) {
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case null, default -> {}
    }
  }

  /** Cancels those that are not over, all of them; what that throws. */
  private @Nullable Throwable cancelOthers() {
    Throwable thrown = null;
    for (Branch<T> branch : branches) {
      if (!branch.over) {
        branch.over = true;
        try {
          branch.task.cancel();
        } catch (Throwable e) {
          if (thrown == null) {
            thrown = e;
          } else {
            suppress(thrown, e);
          }
        }
      }
    }
    return thrown;
  }

  private static final class Branch<T extends @Nullable Object> implements Waker {
    final SideBySide<T, ?> whole;
    final int index;
    final Task<? extends T> task;
    boolean over;
    volatile boolean queued;

    /** On the stack; of who has it. */
    @Nullable Branch<T> next;

    Branch(SideBySide<T, ?> whole, int index, Task<? extends T> task) {
      this.whole = whole;
      this.index = index;
      this.task = task;
    }

    @Override
    public void wake() {
      if (QUEUED.compareAndSet(this, false, true)) {
        Branch<T> last;
        do {
          last = whole.woken;
          next = last;
        } while (!WOKEN.compareAndSet(whole, last, this));
        whole.waker.wake();
      }
    }
  }
}
