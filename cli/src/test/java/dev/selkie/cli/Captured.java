package dev.selkie.cli;

import dev.selkie.cli.console.Output;
import dev.selkie.cli.console.Terminal;
import dev.selkie.cli.program.DelayRun;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/** A run of the command in this JVM, with what it printed. */
record Captured(int status, List<String> out, List<String> err) {
  private static final DelayRun.Patience LONG =
      new DelayRun.Patience(Duration.ofSeconds(30), Duration.ofSeconds(30), Duration.ofSeconds(30));

  /** Runs with more patience than a slow machine needs. */
  static Captured run(String... args) {
    return run(LONG, args);
  }

  static Captured run(DelayRun.Patience patience, String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    Output output =
        new Output(
            out,
            StandardCharsets.UTF_8,
            new PrintStream(err, true, StandardCharsets.UTF_8),
            Terminal.NONE);
    int status = Main.execute(output, patience, args);
    return new Captured(status, lines(out), lines(err));
  }

  private static List<String> lines(ByteArrayOutputStream text) {
    return text.toString(StandardCharsets.UTF_8).lines().toList();
  }
}
