package dev.selkie.benchmarks;

/** A queue in which one thread waits and which others wake. */
interface Waiter {
  /** Returns after a wake; it may return for no reason too. */
  void await() throws Exception;

  /** Ends the wait. */
  void wake();
}
