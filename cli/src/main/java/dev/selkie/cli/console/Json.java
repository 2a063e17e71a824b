package dev.selkie.cli.console;

import java.util.Locale;

/** An object in JSON, in one line, as it is put together. */
public final class Json {
  private final StringBuilder text = new StringBuilder();

  private Json() {}

  /** An object without members. */
  public static Json object() {
    return new Json();
  }

  /** Adds a text. */
  public Json put(String name, String value) {
    return putRaw(name, quoted(value));
  }

  /** Adds a whole number. */
  public Json put(String name, long value) {
    return putRaw(name, Long.toString(value));
  }

  /** Adds true or false. */
  public Json put(String name, boolean value) {
    return putRaw(name, Boolean.toString(value));
  }

  /** Adds a number, to three places. */
  public Json put(String name, double value) {
    return putRaw(name, String.format(Locale.ROOT, "%.3f", value));
  }

  /** Adds what is JSON already. */
  public Json putRaw(String name, String value) {
    text.append(text.isEmpty() ? "" : ", ").append(quoted(name)).append(": ").append(value);
    return this;
  }

  /** A text as JSON has it. */
  public static String quoted(String text) {
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

  /** The object. */
  @Override
  public String toString() {
    return "{" + text + "}";
  }
}
