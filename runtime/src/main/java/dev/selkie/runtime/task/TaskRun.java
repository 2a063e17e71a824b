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
   * there is another run. So it is with the executor once at most, and polled by one thread.
   */
  private static final int IDLE = 0;
  private static final int QUEUED = 1;
  private static final int POLLED = 2;
  private static final int POLLED_AND_WOKEN = 3;
  private static final int OVER = 4;

  private static final VarHandle PHASE;

  static {
    try {
      PHASE = MethodHandles.lookup().findVarHandle(TaskRun.class, "phase", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Task<T> task;
  private final Executor executor;
  private final CompletableFuture<T> end;
  private volatile int phase;

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
      end.completeExceptionally(e);
      task.cancel();
    }
  }

  /** Polls it; the executor. */
  @Override
  public void run() {
    if (end.isDone()) {
      phase = OVER;
      task.cancel();
      return;
    }
    phase = POLLED;
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
      end.complete(found.value());
    } else if (!PHASE.compareAndSet(this, POLLED, IDLE)) {
      phase = QUEUED;
      submit();
    }
  }
}
