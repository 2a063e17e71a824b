package dev.selkie.source;

import dev.selkie.kernel.Kernel;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/** The names of signals that are sent to others, and their numbers. */
final class SignalNames {
  /** The same on every system, as kill(1) of POSIX has them. */
  private static final Map<String, Integer> FIXED =
      Map.of("HUP", 1, "INT", 2, "QUIT", 3, "ABRT", 6, "KILL", 9, "ALRM", 14, "TERM", 15);

  private static final List<String> OTHERS =
      List.of(
          "USR1", "USR2", "SEGV", "BUS", "FPE", "ILL", "TRAP", "SYS", "PIPE", "CHLD", "CONT",
          "STOP", "TSTP", "TTIN", "TTOU", "XCPU", "XFSZ", "VTALRM", "PROF", "WINCH", "URG", "IO",
          "PWR", "STKFLT", "EMT", "INFO");

  private SignalNames() {}

  /**
   * The number of a signal on a system.
   *
   * @param name with or without {@code SIG}, in upper or lower case
   * @throws IllegalArgumentException if the system has none of that name
   */
  static int number(Kernel kernel, String name) {
    String plain = plain(Objects.requireNonNull(name, "signal"));
    Integer fixed = FIXED.get(plain);
    int number = fixed != null ? fixed : kernel.signals().number(plain);
    if (number <= 0) {
      throw new IllegalArgumentException(
          "%s has no signal %s; names are as kill -l shows them, such as TERM"
              .formatted(kernel.name(), name));
    }
    return number;
  }

  /** A name as the system has it: in upper case, and without {@code SIG}. */
  static String plain(String name) {
    String upper = name.toUpperCase(Locale.ROOT);
    return upper.startsWith("SIG") ? upper.substring("SIG".length()) : upper;
  }

  /** The name of a number; the number itself if it has none. */
  static String name(Kernel kernel, int number) {
    for (Map.Entry<String, Integer> fixed : FIXED.entrySet()) {
      if (fixed.getValue() == number) {
        return fixed.getKey();
      }
    }
    return OTHERS.stream()
        .filter(name -> kernel.signals().number(name) == number)
        .findFirst()
        .orElse(Integer.toString(number));
  }
}
