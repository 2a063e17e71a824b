package dev.selkie.cli;

import dev.selkie.cli.console.CommandRun;
import dev.selkie.cli.console.Output;
import dev.selkie.cli.program.DelayRun;
import java.lang.module.ModuleDescriptor;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command {@code selkie}. */
@Command(
    name = "selkie",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    synopsisSubcommandLabel = "COMMAND",
    description = "The operating system's readiness queue for Java programs, at work.",
    footer = {
      "",
      "Examples:",
      "  selkie demo                       five delayed answers, drawn as they come",
      "  selkie demo --requests 5000       five thousand at once",
      "  selkie serve delay --port 8080    the delay server alone",
      "  selkie watch --folder src         what changes, with --udp, --fifo and so on",
      "  selkie doctor                     what this machine gives",
      "  selkie top PID                    what the event loops of a JVM do",
      "  selkie dump PID                   their fibers, tasks and sources",
      "  selkie bench --help               the comparison with peers (by ./selkie)",
      "  selkie run PROGRAM.java           a program in one source file (by ./selkie)",
      "",
      "The script ./selkie takes options for the JVM in SELKIE_JAVA_OPTS, as in:",
      "  SELKIE_JAVA_OPTS=-Ddev.selkie.backend=poll ./selkie demo",
      "",
      "Exit status: 0 if all went well, 1 if not, 2 for a wrong option, 141 if the",
      "output was closed."
    })
public final class Main implements Runnable {
  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--stacktrace",
      scope = CommandLine.ScopeType.INHERIT,
      description = "Shows the stack trace of a failure (also -Dselkie.stacktrace).")
  private boolean stacktrace;

  Main() {}

  /** Runs the command and ends the process with its status. */
  public static void main(String[] args) {
    System.exit(execute(Output.system(), args));
  }

  /** Runs the command. */
  static int execute(Output output, String... args) {
    return execute(output, DelayRun.Patience.USUAL, args);
  }

  /** Runs the command with other limits of time. */
  static int execute(Output output, DelayRun.Patience patience, String... args) {
    Main main = new Main();
    CommandLine line =
        new CommandLine(main)
            .addSubcommand(new DemoCommand(output, patience))
            .addSubcommand(new ServeCommand(output))
            .addSubcommand(new WatchCommand(output))
            .addSubcommand(new DoctorCommand(output))
            .addSubcommand(new TopCommand(output))
            .addSubcommand(new DumpCommand(output))
            .addSubcommand(new HelpCommand());
    return CommandRun.of(output, line, () -> main.stacktrace, args);
  }

  @Override
  public void run() {
    throw new ParameterException(
        Objects.requireNonNull(spec).commandLine(), "a command is missing");
  }

  /** The version of the module. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      ModuleDescriptor module = Main.class.getModule().getDescriptor();
      String version = module == null ? "unknown" : module.rawVersion().orElse("unknown");
      return new String[] {
        "selkie " + version, "Java " + System.getProperty("java.runtime.version", "unknown")
      };
    }
  }
}
