package dev.selkie.cli.console;

import java.util.List;
import java.util.stream.Collectors;

/** Options whose value is one of a few words. */
public final class KnownWord {
  private KnownWord() {}

  /**
   * What a word stands for.
   *
   * @param option the option's name
   * @param text what the user gave
   * @param known what there is; the words are what {@code toString} gives
   * @throws Failure if it is none of them, with the words
   */
  public static <T> T of(String option, String text, List<T> known) throws Failure {
    for (T each : known) {
      if (each.toString().equals(text)) {
        return each;
      }
    }
    String words = known.stream().map(Object::toString).collect(Collectors.joining(", "));
    throw Failure.usage(
        "%s '%s' is not known: give some of %s".formatted(option, Output.printable(text), words));
  }
}
