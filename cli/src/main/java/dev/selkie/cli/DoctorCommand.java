package dev.selkie.cli;

import dev.selkie.cli.console.Failure;
import dev.selkie.cli.console.Output;
import dev.selkie.kernel.Kernel;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code selkie doctor}: says what this machine gives. */
@Command(
    name = "doctor",
    mixinStandardHelpOptions = true,
    description = {
      "Says what this machine gives, a line a fact: ok, absent (Selkie works without)",
      "or missing.",
    },
    footer = {"", "Exit status: 0 if all that is needed is there, 1 if not."})
final class DoctorCommand implements Callable<Integer> {
  private final Output output;

  @Option(names = "--json", description = "Prints a JSON array instead of lines.")
  private boolean json;

  DoctorCommand(Output output) {
    this.output = output;
  }

  @Override
  public Integer call() {
    Doctor doctor = new Doctor(Kernel::current);
    List<Fact> facts = doctor.examine();
    if (json) {
      output.line(
          facts.stream().map(Fact::json).collect(Collectors.joining(",\n  ", "[\n  ", "\n]")));
    } else {
      facts.forEach(fact -> output.line(fact.line()));
    }
    return doctor.isWell() ? 0 : Failure.FAILED;
  }
}
