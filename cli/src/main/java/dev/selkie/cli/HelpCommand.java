package dev.selkie.cli;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/** {@code selkie help}: what {@code --help} shows. */
@Command(
    name = "help",
    helpCommand = true,
    description = "Shows this, or the help of a command, as its --help does.")
final class HelpCommand implements Runnable {
  @Spec private @Nullable CommandSpec spec;

  @Parameters(paramLabel = "COMMAND", arity = "0..*", description = "The command.")
  private List<String> names = List.of();

  @Override
  public void run() {
    CommandLine about = Objects.requireNonNull(spec).commandLine().getParent();
    for (String name : names) {
      CommandLine next = about.getSubcommands().get(name);
      if (next == null) {
        throw new UnmatchedArgumentException(about, List.of(name));
      }
      about = next;
    }
    about.usage(spec.commandLine().getOut());
  }
}
