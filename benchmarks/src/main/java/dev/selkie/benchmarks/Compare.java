package dev.selkie.benchmarks;

import io.netty.util.Version;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Properties;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.TypeConversionException;

/** The command {@code selkie bench}: whole processes compared with their peers. */
@Command(
    name = "selkie bench",
    sortOptions = false,
    description = {
      "Compares Selkie with programs in C, java.nio, Netty and virtual threads, on loopback.",
      "The method is in docs/benchmarks.md."
    })
final class Compare implements Callable<Integer> {
  /** What is measured. */
  enum Benchmark {
    echo,
    pipes,
    wake
  }

  @Option(names = "--only", split = ",", description = "Only these of: ${COMPLETION-CANDIDATES}.")
  private List<Benchmark> only = List.of(Benchmark.values());

  @Option(names = "--rounds", description = "Rounds that are counted (default 15).")
  private @Nullable Integer rounds;

  @Option(names = "--round-millis", description = "The length of a round (default 1000).")
  private @Nullable Integer roundMillis;

  @Option(names = "--warm-up-millis", description = "Work before the first round (default 5000).")
  private @Nullable Integer warmUpMillis;

  @Option(names = "--writes", description = "Writes in a round of pipes (default 100000).")
  private @Nullable Integer writes;

  @Option(
      names = "--connections",
      split = ",",
      description = "Sizes of echo (default ${DEFAULT-VALUE}).",
      defaultValue = "1,64,1000")
  private List<Integer> connections = List.of();

  @Option(
      names = "--pipes",
      split = ",",
      description = "Sizes of pipes (default ${DEFAULT-VALUE}).",
      defaultValue = "100,1000,9000")
  private List<Integer> pipes = List.of();

  @Option(
      names = "--active",
      split = ",",
      description = "How many of the pipes are active at a time (default ${DEFAULT-VALUE}).",
      defaultValue = "1,100")
  private List<Integer> active = List.of();

  @Option(
      names = "--peers",
      split = ",",
      converter = PeerConverter.class,
      description = "Of: c, selkie, nio, nio-keys, netty-epoll, netty-nio, vthreads (default all).")
  private List<Peer> peers = List.of(Peer.values());

  @Option(
      names = "--quick",
      description = "Few short rounds, in about a minute: whether all runs, not how fast.")
  private boolean quick;

  @Option(names = "--json", description = "The file of all figures (default ${DEFAULT-VALUE}).")
  private Path json = target().resolve("comparison.json");

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this and ends.")
  private boolean help;

  @CommandLine.Spec private CommandLine.Model.@Nullable CommandSpec spec;

  private final PrintStream out;
  private final PrintStream err;
  private final List<String> arguments;

  private Compare(PrintStream out, PrintStream err, String... arguments) {
    this.out = out;
    this.err = err;
    this.arguments = List.of(arguments);
  }

  public static void main(String[] arguments) {
    System.exit(run(System.out, System.err, arguments));
  }

  /** Runs the command and returns its exit status: 1 if a peer failed, 2 for wrong options. */
  static int run(PrintStream out, PrintStream err, String... arguments) {
    return new CommandLine(new Compare(out, err, arguments))
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .setParameterExceptionHandler((problem, words) -> refuse(err, problem, ExitCode.USAGE))
        .setExecutionExceptionHandler((problem, command, words) ->
            refuse(
                err,
                problem,
                problem instanceof ParameterException ? ExitCode.USAGE : ExitCode.SOFTWARE))
        .execute(arguments);
  }

  private static int refuse(PrintStream err, Exception problem, int status) {
    String reason =
        problem instanceof ParameterException ? problem.getMessage() : problem.toString();
    err.println("selkie bench: " + reason + " (selkie bench --help lists the options)");
    return status;
  }

  @Override
  public Integer call() throws IOException {
    Settings settings = settings();
    Machine machine = Machine.here();
    Programs programs = Programs.compile(target().resolve("c"));
    Launcher launcher = new Launcher(programs, machine);
    Report report = new Report(facts(machine, programs, launcher), settings, out);
    report.printFacts();
    report.writeJson(json); // a file that cannot be written shows before the work, not after it
    if (only.contains(Benchmark.echo)) {
      EchoComparison echo = new EchoComparison(launcher, settings, err);
      for (int size : settings.connections()) {
        add(report, echo.run(size));
      }
    }
    if (only.contains(Benchmark.pipes)) {
      PipesComparison comparison = new PipesComparison(launcher, settings, err);
      for (int number : settings.active()) {
        for (int size : settings.pipes()) {
          add(report, comparison.run(size, Math.min(number, size)));
        }
      }
    }
    if (only.contains(Benchmark.wake)) {
      WakeComparison wake = new WakeComparison(launcher, settings, err);
      add(report, wake.latency());
      add(report, wake.pingPong());
    }
    report.printCommands();
    out.printf("%nAll figures: %s%n", json);
    return report.hasFailure() ? 1 : 0;
  }

  /** Keeps what is done, even if the run is ended. */
  private void add(Report report, Result result) throws IOException {
    report.add(result);
    report.writeJson(json);
  }

  private Settings settings() {
    return new Settings(
        atLeastOne("--rounds", rounds, quick ? 3 : 15),
        atLeastOne("--round-millis", roundMillis, quick ? 200 : 1_000),
        atLeastOne("--warm-up-millis", warmUpMillis, quick ? 500 : 5_000),
        atLeastOne("--writes", writes, quick ? 10_000 : 100_000),
        connections.stream().map(n -> atLeastOne("--connections", n, n)).toList(),
        pipes.stream().map(n -> atLeastOne("--pipes", n, n)).toList(),
        active.stream().map(n -> atLeastOne("--active", n, n)).toList(),
        peers.stream().distinct().sorted().toList());
  }

  private int atLeastOne(String option, @Nullable Integer value, int otherwise) {
    int number = value == null ? otherwise : value;
    if (number < 1) {
      throw new ParameterException(
          Objects.requireNonNull(spec).commandLine(),
          option + " is " + number + ": it must be 1 or more");
    }
    return number;
  }

  private Map<String, String> facts(Machine machine, Programs programs, Launcher launcher) {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("command", "./selkie bench " + String.join(" ", arguments));
    if (quick) {
      facts.put("quick", "rounds too short and too few for figures of any worth");
    }
    facts.put("machine", machine.cpu() + ", CPUs " + machine.cpus());
    facts.put("kernel", machine.kernel());
    facts.put("load", machine.load() + " (1, 5, 15 minutes, at the start)");
    facts.put(
        "pinned",
        launcher.pins()
            ? "servers to CPU " + machine.serverCpu() + ", loads to CPU " + machine.loadCpu()
            : "no: there is neither taskset nor a C compiler");
    facts.put("JDK", machine.jdk());
    facts.put("JVM flags", String.join(" ", Launcher.JVM_FLAGS));
    facts.put("C", programs.compiler());
    facts.put("Selkie", selkieVersion());
    facts.put("Netty", Version.identify().get("netty-transport").artifactVersion());
    return facts;
  }

  private static String selkieVersion() {
    String file = "/META-INF/maven/dev.selkie/selkie/pom.properties";
    try (InputStream in = Compare.class.getResourceAsStream(file)) {
      Properties properties = new Properties();
      if (in != null) {
        properties.load(in);
      }
      return properties.getProperty("version", "of this tree");
    } catch (IOException e) {
      return "of this tree";
    }
  }

  /** The module's target folder, where the classes come from. */
  private static Path target() {
    try {
      Path classes =
          Path.of(Compare.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      for (Path folder = classes; folder != null; folder = folder.getParent()) {
        if (folder.endsWith("target")) {
          return folder;
        }
      }
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
    return Path.of(System.getProperty("java.io.tmpdir"), "selkie-benchmarks");
  }

  private static final class PeerConverter implements ITypeConverter<Peer> {
    @Override
    public Peer convert(String word) {
      try {
        return Peer.ofWord(word);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }
}
