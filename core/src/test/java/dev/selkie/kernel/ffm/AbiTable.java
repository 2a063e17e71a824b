package dev.selkie.kernel.ffm;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;

/**
 * The ABI tables, transcribed apart from the profiles, and the comparison of a profile with them.
 */
final class AbiTable {
  /** Which column of the tables speaks for a bundled profile. */
  static final Map<String, String> COLUMN_OF =
      Map.ofEntries(
          Map.entry("linux-x86_64", "Lx64"),
          Map.entry("linux-aarch64", "La64"),
          Map.entry("linux-riscv64", "La64"),
          Map.entry("macos-aarch64", "mac"),
          Map.entry("macos-x86_64", "mac"),
          Map.entry("freebsd-x86_64", "FBSD"),
          Map.entry("freebsd-aarch64", "FBSD"),
          Map.entry("dragonfly-x86_64", "DFly"),
          Map.entry("openbsd-x86_64", "OBSD"),
          Map.entry("openbsd-aarch64", "OBSD"),
          Map.entry("netbsd-x86_64", "NBSD"),
          Map.entry("netbsd-aarch64", "NBSDa64"));

  private final List<String> header;
  private final List<String[]> rows = new ArrayList<>();

  private AbiTable(String text) {
    List<String> lines = text.lines().filter(line -> !line.startsWith("#")).toList();
    header = List.of(lines.getFirst().split(",", -1));
    for (String line : lines.subList(1, lines.size())) {
      rows.add(line.split(",", -1));
    }
  }

  static AbiTable read() {
    try (InputStream in =
        Objects.requireNonNull(AbiTable.class.getResourceAsStream("abi-tables.csv"))) {
      return new AbiTable(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The numbers of the tables' sections. */
  List<String> sections() {
    TreeSet<String> sections = new TreeSet<>();
    rows.forEach(row -> sections.add(row[0]));
    return List.copyOf(sections);
  }

  /** How many cells a column fills. */
  long cells(String column) {
    int at = header.indexOf(column);
    return rows.stream().filter(row -> !row[at].isEmpty()).count();
  }

  /** What a profile has that differs from its column in a section, one line a row. */
  List<String> differences(Profile profile, String section) {
    int at = header.indexOf(COLUMN_OF.get(profile.name()));
    List<String> differences = new ArrayList<>();
    for (String[] row : rows) {
      if (row[0].equals(section) && !row[at].isEmpty()) {
        String actual = actual(profile, row[1]);
        String expected = normal(row[at], actual.contains(":"));
        if (!actual.equals(expected)) {
          differences.add(row[1] + ": the tables say " + expected + ", the profile " + actual);
        }
      }
    }
    return differences;
  }

  /** A cell's numbers in decimal, so that 0x10 equals 16. */
  private static String normal(String cell, boolean pair) {
    int colon = cell.indexOf(':');
    if (colon >= 0) {
      return number(cell.substring(0, colon)) + ":" + number(cell.substring(colon + 1));
    }
    boolean digits = cell.matches("-?(0x[0-9a-f]+|[0-9]+)");
    return digits ? number(cell) + (pair ? ":?" : "") : cell;
  }

  private static String number(String text) {
    return Integer.toString(Long.decode(text).intValue());
  }

  private static String actual(Profile profile, String key) {
    int dot = key.indexOf('.');
    String name = key.substring(dot + 1);
    return switch (key.substring(0, dot)) {
      case "constant" -> {
        var value = profile.find(name);
        yield value.isPresent() ? Integer.toString(value.getAsInt()) : "-";
      }
      case "errno" -> {
        var value = profile.findErrno(name);
        yield value.isPresent() ? Integer.toString(value.getAsInt()) : "-";
      }
      case "option" ->
          profile.hasOption(name)
              ? profile.optionLevel(name) + ":" + profile.optionName(name)
              : "-";
      case "function" -> profile.mustProbe(name) ? "probe" : profile.has(name) ? "yes" : "no";
      case "symbol" -> profile.symbol("kqueue", name);
      case "struct" -> struct(profile, name);
      case "quirk" -> quirk(profile, name);
      default -> throw new IllegalArgumentException(key);
    };
  }

  private static String struct(Profile profile, String key) {
    int dot = key.indexOf('.');
    String struct = key.substring(0, dot);
    String field = key.substring(dot + 1);
    if (!profile.hasStruct(struct)) {
      return "-";
    }
    return switch (field) {
      case "size" -> Integer.toString(profile.size(struct));
      case "alignment" -> Integer.toString(profile.alignment(struct));
      // The name of inotify_event has no width: it is as long as the event says.
      case "name" -> Integer.toString(profile.offset(struct, field));
      default ->
          profile.hasField(struct, field)
              ? profile.offset(struct, field) + ":" + profile.width(struct, field)
              : "-";
    };
  }

  private static String quirk(Profile profile, String quirk) {
    if (profile.quirk(quirk)) {
      return "true";
    }
    try {
      return Integer.toString(profile.quirkNumber(quirk));
    } catch (IllegalStateException notNumber) {
      return "false";
    }
  }
}
