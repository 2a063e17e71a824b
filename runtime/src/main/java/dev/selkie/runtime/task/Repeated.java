package dev.selkie.runtime.task;

import dev.selkie.runtime.Waker;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** Tasks one after the other, until one comes to false. */
final class Repeated extends Once<@Nullable Void> {
  private final Callable<? extends Task<Boolean>> maker;
  private @Nullable Task<Boolean> current;

  Repeated(Callable<? extends Task<Boolean>> maker) {
    this.maker = maker;
  }

  @Override
  Poll<@Nullable Void> advance(Waker waker) throws Exception {
    for (int i = 0; i < ROW; i++) {
      if (current == null) {
        current = maker.call();
      }
      Poll<Boolean> found = current.poll(waker);
      if (!found.isReady()) {
        return Poll.pending();
      }
      if (!found.value()) {
        return Poll.ready(null);
      }
      current = null;
    }
    waker.wake();
    return Poll.pending();
  }

  @Override
  void abandon() {
    if (current != null) {
      current.cancel();
    }
  }
}
