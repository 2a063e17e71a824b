package dev.selkie.cli.jvm;

import dev.selkie.cli.console.Json;
import dev.selkie.cli.console.Output;
import dev.selkie.cli.jvm.LoopState.LoopFigures;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.stream.Collectors;

/**
 * What the loops of a JVM do at a time.
 *
 * @param time when
 * @param pid the process
 * @param loops the loops, by name
 * @param connections the busiest, by the bytes of the last second
 */
public record Frame(
    Instant time, long pid, List<LoopFigures> loops, List<ConnectionFigures> connections) {
  private static final DateTimeFormatter CLOCK = DateTimeFormatter.ofPattern("HH:mm:ss");
  private static final String LOOP = "%-20s %5s %8s %8s %8s %8s %8s %8s %8s %8s %8s %9s %9s";
  private static final String CONNECTION = "%-52s %9s %9s %9s  %s";

  /** Makes the lists unmodifiable. */
  public Frame {
    loops = List.copyOf(loops);
    connections = List.copyOf(connections);
  }

  /**
   * A connection.
   *
   * @param loop the loop
   * @param source the descriptor and the peer
   * @param received bytes in all
   * @param sent bytes in all
   * @param recent bytes each way since the frame before
   */
  record ConnectionFigures(String loop, String source, long received, long sent, long recent) {
    String json() {
      return Json.object()
          .put("loop", loop)
          .put("source", source)
          .put("received_bytes", received)
          .put("sent_bytes", sent)
          .put("recent_bytes", recent)
          .toString();
    }
  }

  /** All of it as a JSON object in one line. */
  public String json() {
    return Json.object()
        .put("time", time.truncatedTo(ChronoUnit.MILLIS).toString())
        .put("pid", pid)
        .putRaw("loops", array(loops.stream().map(LoopFigures::json).toList()))
        .putRaw("connections", array(connections.stream().map(ConnectionFigures::json).toList()))
        .toString();
  }

  private static String array(List<String> elements) {
    return "[" + String.join(", ", elements) + "]";
  }

  /** The sums, and the worst of what has no sum, in one line of text. */
  public String line() {
    return String.format(
        Locale.ROOT,
        "%s  %d %s, load %.0f %%, lag %.1f ms, longest callback %.1f ms, %s events/s, %s wakes/s,"
            + " %s timers/s, %d registered, %d fibers, %s/s in, %s/s out",
        clock(),
        loops.size(),
        loops.size() == 1 ? "loop" : "loops",
        100 * loops.stream().mapToDouble(LoopFigures::load).average().orElse(0),
        worst(LoopFigures::lag),
        worst(LoopFigures::longest),
        count(sum(LoopFigures::events)),
        count(sum(LoopFigures::wakes)),
        count(sum(LoopFigures::timersFired)),
        loops.stream().mapToLong(LoopFigures::registrations).sum(),
        loops.stream().mapToLong(LoopFigures::fibers).sum(),
        bytes(sum(LoopFigures::received)),
        bytes(sum(LoopFigures::sent)));
  }

  private String clock() {
    return CLOCK.format(time.atZone(ZoneId.systemDefault()));
  }

  private double sum(ToDoubleFunction<LoopFigures> figure) {
    return loops.stream().mapToDouble(figure).sum();
  }

  private double worst(ToDoubleFunction<LoopFigures> figure) {
    return loops.stream().mapToDouble(figure).max().orElse(0);
  }

  /** A screen of so many columns and rows: the loops, and as many connections as have room. */
  public List<String> screen(int columns, int rows) {
    List<String> lines = new ArrayList<>();
    lines.add("selkie top %d  %s  (Ctrl-C ends)".formatted(pid, clock()));
    lines.add(line().substring(clock().length() + 2));
    lines.add("");
    lines.add(
        LOOP.formatted(
            "LOOP",
            "LOAD",
            "LAG ms",
            "LONGEST",
            "EVENTS/s",
            "WAKES/s",
            "RUNS/s",
            "TIMERS/s",
            "PENDING",
            "FIBERS",
            "SOURCES",
            "IN/s",
            "OUT/s"));
    for (LoopFigures loop : loops) {
      lines.add(row(loop));
    }
    if (!connections.isEmpty()) {
      lines.add("");
      lines.add(CONNECTION.formatted("CONNECTION", "RECENT", "IN", "OUT", "LOOP"));
    }
    for (ConnectionFigures each : connections) {
      lines.add(
          CONNECTION.formatted(
              Output.printable(each.source()),
              bytes(each.recent()),
              bytes(each.received()),
              bytes(each.sent()),
              Output.printable(each.loop())));
    }
    return lines.stream()
        .limit(rows)
        .map(line -> line.length() > columns ? line.substring(0, columns) : line)
        .map(String::stripTrailing)
        .collect(Collectors.toList());
  }

  private static String row(LoopFigures loop) {
    return LOOP.formatted(
        Output.printable(loop.name()),
        Math.round(100 * loop.load()) + " %",
        String.format(Locale.ROOT, "%.1f", loop.lag()),
        String.format(Locale.ROOT, "%.1f", loop.longest()),
        count(loop.events()),
        count(loop.wakes()),
        count(loop.runnables()),
        count(loop.timersFired()),
        count(loop.timersPending()),
        count(loop.fibers()),
        count(loop.registrations()),
        bytes(loop.received()),
        bytes(loop.sent()));
  }

  private static String count(long number) {
    return count((double) number);
  }

  /** A number in seven characters at most. */
  static String count(double number) {
    return number < 100_000 ? Long.toString(Math.round(number)) : scaled(number, "", 1000);
  }

  private static String bytes(long number) {
    return bytes((double) number);
  }

  /** Bytes in eight characters at most. */
  static String bytes(double number) {
    return scaled(number, "B", 1024);
  }

  private static String scaled(double number, String unit, int step) {
    double value = number;
    int power = 0;
    while (value >= step && power < 4) {
      value /= step;
      power++;
    }
    String prefix = power == 0 ? "" : " kMGT".substring(power, power + 1);
    String form = power == 0 || value >= 100 ? "%.0f %s%s" : "%.1f %s%s";
    return String.format(Locale.ROOT, form, value, prefix, unit).strip();
  }
}
