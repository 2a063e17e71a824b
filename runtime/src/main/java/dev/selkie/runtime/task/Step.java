package dev.selkie.runtime.task;

import dev.selkie.runtime.Waker;
import org.jspecify.annotations.Nullable;

/** A task that holds nothing between two polls. */
final class Step<T extends @Nullable Object> extends Once<T> {
  private final Task<T> body;

  Step(Task<T> body) {
    this.body = body;
  }

  @Override
  Poll<T> advance(Waker waker) throws Exception {
    return body.poll(waker);
  }

  @Override
  void abandon() {}
}
