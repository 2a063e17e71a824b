package dev.selkie.conformance.soak;

import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

/** What has happened in a soak, and what should not have; for any thread. */
final class Tally {
  private static final int MOST_PROBLEMS = 20;

  private final Map<String, LongAdder> counts = new ConcurrentHashMap<>();
  private final Queue<Throwable> problems = new ConcurrentLinkedQueue<>();
  private final AtomicLong latest = new AtomicLong();

  void count(String what) {
    counts.computeIfAbsent(what, _ -> new LongAdder()).increment();
  }

  long of(String what) {
    LongAdder count = counts.get(what);
    return count == null ? 0 : count.sum();
  }

  /** What may not happen: the soak fails. */
  void problem(String what, Throwable cause) {
    if (problems.size() < MOST_PROBLEMS) {
      problems.add(new AssertionError(what + ": " + cause, cause));
    }
  }

  Queue<Throwable> problems() {
    return problems;
  }

  /**
   * Something was to happen after a time and has happened.
   *
   * @param lateNanos how much later it was than it should have been
   */
  void deadline(String what, long lateNanos, long mostNanos) {
    count("deadlines");
    latest.accumulateAndGet(lateNanos, Math::max);
    if (lateNanos < 0) {
      problem(what, new AssertionError(-lateNanos + " ns too early"));
    } else if (lateNanos > mostNanos) {
      problem(what, new AssertionError(lateNanos + " ns too late"));
    }
  }

  @Override
  public String toString() {
    return new TreeMap<>(counts) + ", latest by " + latest.get() / 1_000_000 + " ms";
  }
}
