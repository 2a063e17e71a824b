package dev.selkie.conformance;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * How a case ended on a configuration.
 *
 * @param type the class of cases
 * @param method the case
 * @param configuration the configuration's name
 * @param outcome how it ended
 * @param instead why it is not as on the others, and what happens instead was asserted
 * @param without why a part of it was left out
 */
record CaseResult(
    String type,
    String method,
    String configuration,
    Outcome outcome,
    List<String> instead,
    List<String> without) {
  private static final String SEPARATOR = "\t";
  private static final String WITHOUT = "without ";

  /** How a case ended. */
  enum Outcome {
    /** It passed, as it stands or with what happens instead. */
    PASSED,
    /** It failed. */
    FAILED,
    /** Nothing to test there: JUnit's report has the reason. */
    NOT_REACHED
  }

  /** The line of a results file. */
  String line() {
    return String.join(
        SEPARATOR,
        Stream.of(
                Stream.of(type, method, configuration, outcome.name()),
                instead.stream(),
                without.stream().map(WITHOUT::concat))
            .flatMap(fields -> fields)
            .toList());
  }

  /** The result that a line of a results file tells. */
  static CaseResult parse(String line) {
    List<String> fields = Arrays.asList(line.split(SEPARATOR));
    List<String> reasons = fields.subList(4, fields.size());
    return new CaseResult(
        fields.get(0),
        fields.get(1),
        fields.get(2),
        Outcome.valueOf(fields.get(3)),
        reasons.stream().filter(reason -> !reason.startsWith(WITHOUT)).toList(),
        reasons.stream()
            .filter(reason -> reason.startsWith(WITHOUT))
            .map(reason -> reason.substring(WITHOUT.length()))
            .toList());
  }
}
