package dev.selkie.runtime.task;

import org.jspecify.annotations.Nullable;

/**
 * What a poll finds: that a task is pending, or the value that it has come to.
 *
 * @param <T> the type of the value
 */
public final class Poll<T extends @Nullable Object> {
  private static final Poll<?> PENDING = new Poll<@Nullable Object>(null);

  private final T value;

  private Poll(T value) {
    this.value = value;
  }

  /** Not yet: the waker of the poll will be called. There is one of them. */
  @SuppressWarnings("unchecked") // it has no value
  public static <T extends @Nullable Object> Poll<T> pending() {
    return (Poll<T>) PENDING;
  }

  /** The end of a task. */
  public static <T extends @Nullable Object> Poll<T> ready(T value) {
    return new Poll<>(value);
  }

  /** Whether there is a value. */
  public boolean isReady() {
    return this != PENDING;
  }

  /**
   * The value.
   *
   * @throws IllegalStateException if it is pending
   */
  public T value() {
    if (this == PENDING) {
      throw new IllegalStateException("the task is pending: it has no value yet");
    }
    return value;
  }

  @Override
  public String toString() {
    return this == PENDING ? "pending" : "ready: " + value;
  }
}
