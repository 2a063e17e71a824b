package dev.selkie.coroutines;

import dev.selkie.runtime.Waker;
import dev.selkie.runtime.task.Poll;
import dev.selkie.runtime.task.Task;

/** A task that a test ends when it wants to. */
final class Manual<T> implements Task<T> {
  int polls;
  boolean cancelled;
  private Poll<T> found = Poll.pending();
  private Exception failure;
  private Waker waker = () -> {};

  void end(T value) {
    found = Poll.ready(value);
    waker.wake();
  }

  void fail(Exception e) {
    failure = e;
    waker.wake();
  }

  @Override
  public Poll<T> poll(Waker waker) throws Exception {
    polls++;
    this.waker = waker;
    if (failure != null) {
      throw failure;
    }
    return found;
  }

  @Override
  public String toString() {
    return "a manual task";
  }

  @Override
  public void cancel() {
    cancelled = true;
  }
}
