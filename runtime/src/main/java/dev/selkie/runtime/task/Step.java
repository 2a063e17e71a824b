package dev.selkie.runtime.task;

import dev.selkie.runtime.Waker;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A task that holds nothing between two polls, but where it waits. */
final class Step<T extends @Nullable Object> extends Once<T> {
  private final Task<T> body;

  /** Takes back the waker from where it waits. */
  private final Consumer<? super Waker> forgetting;

  /** The waker of the last poll; null before the first. */
  private @Nullable Waker waiting;

  Step(Task<T> body, Consumer<? super Waker> forgetting) {
    this.body = body;
    this.forgetting = forgetting;
  }

  @Override
  Poll<T> advance(Waker waker) throws Exception {
    waiting = waker;
    return body.poll(waker);
  }

  @Override
  void abandon() {
    if (waiting != null) {
      forgetting.accept(waiting);
    }
  }
}
