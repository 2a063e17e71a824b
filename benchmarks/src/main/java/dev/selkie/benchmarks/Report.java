package dev.selkie.benchmarks;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonPrimitive;
import com.google.gson.JsonSerializer;
import dev.selkie.cli.console.Output;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What a run prints, and its JSON file. */
final class Report {
  private static final Gson GSON =
      new GsonBuilder()
          .registerTypeAdapter(
              Peer.class,
              (JsonSerializer<Peer>) (peer, type, context) -> new JsonPrimitive(peer.word))
          .setPrettyPrinting()
          .disableHtmlEscaping()
          .create();

  private final Map<String, String> facts;
  private final Settings settings;
  private final Output output;
  private final List<Result> results = new ArrayList<>();

  /** A report with the facts of the run: machine, versions, command. */
  Report(Map<String, String> facts, Settings settings, Output output) {
    this.facts = facts;
    this.settings = settings;
    this.output = output;
  }

  void printFacts() {
    facts.forEach((name, value) -> output.line("%-12s %s".formatted(name, value)));
  }

  void add(Result result) {
    results.add(result);
    printTable(result);
  }

  boolean hasFailure() {
    return results.stream().anyMatch(Result::hasFailed);
  }

  private void printTable(Result result) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(header(result));
    for (Peer peer : result.peers) {
      if (result.rounds().containsKey(peer)) {
        rows.add(row(result, peer));
      }
    }
    output.print("%n### %s%n%n".formatted(result.title));
    print(rows);
    result
        .missing()
        .forEach(
            (peer, reason) -> output.print("%nMissing: %s: %s%n".formatted(peer.title, reason)));
  }

  /** How each process was started. */
  void printCommands() {
    for (Result result : results) {
      output.print("%nCommands of %s:%n".formatted(result.title));
      result
          .commands()
          .forEach((name, command) -> output.line("  " + name + ": " + String.join(" ", command)));
    }
  }

  private static List<String> header(Result result) {
    List<String> cells = new ArrayList<>(List.of("peer"));
    cells.add(result.main().title());
    cells.addAll(
        List.of("quartiles", "min–max", "to " + result.base, "95 % interval", "Selkie to it"));
    result.metrics.stream().skip(1).forEach(metric -> cells.add(metric.title()));
    return cells;
  }

  private static List<String> row(Result result, Peer peer) {
    Metric main = result.main();
    Summary summary = Summary.of(result.figures(peer, main));
    Summary toBase = result.ratio(peer, result.base);
    Summary selkieTo = result.ratio(Peer.SELKIE, peer);
    List<String> cells = new ArrayList<>();
    cells.add(peer.title);
    cells.add(main.format(summary.median()));
    cells.add(range(main.format(summary.quartile1()), main.format(summary.quartile3())));
    cells.add(range(main.format(summary.min()), main.format(summary.max())));
    cells.add(toBase == null ? "" : ratio(toBase.median()));
    cells.add(toBase == null ? "" : range(ratio(toBase.low()), ratio(toBase.high())));
    cells.add(selkieTo == null ? "" : ratio(selkieTo.median()));
    result.metrics.stream()
        .skip(1)
        .forEach(m -> cells.add(m.format(Summary.of(result.figures(peer, m)).median())));
    return cells;
  }

  private static String range(String low, String high) {
    return low + "–" + high;
  }

  private static String ratio(double value) {
    return String.format(Locale.ROOT, "%.3f", value);
  }

  /** A table that reads well on a terminal and is Markdown. */
  private void print(List<List<String>> rows) {
    int columns = rows.getFirst().size();
    int[] widths = new int[columns];
    for (List<String> row : rows) {
      for (int i = 0; i < columns; i++) {
        widths[i] = Math.max(widths[i], row.get(i).length());
      }
    }
    for (int r = 0; r < rows.size(); r++) {
      StringBuilder line = new StringBuilder("|");
      StringBuilder rule = new StringBuilder("|");
      for (int i = 0; i < columns; i++) {
        String format = i == 0 ? " %-" + widths[i] + "s |" : " %" + widths[i] + "s |";
        line.append(String.format(format, rows.get(r).get(i)));
        rule.append(i == 0 ? ":" : "-").append("-".repeat(widths[i])).append(i == 0 ? "-|" : ":|");
      }
      output.line(line.toString());
      if (r == 0) {
        output.line(rule.toString());
      }
    }
  }

  void writeJson(Path file) throws IOException {
    Map<String, Object> document = new LinkedHashMap<>();
    document.put("written", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    document.put("facts", facts);
    document.put("settings", settings);
    document.put("results", results.stream().map(this::json).toList());
    if (file.toAbsolutePath().getParent() != null) {
      Files.createDirectories(file.toAbsolutePath().getParent());
    }
    Files.writeString(file, GSON.toJson(document) + "\n");
  }

  private Map<String, Object> json(Result result) {
    Map<String, Object> peers = new LinkedHashMap<>();
    result
        .rounds()
        .forEach((peer, rounds) -> {
          Map<String, Object> entry = new LinkedHashMap<>();
          Map<String, Summary> summaries = new LinkedHashMap<>();
          for (Metric metric : result.metrics) {
            summaries.put(metric.name(), Summary.of(result.figures(peer, metric)));
          }
          entry.put("summaries", summaries);
          entry.put("ratio_to_base", result.ratio(peer, result.base));
          entry.put("ratio_of_selkie", result.ratio(Peer.SELKIE, peer));
          entry.put("rounds", rounds);
          peers.put(peer.word, entry);
        });
    Map<String, String> missing = new LinkedHashMap<>();
    result.missing().forEach((peer, reason) -> missing.put(peer.word, reason));
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("benchmark", result.benchmark);
    json.put("parameters", result.parameters);
    json.put("metric", result.main().name());
    json.put("base", result.base);
    json.put("peers", peers);
    json.put("missing", missing);
    json.put("commands", result.commands());
    return json;
  }
}
