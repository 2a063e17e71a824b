package dev.selkie.cli;

import dev.selkie.cli.console.Terminal;

/** A drawing of how much of a run is done, in one line. */
final class ProgressBar {
  private static final int LEAST_BAR = 10;
  private static final int MOST_BAR = 60;
  private static final int FRAME = "[]".length();

  /** Longer than a run takes but for the longest delays. */
  private static final long LONG_NANOS = 1_000_000_000_000L;

  private final Terminal terminal;
  private final int total;

  ProgressBar(Terminal terminal, int total) {
    this.terminal = terminal;
    this.total = total;
  }

  /** Whether the line of a run of so many requests stays shorter than the terminal is wide. */
  static boolean fits(Terminal terminal, int total) {
    return LEAST_BAR + FRAME + text(total, total, total, LONG_NANOS).length() < terminal.columns();
  }

  private static String text(int done, int total, int waiting, long nowNanos) {
    return " %d of %d answered, %d waiting, %.1f s".formatted(done, total, waiting, nowNanos / 1e9);
  }

  /** The line at a time. */
  String line(int done, int begun, long nowNanos) {
    String text = text(done, total, begun - done, nowNanos);
    int width = Math.clamp(terminal.columns() - text.length() - FRAME - 1, LEAST_BAR, MOST_BAR);
    int full = (int) ((long) width * done / total);
    int partly = (int) ((long) width * begun / total) - full;
    String cells =
        (terminal.unicode() ? "\u2588" : "#").repeat(full)
            + (terminal.unicode() ? "\u2591" : "-").repeat(partly)
            + " ".repeat(width - full - partly);
    return "[" + cells + "]" + text;
  }
}
