package dev.selkie.benchmarks;

import java.util.Arrays;
import java.util.List;

/**
 * The spread of one figure over the rounds.
 *
 * @param median the middle
 * @param min the least
 * @param max the greatest
 * @param quartile1 a quarter of the rounds is below
 * @param quartile3 a quarter of the rounds is above
 * @param low the lower end of the 95 per cent interval of the median, by order statistics
 * @param high its upper end; fewer than six rounds have no such interval, and theirs is the range
 */
record Summary(
    double median,
    double min,
    double max,
    double quartile1,
    double quartile3,
    double low,
    double high) {
  private static final double TAIL = 0.025;

  static Summary of(List<Double> figures) {
    double[] sorted = figures.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    if (sorted.length == 0) {
      throw new IllegalArgumentException("no figures");
    }
    int rank = intervalRank(sorted.length);
    return new Summary(
        quantile(sorted, 0.5),
        sorted[0],
        sorted[sorted.length - 1],
        quantile(sorted, 0.25),
        quantile(sorted, 0.75),
        sorted[rank],
        sorted[sorted.length - 1 - rank]);
  }

  /** The quotients of two series, round by round. */
  static Summary ofRatios(List<Double> figures, List<Double> base) {
    int rounds = Math.min(figures.size(), base.size());
    Double[] ratios = new Double[rounds];
    Arrays.setAll(ratios, i -> figures.get(i) / base.get(i));
    return of(List.of(ratios));
  }

  private static double quantile(double[] sorted, double fraction) {
    double position = fraction * (sorted.length - 1);
    int below = (int) position;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
  }

  /**
   * How many figures may be cut off at each end: the median lies below the k-th of n figures with
   * the probability of at most k-1 heads in n throws of a coin.
   */
  static int intervalRank(int n) {
    double probability = Math.pow(0.5, n); // of no heads
    double sum = 0;
    int rank = 0;
    while (true) {
      sum += probability;
      if (sum > TAIL) {
        return Math.max(rank - 1, 0);
      }
      probability *= (double) (n - rank) / (rank + 1);
      rank++;
    }
  }
}
