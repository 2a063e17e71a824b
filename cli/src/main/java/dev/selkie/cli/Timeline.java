package dev.selkie.cli;

import dev.selkie.cli.console.Terminal;
import dev.selkie.cli.program.Asked;
import dev.selkie.cli.program.DelayRun;
import java.util.ArrayList;
import java.util.List;

/** A drawing of a run: one line a request, time running to the right. */
final class Timeline {
  private static final int LABEL = "request 00 ".length();
  private static final int RESULT = " answered after  ms".length();

  /** The frame, the head of a line, and a last column that stays free: a full line would wrap. */
  private static final int REST = 4;

  /** More than an answer may be late. */
  private static final int LATE_MILLIS = 60_000;

  private static final int LEAST_BAR = 10;
  private static final String GREEN = "\u001b[32m";
  private static final String CYAN = "\u001b[36m";
  private static final String RED = "\u001b[31m";
  private static final String PLAIN = "\u001b[0m";

  private final Terminal terminal;
  private final DelayRun run;
  private final int bar;

  Timeline(Terminal terminal, DelayRun run) {
    this.terminal = terminal;
    this.run = run;
    this.bar = bar(terminal, run);
  }

  /** The cells that are left for time. */
  private static int bar(Terminal terminal, DelayRun run) {
    int digits = String.valueOf(run.delayMillis(0) + LATE_MILLIS).length();
    return terminal.columns() - LABEL - RESULT - digits - REST;
  }

  /** Whether so many requests can be drawn this way. */
  static boolean isTallEnough(Terminal terminal, int requests) {
    return requests <= Math.min(40, terminal.rows() - 6);
  }

  /** Whether a run can be drawn this way without a line that wraps. */
  static boolean isWideEnough(Terminal terminal, DelayRun run) {
    return bar(terminal, run) >= LEAST_BAR;
  }

  /** The drawing at a time of the run. */
  List<String> lines(List<Asked> requests, long nowNanos) {
    // Time's scale: the longest delay ends short of the right edge, and a late run still fits.
    long longest = run.delayMillis(0) * 1_000_000;
    long span = Math.max(Math.max(longest + longest / 20, nowNanos), 1);
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < run.requests(); i++) {
      lines.add(i < requests.size() ? line(requests.get(i), nowNanos, span) : label(i));
    }
    String end = span / 1_000_000 + " ms";
    int gap = Math.max(1, bar + 2 - "0".length() - end.length());
    lines.add(" ".repeat(LABEL) + "0" + " ".repeat(gap) + end);
    return lines;
  }

  private String line(Asked request, long nowNanos, long span) {
    boolean answered = request.state() == Asked.State.ANSWERED;
    boolean failed = request.state() == Asked.State.FAILED;
    long until = answered || failed ? request.endNanos() : nowNanos;
    int from = cells(Math.min(request.startNanos(), until), span);
    int length = Math.max(cells(until, span) - from, 0);
    String body = (terminal.unicode() ? "\u2501" : "=").repeat(length);
    String head = head(answered, failed);
    String drawn = " ".repeat(from) + body + head;
    String padding = " ".repeat(Math.max(0, bar + 1 - from - length - 1));
    String colour = answered ? GREEN : failed ? RED : CYAN;
    String result =
        answered
            ? " answered after " + (request.endNanos() - request.startNanos()) / 1_000_000 + " ms"
            : failed ? " failed" : " waits";
    String edge = terminal.unicode() ? "\u2502" : "|";
    return label(request.index()) + edge + coloured(colour, drawn) + padding + edge + result;
  }

  private String head(boolean answered, boolean failed) {
    if (terminal.unicode()) {
      return answered ? "\u25cf" : failed ? "\u2717" : "\u2578";
    }
    return answered ? "*" : failed ? "x" : ">";
  }

  private String label(int index) {
    return ("request " + index + " ".repeat(LABEL)).substring(0, LABEL);
  }

  private int cells(long nanos, long span) {
    return (int) Math.min(bar - 1, nanos * (double) (bar - 1) / span);
  }

  private String coloured(String colour, String text) {
    return terminal.colour() ? colour + text + PLAIN : text;
  }
}
