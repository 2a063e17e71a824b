package dev.selkie.benchmarks;

import java.util.Locale;

/**
 * One figure of a round.
 *
 * @param name its name in the JSON file
 * @param title its name in the tables
 * @param decimals the digits shown
 */
record Metric(String name, String title, int decimals) {
  String format(double value) {
    return String.format(Locale.ROOT, "%,." + decimals + "f", value);
  }
}
