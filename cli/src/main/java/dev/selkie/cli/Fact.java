package dev.selkie.cli;

import org.jspecify.annotations.Nullable;

/**
 * A fact about the machine.
 *
 * @param name what it is about
 * @param value what was found
 * @param state whether it is there
 * @param advice what to do where it is missing
 */
record Fact(String name, String value, State state, @Nullable String advice) {
  /** Whether something is there. */
  enum State {
    /** It is there. */
    OK("ok"),
    /** It is not there, and Selkie works without. */
    ABSENT("absent"),
    /** It is not there, and Selkie needs it. */
    MISSING("missing");

    final String text;

    State(String text) {
      this.text = text;
    }
  }

  static Fact ok(String name, String value) {
    return new Fact(name, value, State.OK, null);
  }

  static Fact absent(String name, String value, String advice) {
    return new Fact(name, value, State.ABSENT, advice);
  }

  static Fact missing(String name, String value, String advice) {
    return new Fact(name, value, State.MISSING, advice);
  }

  /** The fact as a line of text. */
  String line() {
    String line = "%-7s  %-18s %s".formatted(state.text, name, value);
    return advice == null ? line : line + "; " + advice;
  }

  /** The fact as a JSON object. */
  String json() {
    return "{\"name\": %s, \"value\": %s, \"state\": %s, \"advice\": %s}"
        .formatted(
            quoted(name),
            quoted(value),
            quoted(state.text),
            advice == null ? "null" : quoted(advice));
  }

  private static String quoted(String text) {
    StringBuilder json = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '"' || c == '\\') {
        json.append('\\').append(c);
      } else if (c < ' ') {
        json.append("\\u%04x".formatted((int) c));
      } else {
        json.append(c);
      }
    }
    return json.append('"').toString();
  }
}
