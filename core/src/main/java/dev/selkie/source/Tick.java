package dev.selkie.source;

/**
 * What an {@link IntervalTimer} has to tell: that it expired, or that the clock was set.
 *
 * @param count how often it expired since the last tick: more than 1 if ticks were not taken in
 *     time; 0 if the clock was set
 */
public record Tick(long count) {
  /** Small counts are made once: a tick allocates nothing. */
  private static final Tick[] SMALL = new Tick[65];

  static {
    for (int i = 0; i < SMALL.length; i++) {
      SMALL[i] = new Tick(i);
    }
  }

  /** The tick with that count. */
  static Tick of(long count) {
    return count < SMALL.length ? SMALL[(int) count] : new Tick(count);
  }

  /** A count of expirations. */
  public Tick {
    if (count < 0) {
      throw new IllegalArgumentException("a tick of " + count + " expirations");
    }
  }

  /** How many expirations before this one nobody took in time. */
  public long overruns() {
    return Math.max(count - 1, 0);
  }

  /** Whether it tells that the time of day was set, see {@link IntervalTimer#startAt}. */
  public boolean clockWasSet() {
    return count == 0;
  }
}
