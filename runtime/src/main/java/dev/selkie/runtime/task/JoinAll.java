package dev.selkie.runtime.task;

import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What several tasks come to, in their order. */
final class JoinAll<T extends @Nullable Object> extends SideBySide<T, List<T>> {
  private final @Nullable Object[] values;
  private int left;

  JoinAll(Collection<? extends Task<? extends T>> tasks) {
    super(tasks);
    values = new @Nullable Object[tasks.size()];
    left = values.length;
  }

  @Override
  boolean succeeded(int index, T value) {
    values[index] = value;
    return --left == 0;
  }

  @Override
  void failed(Exception failure) throws Exception {
    throw failure;
  }

  @Override
  void drop() {
    for (Object value : values) {
      Late.close(value);
    }
  }

  @Override
  @SuppressWarnings("unchecked") // it holds nothing else
  List<T> result() {
    return (List<T>) Collections.unmodifiableList(Arrays.asList(values));
  }
}
