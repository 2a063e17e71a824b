package dev.selkie.cli;

import dev.selkie.cli.console.Json;
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
    Json json = Json.object().put("name", name).put("value", value).put("state", state.text);
    return (advice == null ? json.putRaw("advice", "null") : json.put("advice", advice)).toString();
  }
}
