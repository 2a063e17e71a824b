package dev.selkie.runtime.task;

import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** What the first of several tasks comes to. */
final class RaceOf<T extends @Nullable Object> extends SideBySide<T, T> {
  private @Nullable Exception first;
  private @Nullable T result;
  private int left;

  RaceOf(Collection<? extends Task<? extends T>> tasks) {
    super(tasks);
    left = tasks.size();
  }

  @Override
  boolean succeeded(int index, T value) {
    result = value;
    return true;
  }

  @Override
  void failed(Exception failure) throws Exception {
    if (first == null) {
      first = failure;
    } else {
      first.addSuppressed(failure);
    }
    if (--left == 0) {
      throw first;
    }
  }

  @Override
  @SuppressWarnings("NullAway") // null if a task came to null
  T result() {
    return result;
  }
}
