package dev.selkie.cli;

import dev.selkie.cli.console.Failure;
import dev.selkie.cli.console.Output;
import dev.selkie.cli.console.WholeNumber;
import dev.selkie.cli.jvm.Frame;
import dev.selkie.cli.jvm.LoopStream;
import dev.selkie.cli.jvm.OtherJvm;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code selkie top}: what the event loops of another JVM do, second by second. */
@Command(
    name = "top",
    mixinStandardHelpOptions = true,
    description = {
      "Shows what the event loops of a JVM do, second by second, until Ctrl-C.",
      "",
      "On a terminal a screen is redrawn: each loop with its load, its lag (the",
      "longest turn) and its longest callback of the last second or two, and the",
      "busiest connections. Otherwise it is a line a second. The JVM needs no",
      "preparation; its flight recorder is used, by jcmd."
    },
    footer = {
      "",
      "Examples:",
      "  selkie top 4711                   a screen, or lines if this is no terminal",
      "  selkie top 4711 --json --count 1  one object for a program",
      "",
      "Exit status: 0 at Ctrl-C and when the count is reached, 1 if the process",
      "cannot be seen or has ended, 2 for a wrong option."
    })
final class TopCommand implements Callable<Integer> {
  private static final int MOST = 1_000_000_000;
  private static final int LOOK_MILLIS = 200;
  private static final int PATIENCE_MILLIS = 30_000;
  private static final String ENTER = "\u001b[?1049h\u001b[?25l";
  private static final String LEAVE = "\u001b[?25h\u001b[?1049l";
  private static final String HOME = "\u001b[H";
  private static final String CLEAR_LINE = "\u001b[K";
  private static final String CLEAR_REST = "\u001b[J";

  private final Output output;
  private volatile boolean stopped;

  @Parameters(paramLabel = "PID", description = "The process; jcmd -l lists them.")
  private String pid = "";

  @Option(names = "--json", description = "Prints a JSON object a second, each in a line.")
  private boolean json;

  @Option(
      names = "--count",
      paramLabel = "N",
      description = "Ends after so many looks, a second each (default: at Ctrl-C).")
  private @Nullable String countText;

  TopCommand(Output output) {
    this.output = output;
  }

  @Override
  public Integer call() throws Failure, InterruptedException {
    String given = countText;
    long count = given == null ? Long.MAX_VALUE : WholeNumber.of("--count", given, 1, MOST, "");
    OtherJvm jvm = OtherJvm.find(WholeNumber.pid(pid));
    boolean screen = output.terminal().live() && !json;
    try (StopOnSignal signal = StopOnSignal.install(() -> stopped = true)) {
      try (LoopStream stream = LoopStream.open(jvm)) {
        if (screen) {
          output.print(ENTER);
        }
        follow(jvm, stream, count, screen);
      } finally {
        if (screen) {
          output.print(LEAVE);
        }
      }
      signal.ended(0);
    }
    return 0;
  }

  private void follow(OtherJvm jvm, LoopStream stream, long count, boolean screen)
      throws Failure, InterruptedException {
    int silence = 0;
    for (long shown = 0; shown < count && !stopped; ) {
      Frame frame = stream.next(LOOK_MILLIS);
      if (frame != null) {
        show(frame, screen);
        shown++;
        silence = 0;
      } else if (!jvm.isAlive()) {
        throw jvm.ended();
      } else if (silence++ == PATIENCE_MILLIS / LOOK_MILLIS) {
        throw Failure.failed("process %s has no event loop that is open".formatted(pid));
      }
    }
  }

  private void show(Frame frame, boolean screen) {
    if (screen) {
      StringBuilder text = new StringBuilder(HOME);
      int rows = output.terminal().rows() - 1; // a line end in the last one would scroll
      for (String line : frame.screen(output.terminal().columns(), rows)) {
        text.append(line).append(CLEAR_LINE).append('\n');
      }
      output.print(text.append(CLEAR_REST).toString());
    } else {
      if (json) {
        output.json(frame.json());
      } else {
        output.line(frame.line());
      }
    }
  }
}
