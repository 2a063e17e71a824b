package dev.selkie.runtime;

import java.util.concurrent.TimeUnit;

/**
 * The greatest of the durations of the last one to two seconds: one thread tells of them, and
 * others may ask.
 */
final class Peak {
  private static final long WINDOW = TimeUnit.SECONDS.toNanos(1);

  private final Count since = new Count();
  private final Count current = new Count();
  private final Count previous = new Count();

  /** Something took so long, until now. */
  void add(long now, long nanos) {
    long age = now - since.get();
    if (age >= WINDOW) {
      previous.set(age >= 2 * WINDOW ? 0 : current.get());
      since.set(now);
      current.set(nanos);
    } else if (nanos > current.get()) {
      current.set(nanos);
    }
  }

  /** The greatest until now; to another thread an estimate while a second begins. */
  long get(long now) {
    long age = now - since.get();
    if (age >= 2 * WINDOW) {
      return 0;
    }
    return age >= WINDOW ? current.get() : Math.max(current.get(), previous.get());
  }
}
