package dev.selkie.cli.console;

import java.util.List;
import java.util.stream.Collectors;

/** Options whose value is one of a few words, or a list of them. */
public final class KnownWord {
  private KnownWord() {}

  /**
   * What a word of a list stands for.
   *
   * @param option the option's name
   * @param text what the user gave
   * @param known what there is; the words are what {@code toString} gives
   * @throws Failure if it is none of them, with the words
   */
  public static <T> T of(String option, String text, List<T> known) throws Failure {
    return of(option, text, known, "some");
  }

  /**
   * What the one word of an option stands for.
   *
   * @throws Failure if it is none of those known, with the words
   */
  public static <T> T only(String option, String text, List<T> known) throws Failure {
    return of(option, text, known, "one");
  }

  private static <T> T of(String option, String text, List<T> known, String howMany)
      throws Failure {
    for (T each : known) {
      if (each.toString().equals(text)) {
        return each;
      }
    }
    String words = known.stream().map(Object::toString).collect(Collectors.joining(", "));
    throw Failure.usage(
        "%s '%s' is not known: give %s of %s"
            .formatted(option, Output.printable(text), howMany, words));
  }
}
