package dev.selkie.cli.console;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.OverwrittenOptionException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** What is wrong with the arguments, in one line: what, what to give, and where to read more. */
final class UsageProblem {
  /** A word this short resembles everything. */
  private static final int LEAST_TO_RESEMBLE = 3;

  private UsageProblem() {}

  /** The line for what picocli found. */
  static String line(ParameterException problem) {
    CommandSpec command = problem.getCommandLine().getCommandSpec();
    return "%s; see %s --help".formatted(what(problem, command), command.qualifiedName());
  }

  private static String what(ParameterException problem, CommandSpec command) {
    ArgSpec argument = problem.getArgSpec();
    if (problem instanceof UnmatchedArgumentException unmatched) {
      return unexpected(unmatched, command);
    }
    if (problem instanceof MissingParameterException missing && !missing.getMissing().isEmpty()) {
      ArgSpec first = missing.getMissing().getFirst();
      return "%s needs a value (%s)".formatted(name(first), first.paramLabel());
    }
    if (problem instanceof OverwrittenOptionException twice) {
      return name(twice.getOverwritten()) + " is given more than once: give it once";
    }
    if (argument != null && argument.arity().max() == 0) {
      return name(argument) + " takes no value";
    }
    if (argument == null && !command.subcommands().isEmpty()) {
      return "a command is missing: give " + commands(command);
    }
    return String.valueOf(problem.getMessage()).lines().findFirst().orElse("");
  }

  private static String unexpected(UnmatchedArgumentException problem, CommandSpec command) {
    String given = problem.getUnmatched().getFirst();
    String shown = Output.printable(given);
    if (problem.isUnknownOption()) {
      String option = shown.split("=", 2)[0];
      String similar = similar(option, command);
      return "%s is no option of %s%s"
          .formatted(
              option, command.qualifiedName(), similar == null ? "" : ": perhaps " + similar);
    }
    return command.subcommands().isEmpty()
        ? "'%s' is not expected: %s takes %s"
            .formatted(
                shown,
                command.qualifiedName(),
                command.positionalParameters().isEmpty()
                    ? "options only"
                    : "one " + command.positionalParameters().getFirst().paramLabel())
        : "'%s' is no command: give %s".formatted(shown, commands(command));
  }

  /** An option that begins as the given one does, or the other way round. */
  private static @Nullable String similar(String given, CommandSpec command) {
    return given.length() <= LEAST_TO_RESEMBLE
        ? null
        : command.options().stream()
            .flatMap(option -> Stream.of(option.names()))
            .filter(name -> name.startsWith(given) || given.startsWith(name))
            .filter(name -> name.length() > LEAST_TO_RESEMBLE)
            .findFirst()
            .orElse(null);
  }

  private static String name(ArgSpec argument) {
    return argument instanceof OptionSpec option ? option.longestName() : argument.paramLabel();
  }

  /** The names of a command's commands: {@code a, b or c}. */
  private static String commands(CommandSpec command) {
    List<String> names =
        command.subcommands().entrySet().stream()
            .filter(entry -> !entry.getValue().getCommandSpec().helpCommand())
            .map(Map.Entry::getKey)
            .toList();
    int last = names.size() - 1;
    return last == 0
        ? names.getFirst()
        : String.join(", ", names.subList(0, last)) + " or " + names.get(last);
  }
}
