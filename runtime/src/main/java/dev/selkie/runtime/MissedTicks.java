package dev.selkie.runtime;

/**
 * What an interval does about ticks that could not run at their time, because the loop was held or
 * the tick before took longer than the period.
 *
 * <p>With a period of 10 ms, ticks that take no time and a loop that is held from 15 to 42:
 *
 * <pre>
 * BURST  10, 42, 42, 42, 50, 60
 * DELAY  10, 42, 52, 62
 * SKIP   10, 42, 50, 60
 * </pre>
 */
public enum MissedTicks {
  /** They follow each other at once: in the long run there are as many ticks as periods. */
  BURST,

  /** They move the later ones: from the beginning of one tick to that of the next is a period. */
  DELAY,

  /**
   * Of those that wait one runs, the rest are left out; later ones keep to the multiples of the
   * period.
   */
  SKIP;

  /**
   * The time of the next tick.
   *
   * @param due when the last was to run
   * @param began when it began
   * @param ended when it ended
   */
  long next(long due, long began, long ended, long period) {
    return switch (this) {
      case BURST -> due + period;
      case DELAY -> began + period;
      case SKIP -> ended + period - Math.floorMod(ended - due, period);
    };
  }
}
