package dev.selkie.cli;

import dev.selkie.cli.console.Failure;
import dev.selkie.cli.console.Output;
import dev.selkie.cli.console.WholeNumber;
import dev.selkie.cli.jvm.OtherJvm;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code selkie dump}: the event loops of another JVM in lines of text. */
@Command(
    name = "dump",
    mixinStandardHelpOptions = true,
    description = {
      "Shows the event loops of a JVM: fibers with their stacks, tasks, sources, and",
      "what waits.",
      "",
      "The JVM needs no preparation. Its flight recorder is used for a moment, by",
      "jcmd."
    },
    footer = {
      "",
      "Exit status: 0 if it could be shown, 1 if not (no such process, no JVM of this",
      "user, no event loop in it), 2 for a wrong option."
    })
final class DumpCommand implements Callable<Integer> {
  private final Output output;

  @Parameters(paramLabel = "PID", description = "The process; jcmd -l lists them.")
  private String pid = "";

  DumpCommand(Output output) {
    this.output = output;
  }

  @Override
  public Integer call() throws Failure {
    String dump = OtherJvm.find(WholeNumber.pid(pid)).dump();
    if (dump.isEmpty()) {
      throw Failure.failed("process %s has no event loop that is open".formatted(pid));
    }
    dump.lines().forEach(line -> output.line(Output.printable(line)));
    return 0;
  }
}
