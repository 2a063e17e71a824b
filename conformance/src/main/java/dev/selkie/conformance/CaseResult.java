package dev.selkie.conformance;

import java.util.List;
import java.util.stream.Stream;

/**
 * How a case ended on a configuration.
 *
 * @param type the class of cases
 * @param method the case
 * @param configuration the configuration's name
 * @param passed whether it passed, as it stands or with what happens instead
 * @param reasons why it is not as on the others; empty if it is
 */
record CaseResult(
    String type, String method, String configuration, boolean passed, List<String> reasons) {
  private static final String SEPARATOR = "\t";

  /** The line of a results file. */
  String line() {
    return String.join(
        SEPARATOR,
        Stream.concat(
                Stream.of(type, method, configuration, Boolean.toString(passed)), reasons.stream())
            .toList());
  }

  /** The result that a line of a results file tells. */
  static CaseResult parse(String line) {
    List<String> fields = List.of(line.split(SEPARATOR));
    return new CaseResult(
        fields.get(0),
        fields.get(1),
        fields.get(2),
        Boolean.parseBoolean(fields.get(3)),
        fields.subList(4, fields.size()));
  }
}
