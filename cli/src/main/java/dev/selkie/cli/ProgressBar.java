package dev.selkie.cli;

import dev.selkie.cli.console.Terminal;

/** A drawing of how much of a run is done, in one line. */
final class ProgressBar {
  private final Terminal terminal;
  private final int total;

  ProgressBar(Terminal terminal, int total) {
    this.terminal = terminal;
    this.total = total;
  }

  /** The line at a time. */
  String line(int done, int begun, long nowNanos) {
    String text =
        " %d of %d answered, %d waiting, %.1f s"
            .formatted(done, total, begun - done, nowNanos / 1e9);
    int width = Math.max(10, Math.min(60, terminal.columns() - text.length() - 3));
    int full = (int) ((long) width * done / total);
    int partly = (int) ((long) width * begun / total) - full;
    String cells =
        (terminal.unicode() ? "\u2588" : "#").repeat(full)
            + (terminal.unicode() ? "\u2591" : "-").repeat(partly)
            + " ".repeat(width - full - partly);
    return "[" + cells + "]" + text;
  }
}
