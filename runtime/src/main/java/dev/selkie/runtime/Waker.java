package dev.selkie.runtime;

/**
 * The one way back to whatever waits: a callback, a future, a task or a fiber.
 *
 * <p><b>Concurrency.</b> Any thread may wake, once, often, late, after what was waited for is over,
 * or from inside another wake. Wakes are called outside locks.
 */
@FunctionalInterface
public interface Waker {
  /** Says that what was waited for may have come; it neither blocks nor throws. */
  void wake();
}
