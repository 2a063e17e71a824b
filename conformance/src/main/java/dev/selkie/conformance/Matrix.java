package dev.selkie.conformance;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The table of cases and configurations, from the results that the runs have left. */
final class Matrix {
  private static final String BEGIN = "<!-- matrix: begin -->\n";
  private static final String END = "<!-- matrix: end -->\n";

  private static final String LEGEND =
      """
      - ✓: passes.
      - A number: what happens instead is asserted, for that reason.
      - ✓ −2: passes in part, without what reason 2 takes away.
      - ✓ 20/30: 20 of its 30 rows; the others have nothing to test there, as the test report says.
      - –: not run there.

      """;

  /** By class, then by method, then by configuration. */
  private final Map<String, Map<String, Map<String, Cell>>> cells = new TreeMap<>();

  /** The rows of a case on a configuration, most often one. */
  private static final class Cell {
    private final Set<String> instead = new TreeSet<>();
    private final Set<String> without = new TreeSet<>();
    private int rows;
    private int reached;

    void add(CaseResult result) {
      instead.addAll(result.instead());
      without.addAll(result.without());
      rows++;
      reached += result.outcome() == CaseResult.Outcome.NOT_REACHED ? 0 : 1;
    }

    String text(Map<String, Integer> notes) {
      if (reached == 0) {
        return "–";
      }
      List<String> marks = new ArrayList<>();
      if (instead.isEmpty()) {
        marks.add("✓");
      } else {
        marks.add(numbers(instead, notes));
      }
      if (!without.isEmpty()) {
        marks.add("−" + numbers(without, notes));
      }
      if (reached < rows) {
        marks.add(reached + "/" + rows);
      }
      return String.join(" ", marks);
    }

    private static String numbers(Set<String> reasons, Map<String, Integer> notes) {
      return reasons.stream()
          .map(reason -> notes.computeIfAbsent(reason, _ -> notes.size() + 1))
          .sorted()
          .map(String::valueOf)
          .collect(Collectors.joining(", "));
    }
  }

  private final List<String> failures = new ArrayList<>();

  /** The matrix of the results in a folder. */
  static Matrix read(Path folder) throws IOException {
    Matrix matrix = new Matrix();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : (Iterable<Path>) files.sorted()::iterator) {
        if (exists(file.getFileName().toString().replace(".tsv", ""))) {
          Files.readAllLines(file).stream().map(CaseResult::parse).forEach(matrix::add);
        }
      }
    }
    return matrix;
  }

  /** Whether a class is still there: what it left may be of an older build. */
  private static boolean exists(String type) {
    try {
      Class.forName(Matrix.class.getPackageName() + "." + type, false, loader());
      return true;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  private static @Nullable ClassLoader loader() {
    return Thread.currentThread().getContextClassLoader();
  }

  private void add(CaseResult result) {
    cells
        .computeIfAbsent(result.type(), _ -> new TreeMap<>())
        .computeIfAbsent(result.method(), _ -> new TreeMap<>())
        .computeIfAbsent(result.configuration(), _ -> new Cell())
        .add(result);
    if (result.outcome() == CaseResult.Outcome.FAILED) {
      failures.add("%s.%s on %s".formatted(result.type(), result.method(), result.configuration()));
    }
  }

  /** The cases that failed. */
  List<String> failures() {
    return failures;
  }

  /** The table in Markdown, with its markers. */
  String markdown() {
    List<String> names = Configurations.ofLoops().stream().map(Configuration::name).toList();
    Map<String, Integer> notes = new LinkedHashMap<>();
    StringBuilder text = new StringBuilder(BEGIN);
    int cases = cells.values().stream().mapToInt(Map::size).sum();
    text.append("\n%d cases on %d configurations.\n\n".formatted(cases, names.size()));
    text.append(LEGEND);
    text.append("| case | ").append(String.join(" | ", names)).append(" |\n");
    text.append("|---").append("|---".repeat(names.size())).append("|\n");
    cells.forEach((type, methods) -> {
      text.append("| **").append(words(type.replaceAll("Test$", ""))).append("** |");
      text.append(" |".repeat(names.size())).append('\n');
      methods.forEach((method, outcomes) -> {
        text.append("| ").append(words(method)).append(" |");
        names.forEach(name -> text.append(cell(outcomes.get(name), notes)));
        text.append('\n');
      });
    });
    text.append('\n');
    notes.forEach((reason, number) -> text.append(number + ". " + reason + "\n"));
    return text.append(notes.isEmpty() ? "" : "\n").append(END).toString();
  }

  private static String cell(@Nullable Cell cell, Map<String, Integer> notes) {
    return " " + (cell == null ? "–" : cell.text(notes)) + " |";
  }

  private static String words(String camelCase) {
    String spaced =
        camelCase
            .replaceAll("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ")
            .toLowerCase(Locale.ROOT);
    return spaced.substring(0, 1).toUpperCase(Locale.ROOT) + spaced.substring(1);
  }

  /** A document with this table between its markers. */
  String in(String document) {
    int begin = document.indexOf(BEGIN);
    int end = document.indexOf(END);
    if (begin < 0 || end < begin) {
      throw new IllegalStateException("the document has no place for the matrix");
    }
    return document.substring(0, begin) + markdown() + document.substring(end + END.length());
  }
}
