package dev.selkie.runtime;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/** The future of the end of loops: inside of any of them, in fibers too, waiting is refused. */
final class Termination<T extends @Nullable Object> extends LoopFuture<T> {
  private static final Executor ELSEWHERE = new CompletableFuture<>().defaultExecutor();

  private final List<EventLoop> loops;

  Termination(List<EventLoop> loops) {
    super(loops.getFirst());
    this.loops = loops;
  }

  @Override
  void refuseToAwait() {
    if (!isDone()) {
      loops.forEach(EventLoop::refuseToWait);
    }
  }

  /** The time is over when it is so on a loop that has not ended. */
  @Override
  void limit(long nanos, Waker late) {
    loops.forEach(loop -> limit(loop, nanos, late, () -> {}));
  }

  @Override
  public <U extends @Nullable Object> CompletableFuture<U> newIncompleteFuture() {
    return new Termination<>(loops);
  }

  /** Not a loop, which takes no more. */
  @Override
  public Executor defaultExecutor() {
    return ELSEWHERE;
  }
}
