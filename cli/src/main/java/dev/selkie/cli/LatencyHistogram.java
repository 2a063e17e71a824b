package dev.selkie.cli;

import dev.selkie.cli.console.Terminal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/** How late answers were: a drawing with a bar a range, and percentiles. */
final class LatencyHistogram {
  private static final long MAX_MICROS = 3_600_000_000L;
  private static final int MOST_BARS = 12;
  private static final int LABEL = 22;
  private static final int COUNT = 9;

  private final Histogram micros = new Histogram(MAX_MICROS, 3);

  /** Takes one answer. */
  void add(long lateNanos) {
    micros.recordValue(Math.clamp(lateNanos / 1000, 0, MAX_MICROS));
  }

  /** The percentiles in one line. */
  String percentiles() {
    return "late by: median %s, 90 %% %s, 99 %% %s, most %s"
        .formatted(
            text(micros.getValueAtPercentile(50)),
            text(micros.getValueAtPercentile(90)),
            text(micros.getValueAtPercentile(99)),
            text(micros.getMaxValue()));
  }

  /** The drawing, ranges of doubling width from top to bottom. */
  List<String> lines(Terminal terminal) {
    List<String> lines = new ArrayList<>();
    long most = 1;
    List<Range> ranges = ranges();
    for (Range range : ranges) {
      most = Math.max(most, range.count);
    }
    int width = Math.max(10, Math.min(50, terminal.columns() - LABEL - COUNT - 2));
    for (Range range : ranges) {
      int cells = (int) ((range.count * width + most - 1) / most);
      String label = "%9s to %9s".formatted(text(range.from), text(range.to));
      lines.add(
          "%s %7d %s"
              .formatted(label, range.count, (terminal.unicode() ? "\u2588" : "#").repeat(cells))
              .stripTrailing());
    }
    return lines;
  }

  /** Answers that were late by at least {@code from} and less than {@code to}. */
  private record Range(long from, long to, long count) {}

  private List<Range> ranges() {
    // Ends at powers of two of microseconds; the last range holds the greatest value.
    int bits = 64 - Long.numberOfLeadingZeros(micros.getMaxValue());
    int bars = Math.min(MOST_BARS, bits + 1);
    long top = 1L << bits;
    List<Range> ranges = new ArrayList<>();
    long from = 0;
    for (int i = bars - 1; i >= 0; i--) {
      long end = top >> i;
      long count = micros.getCountBetweenValues(from, end - 1);
      if (count > 0 || !ranges.isEmpty()) {
        ranges.add(new Range(from, end, count));
      }
      from = end;
    }
    return ranges;
  }

  private static String text(long micros) {
    return micros < 1000
        ? micros + " \u00b5s"
        : String.format(Locale.ROOT, micros < 100_000 ? "%.1f ms" : "%.0f ms", micros / 1000.0);
  }
}
