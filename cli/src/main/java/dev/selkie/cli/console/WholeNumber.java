package dev.selkie.cli.console;

/** Options whose value is a whole number within a range. */
public final class WholeNumber {
  private static final int LARGEST_PORT = 65_535;

  private WholeNumber() {}

  /** The value of {@code --port}. */
  public static int port(String text, int least) throws Failure {
    return (int) of("--port", text, least, LARGEST_PORT, "");
  }

  /** The number of a process, as it was given. */
  public static long pid(String text) throws Failure {
    return of("PID", text, 1, Integer.MAX_VALUE, " (jcmd -l lists them)");
  }

  /**
   * The value of an option.
   *
   * @param option its name
   * @param text what the user gave
   * @param least the least value
   * @param most the greatest value
   * @param remark follows the range in a refusal
   * @throws Failure if it is none, with the range
   */
  public static long of(String option, String text, long least, long most, String remark)
      throws Failure {
    boolean isNumber = text.matches("[+-]?[0-9]+");
    if (isNumber) {
      try {
        long number = Long.parseLong(text);
        if (number >= least && number <= most) {
          return number;
        }
      } catch (NumberFormatException e) {
        // more digits than a long has: out of any range
      }
    }
    String shown = Output.printable(text);
    throw Failure.usage(
        "%s %s: give one from %d to %d%s"
            .formatted(
                option,
                isNumber ? shown + " is out of range" : "'" + shown + "' is no whole number",
                least,
                most,
                remark));
  }
}
