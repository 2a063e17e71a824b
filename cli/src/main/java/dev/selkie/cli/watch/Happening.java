package dev.selkie.cli.watch;

import dev.selkie.cli.console.Json;
import dev.selkie.cli.console.Output;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;

/** Something that has happened: to what, what, and what is known of it. */
public final class Happening {
  private static final DateTimeFormatter CLOCK = DateTimeFormatter.ofPattern("HH:mm:ss.SSS");

  /** A variable that is much longer keeps a program from being started (E2BIG, execve(2)). */
  private static final int LONGEST_VARIABLE = 40_000;

  private final Instant time;
  private final String source;
  private final String event;
  private final SequencedMap<String, Object> facts = new LinkedHashMap<>();

  private Happening(Instant time, String source, String event) {
    this.time = time;
    this.source = source;
    this.event = event;
  }

  /**
   * Something that happens now.
   *
   * @param source the name of what is watched
   * @param event what happens, in a word
   */
  static Happening of(Watched source, String event) {
    return new Happening(Instant.now().truncatedTo(ChronoUnit.MILLIS), source.name(), event);
  }

  /** Adds what is known: a number or a {@link Boolean} is one to machines, the rest is text. */
  Happening with(String name, Object value) {
    facts.put(name, value);
    return this;
  }

  /** A line for people: time of day, source, event, and the facts; text comes last, as it is. */
  public String line() {
    StringBuilder line = new StringBuilder(CLOCK.format(time.atZone(ZoneId.systemDefault())));
    line.append("  ").append(source).append("  ").append(event);
    facts.forEach((name, value) -> {
      if (!name.equals("text")) {
        line.append(' ').append(name).append('=').append(value);
      }
    });
    Object text = facts.get("text");
    if (text != null) {
      line.append("  ").append(text);
    }
    return Output.printable(line.toString());
  }

  /** An object for machines, in a line. */
  public String json() {
    Json json =
        Json.object().put("time", time.toString()).put("source", source).put("event", event);
    facts.forEach((name, value) -> {
      switch (value) {
        case Number number -> json.put(name, number.longValue());
        case Boolean truth -> json.put(name, truth);
        default -> json.put(name, String.valueOf(value));
      }
    });
    return json.toString();
  }

  /** The variables of a command's environment that tell of it: SELKIE_SOURCE and so on. */
  void tell(Map<String, String> environment) {
    environment.put("SELKIE_TIME", time.toString());
    environment.put("SELKIE_SOURCE", source);
    environment.put("SELKIE_EVENT", event);
    facts.forEach((name, value) ->
        environment.put("SELKIE_" + name.toUpperCase(Locale.ROOT), variable(value)));
  }

  private static String variable(Object value) {
    String text = String.valueOf(value).replace('\0', '\ufffd'); // which ends a variable
    return text.length() <= LONGEST_VARIABLE ? text : text.substring(0, LONGEST_VARIABLE);
  }
}
