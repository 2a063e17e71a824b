package dev.selkie.cli.console;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Options whose value is a span of time, such as 500ms or 2h. */
public final class TimeSpan {
  private static final Pattern FORM = Pattern.compile("([0-9]{1,9})(ms|s|m|h)");

  private TimeSpan() {}

  /**
   * The value of an option.
   *
   * @param option its name
   * @param text what the user gave
   * @throws Failure if it is no span of time, or none at all
   */
  public static Duration of(String option, String text) throws Failure {
    Matcher form = FORM.matcher(text);
    if (!form.matches() || Integer.parseInt(form.group(1)) == 0) {
      throw Failure.usage(
          "%s '%s' is no time: give a whole number above 0 with ms, s, m or h, as in 500ms"
              .formatted(option, Output.printable(text)));
    }
    long number = Long.parseLong(form.group(1));
    return switch (form.group(2)) {
      case "ms" -> Duration.ofMillis(number);
      case "s" -> Duration.ofSeconds(number);
      case "m" -> Duration.ofMinutes(number);
      default -> Duration.ofHours(number);
    };
  }
}
