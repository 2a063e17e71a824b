package dev.selkie.benchmarks;

import dev.selkie.cli.console.CommandRun;
import dev.selkie.cli.console.Failure;
import dev.selkie.cli.console.KnownWord;
import dev.selkie.cli.console.Output;
import dev.selkie.cli.console.WholeNumber;
import io.netty.util.Version;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.URISyntaxException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

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
    wake,
    timers,
    runnables,
    fibers,
    idle,
    tls,
    udp,
    unix,
    seen
  }

  /** Threads that hand runnables to one loop. */
  private static final List<Integer> PRODUCERS = List.of(1, 4);

  private static final int MOST_ROUNDS = 1000;
  private static final int MOST_MILLIS = 3_600_000;
  private static final int MOST_WRITES = 1_000_000_000;
  private static final int MOST_SOURCES = 100_000;
  private static final int MOST_TIMERS = 20_000_000;
  private static final int MOST_IDLE = 16_384;

  @Option(
      names = "--only",
      paramLabel = "LIST",
      split = ",",
      description =
          "Only these of: echo, pipes, wake, timers, runnables, fibers, idle, tls, udp, unix, seen"
              + " (default: all).")
  private @Nullable List<String> only;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description = "Rounds that are counted (default: 15).")
  private @Nullable String rounds;

  @Option(
      names = "--round-millis",
      paramLabel = "MS",
      description = "The length of a round (default: 1000).")
  private @Nullable String roundMillis;

  @Option(
      names = "--warm-up-millis",
      paramLabel = "MS",
      description = "Work before the first round (default: 5000).")
  private @Nullable String warmUpMillis;

  @Option(
      names = "--writes",
      paramLabel = "N",
      description = "Writes in a round of pipes (default: 100000).")
  private @Nullable String writes;

  @Option(
      names = "--connections",
      paramLabel = "LIST",
      split = ",",
      description = "Sizes of echo (default: ${DEFAULT-VALUE}).",
      defaultValue = "1,64,1000")
  private List<String> connections = List.of();

  @Option(
      names = "--pipes",
      paramLabel = "LIST",
      split = ",",
      description = "Sizes of pipes (default: ${DEFAULT-VALUE}).",
      defaultValue = "100,1000,9000")
  private List<String> pipes = List.of();

  @Option(
      names = "--active",
      paramLabel = "LIST",
      split = ",",
      description = "How many of the pipes are active at a time (default: ${DEFAULT-VALUE}).",
      defaultValue = "1,100")
  private List<String> active = List.of();

  @Option(
      names = "--timers",
      paramLabel = "N",
      description = "Timers that are pending at once (default: 10000000).")
  private @Nullable String timers;

  @Option(
      names = "--idle",
      paramLabel = "N",
      description = "Connections that are idle (default: 9000).")
  private @Nullable String idle;

  @Option(
      names = "--peers",
      paramLabel = "LIST",
      split = ",",
      description =
          "Of: c, libuv, selkie, callbacks, callbacks-recorded, callbacks-watched,"
              + " callbacks-before, futures, tasks, fibers, fibers-jdk, nio,"
              + " nio-keys, netty-epoll, netty-nio, netty-wheel, jdk, vthreads, vthreads-bare,"
              + " generator, continuation (default: all;"
              + " each benchmark has some of them).")
  private @Nullable List<String> peers;

  @Option(
      names = "--before",
      paramLabel = "FOLDER",
      description = "The jars of an earlier build (its benchmarks/target/lib), for seen.")
  private @Nullable Path before;

  @Option(
      names = "--quick",
      description = "Few short rounds, in about a minute: whether all runs, not how fast.")
  private boolean quick;

  @Option(
      names = "--json",
      paramLabel = "FILE",
      description = "The file of all figures (default: ${DEFAULT-VALUE}).")
  private Path json = target().resolve("comparison.json");

  @Option(
      names = {"-h", "--help"},
      usageHelp = true,
      description = "Shows this and ends.")
  private boolean help;

  @Option(names = "--stacktrace", description = "Shows the stack trace of a failure.")
  private boolean stacktrace;

  private final Output output;
  private final List<String> arguments;

  private Compare(Output output, String... arguments) {
    this.output = output;
    this.arguments = List.of(arguments);
  }

  public static void main(String[] arguments) {
    System.exit(run(Output.system(), arguments));
  }

  /** Runs the command and returns its exit status: 1 if a peer failed, 2 for wrong options. */
  static int run(Output output, String... arguments) {
    Compare compare = new Compare(output, arguments);
    return CommandRun.of(output, new CommandLine(compare), () -> compare.stacktrace, arguments);
  }

  @Override
  public Integer call() throws Failure, IOException {
    List<Benchmark> only = benchmarks();
    Settings settings = settings();
    Machine machine = Machine.here();
    Programs programs = Programs.compile(target().resolve("c"));
    Launcher launcher = new Launcher(programs, machine, before);
    Report report = new Report(facts(machine, programs, launcher), settings, output);
    PrintStream err = output.err();
    report.printFacts();
    write(report); // a file that cannot be written shows before the work, not after it
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
    runLoops(only, report, launcher, settings);
    if (only.contains(Benchmark.udp)) {
      UdpComparison udp = new UdpComparison(launcher, settings, err);
      add(report, udp.paced());
      add(report, udp.flood());
    }
    if (only.contains(Benchmark.unix)) {
      add(report, new EchoComparison(launcher, settings, err).unix(temporary()));
    }
    if (only.contains(Benchmark.seen)) {
      EchoComparison echo = new EchoComparison(launcher, settings, err);
      for (int size : settings.connections()) {
        add(report, echo.seen(size));
      }
    }
    report.printCommands();
    output.print("%nAll figures: %s%n".formatted(json));
    return report.hasFailure() ? 1 : 0;
  }

  /** What event loops are made of. */
  private void runLoops(List<Benchmark> only, Report report, Launcher launcher, Settings settings)
      throws Failure {
    PrintStream err = output.err();
    if (only.contains(Benchmark.timers)) {
      TimersComparison timers = new TimersComparison(launcher, settings, err);
      add(report, timers.armAndCancel());
      add(report, timers.fire());
    }
    if (only.contains(Benchmark.runnables)) {
      RunnablesComparison runnables = new RunnablesComparison(launcher, settings, err);
      for (int producers : PRODUCERS) {
        add(report, runnables.run(producers));
      }
    }
    if (only.contains(Benchmark.fibers)) {
      FibersComparison fibers = new FibersComparison(launcher, settings, err);
      add(report, fibers.start());
      add(report, fibers.yield());
      add(report, fibers.items());
    }
    if (only.contains(Benchmark.idle)) {
      add(report, new IdleComparison(launcher, settings, err).run());
    }
    if (only.contains(Benchmark.tls)) {
      TlsComparison tls = new TlsComparison(launcher, settings, err, target());
      add(report, tls.messages());
      add(report, tls.bulk());
      add(report, tls.memory());
    }
  }

  /** Keeps what is done, even if the run is ended. */
  private void add(Report report, Result result) throws Failure {
    report.add(result);
    write(report);
  }

  private void write(Report report) throws Failure {
    try {
      report.writeJson(json);
    } catch (IOException e) {
      throw Failure.failed(
          "cannot write the figures to %s (%s): name another file with --json"
              .formatted(json, reason(e)),
          e);
    }
  }

  private static String reason(IOException e) {
    return switch (e) {
      case AccessDeniedException _ -> "no permission";
      case NoSuchFileException _ -> "no such folder";
      case FileSystemException f when f.getReason() != null -> f.getReason();
      default -> e.toString();
    };
  }

  private Settings settings() throws Failure {
    return new Settings(
        number("--rounds", rounds, quick ? 3 : 15, MOST_ROUNDS),
        number("--round-millis", roundMillis, quick ? 200 : 1_000, MOST_MILLIS),
        number("--warm-up-millis", warmUpMillis, quick ? 500 : 5_000, MOST_MILLIS),
        number("--writes", writes, quick ? 10_000 : 100_000, MOST_WRITES),
        numbers("--connections", connections),
        numbers("--pipes", pipes),
        numbers("--active", active),
        number("--timers", timers, quick ? 100_000 : 10_000_000, MOST_TIMERS),
        number("--idle", idle, quick ? 100 : 9_000, MOST_IDLE),
        peers());
  }

  private static int number(String option, @Nullable String text, int otherwise, int most)
      throws Failure {
    return text == null ? otherwise : (int) WholeNumber.of(option, text, 1, most, "");
  }

  private static List<Integer> numbers(String option, List<String> texts) throws Failure {
    List<Integer> numbers = new ArrayList<>();
    for (String text : texts) {
      numbers.add((int) WholeNumber.of(option, text, 1, MOST_SOURCES, ""));
    }
    return numbers;
  }

  private List<Benchmark> benchmarks() throws Failure {
    return words("--only", only, List.of(Benchmark.values()));
  }

  private List<Peer> peers() throws Failure {
    return words("--peers", peers, List.of(Peer.values()));
  }

  /** What a list of words names, each once and in the order of {@code known}; null is all. */
  private static <T> List<T> words(String option, @Nullable List<String> texts, List<T> known)
      throws Failure {
    List<T> chosen = new ArrayList<>();
    for (String text : texts == null ? List.<String>of() : texts) {
      chosen.add(KnownWord.of(option, text, known));
    }
    return texts == null ? known : known.stream().filter(chosen::contains).toList();
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

  /** Not the target folder, whose path may be longer than that of a Unix socket. */
  private static Path temporary() {
    return Path.of(System.getProperty("java.io.tmpdir"));
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
    return temporary().resolve("selkie-benchmarks");
  }
}
