package dev.selkie.cli;

import dev.selkie.cli.console.Failure;
import dev.selkie.cli.console.KnownWord;
import dev.selkie.cli.console.WholeNumber;
import java.util.List;
import picocli.CommandLine.Option;

/** In which style a program is to run, and on what. */
final class StyleOptions {
  private static final int MOST_LOOPS = 256;

  @Option(
      names = "--style",
      paramLabel = "STYLE",
      defaultValue = "queue",
      description = "How the program is written: queue, callbacks, futures, tasks or fibers.")
  private String styleText = "";

  @Option(
      names = "--loops",
      paramLabel = "N",
      defaultValue = "1",
      description = "How many event loops, 1 to 256 (default: 1); not with --style queue.")
  private String loopsText = "";

  /** The style, once both options were found right. */
  Style style() throws Failure {
    Style style = KnownWord.only("--style", styleText, List.of(Style.values()));
    if (style == Style.QUEUE && loops() > 1) {
      throw Failure.usage(
          "--loops %d needs event loops, and --style queue is one thread with one queue: give"
                  .formatted(loops())
              + " --style callbacks, futures, tasks or fibers");
    }
    return style;
  }

  int loops() throws Failure {
    return (int) WholeNumber.of("--loops", loopsText, 1, MOST_LOOPS, "");
  }
}
