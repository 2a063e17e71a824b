package dev.selkie.simulation;

/** The one source of decisions of a network: SplitMix64, the same for a seed on every JDK. */
final class Randomness {
  private static final long STEP = 0x9E37_79B9_7F4A_7C15L;
  private static final double UNIT = 0x1.0p-53;
  private long state;

  Randomness(long seed) {
    this.state = seed;
  }

  long nextLong() {
    state += STEP;
    long z = state;
    z = (z ^ (z >>> 30)) * 0xBF58_476D_1CE4_E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D0_49BB_1331_11EBL;
    return z ^ (z >>> 31);
  }

  /** A number from 0 on, below the bound. */
  int below(int bound) {
    return (int) Long.remainderUnsigned(nextLong(), bound);
  }

  /** A number from the first to the second, both possible. */
  long between(long least, long most) {
    return least + Long.remainderUnsigned(nextLong(), most - least + 1);
  }

  boolean happens(double chance) {
    return (nextLong() >>> 11) * UNIT < chance;
  }
}
