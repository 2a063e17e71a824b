package dev.selkie.runtime.task;

import dev.selkie.runtime.Waker;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** A task that an executor polls whenever it was woken, and its waker. */
final class TaskRun<T extends @Nullable Object> implements Runnable, Waker {
  /*
   * Who wakes an idle run hands it to the executor; a wake during a poll leaves a note, for which
   * there is another run. So it is with the executor once at most, and polled by one thread. An
   * executor that runs it at once, inside a run, is answered by a note as well: the outer run goes
   * on, and the stack does not grow.
   */
  private static final int IDLE = 0;
  private static final int QUEUED = 1;
  private static final int POLLED = 2;
  private static final int POLLED_AND_WOKEN = 3;
  private static final int AGAIN = 4;
  private static final int OVER = 5;

  private static final VarHandle PHASE;
  private static final VarHandle SUBMITTER;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      PHASE = lookup.findVarHandle(TaskRun.class, "phase", int.class);
      SUBMITTER = lookup.findVarHandle(TaskRun.class, "submitter", Thread.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Task<T> task;
  private final Executor executor;
  private final CompletableFuture<T> end;
  private volatile int phase;

  /** The thread that hands the next run in from inside this one. */
  private volatile @Nullable Thread submitter;

  TaskRun(Task<T> task, Executor executor, CompletableFuture<T> end) {
    this.task = task;
    this.executor = executor;
    this.end = end;
  }

  void start() {
    wake();
    var _ = end.whenComplete((_, _) -> wake()); // to cancel the task, if it was not the task
  }

  @Override
  public String toString() {
    return "task " + task;
  }

  @Override
  public void wake() {
    while (true) {
      int seen = phase;
      if (seen == IDLE) {
        if (PHASE.compareAndSet(this, IDLE, QUEUED)) {
          submit();
          return;
        }
      } else if (seen != POLLED || PHASE.compareAndSet(this, POLLED, POLLED_AND_WOKEN)) {
        return;
      }
    }
  }

  private void submit() {
    try {
      executor.execute(this);
    } catch (Throwable e) { // it takes no more, as a rule
      phase = OVER;
      Once.after(e, task::cancel);
      end.completeExceptionally(e);
    }
  }

  /** Polls it; the executor. */
  @Override
  public void run() {
    if (submitter == Thread.currentThread()) {
      phase = AGAIN;
      return;
    }
    phase = POLLED;
    do {
      poll();
    } while (PHASE.compareAndSet(this, AGAIN, POLLED));
  }

  private void poll() {
    if (end.isDone()) {
      phase = OVER;
      task.cancel();
      return;
    }
    Poll<T> found;
    try {
      found = Objects.requireNonNull(task.poll(this), "a poll of null");
    } catch (Throwable e) {
      phase = OVER;
      end.completeExceptionally(e);
      return;
    }
    if (found.isReady()) {
      phase = OVER;
      if (!end.complete(found.value())) {
        Late.close(found.value());
      }
    } else if (!PHASE.compareAndSet(this, POLLED, IDLE)) {
      phase = QUEUED;
      Thread self = Thread.currentThread();
      submitter = self;
      submit();
      SUBMITTER.compareAndSet(this, self, null); // unless the next run has submitted already
    }
  }
}
