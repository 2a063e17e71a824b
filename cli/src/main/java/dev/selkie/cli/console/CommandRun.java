package dev.selkie.cli.console;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.function.BooleanSupplier;
import picocli.CommandLine;

/** Runs a command: whatever goes wrong becomes one line and an exit status. */
public final class CommandRun {
  private CommandRun() {}

  /**
   * Runs a command.
   *
   * @param output where it prints, help and version too
   * @param line the command with its commands
   * @param trace whether the trace of a failure is wanted; asked when one comes
   * @return its exit status: of {@link Failure}, or 141 if nobody reads the output any more
   */
  public static int of(Output output, CommandLine line, BooleanSupplier trace, String... args) {
    StringWriter told = new StringWriter();
    line.setExpandAtFiles(false)
        .setOut(new PrintWriter(told))
        .setErr(new PrintWriter(output.err(), true, output.err().charset()))
        .setExecutionExceptionHandler((exception, command, parsed) ->
            new FailureReport(output, trace.getAsBoolean()).report(exception))
        .setParameterExceptionHandler((exception, arguments) -> {
          output.warn(UsageProblem.line(exception));
          return Failure.USAGE;
        });
    try {
      int status = line.execute(args);
      if (!told.toString().isEmpty()) {
        output.print(told.toString()); // help and version
      }
      return status;
    } catch (LinkageError | UnwritableOutputException e) {
      return new FailureReport(output, trace.getAsBoolean()).report(e);
    }
  }
}
