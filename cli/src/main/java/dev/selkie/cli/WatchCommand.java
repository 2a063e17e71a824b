package dev.selkie.cli;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import dev.selkie.cli.console.Failure;
import dev.selkie.cli.console.Output;
import dev.selkie.cli.console.TimeSpan;
import dev.selkie.cli.console.WholeNumber;
import dev.selkie.cli.watch.Happening;
import dev.selkie.cli.watch.WatchRun;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code selkie watch}: waits for whatever can be ready, and tells what happens. */
@Command(
    name = "watch",
    mixinStandardHelpOptions = true,
    description = {
      "Waits for many things at once and prints a line as each happens.",
      "",
      "One thread and one queue wait for all that is named. Each option that names",
      "something may be given again and again. It ends at Ctrl-C, or when nothing",
      "more can happen."
    },
    footer = {
      "",
      "Examples:",
      "  selkie watch --folder src --every 10s        changes of files, and a tick",
      "  selkie watch --stdin --udp 5140 --json       lines, datagrams, for machines",
      "  selkie watch --folder src --exec 'make test' a command at each change",
      "  selkie watch --fifo go --once --for 1m       waits for a line, a minute",
      "  selkie watch --run 'make' --signal HUP       a command's lines and its end",
      "",
      "A command of --exec finds what has happened in SELKIE_SOURCE, SELKIE_EVENT and",
      "SELKIE_TEXT, SELKIE_PATH and so on, by the names that --json has, cut at 40,000",
      "characters. One runs at a time, and what happens meanwhile waits for it, also",
      "at the end. With --json what it prints goes to the standard error.",
      "",
      "A program of --run that still runs at the end is sent SIGTERM, with its group.",
      "",
      "Exit status: 0 at Ctrl-C, at the count, or when nothing more can happen; 124",
      "if --for ended it before the count; 1 if something failed; 2 for a wrong call."
    })
final class WatchCommand implements Callable<Integer> {
  private static final int MOST = 1_000_000_000;
  private static final int LARGEST_PORT = 65_535;

  /** As timeout(1) has it. */
  private static final int TIMED_OUT = 124;

  private final Output output;

  @Option(names = "--stdin", description = "Lines of the standard input.")
  private boolean stdin;

  @Option(
      names = "--fifo",
      paramLabel = "PATH",
      description = "Lines that come through a FIFO, which is made, and stays, if not there.")
  private List<String> fifos = List.of();

  @Option(
      names = "--udp",
      paramLabel = "PORT",
      description = "Datagrams to a UDP port of this machine, or to ADDRESS:PORT.")
  private List<String> ports = List.of();

  @Option(
      names = "--unix",
      paramLabel = "PATH",
      description = "Datagrams to a Unix socket, which is made, and removed.")
  private List<String> unixPaths = List.of();

  @Option(names = "--folder", paramLabel = "PATH", description = "Changes of files below a folder.")
  private List<String> folders = List.of();

  @Option(
      names = "--signal",
      paramLabel = "NAME",
      description = "A signal to this process, such as HUP or USR1.")
  private List<String> signals = List.of();

  @Option(
      names = "--every",
      paramLabel = "TIME",
      description = "A tick again and again, such as each 500ms, 10s, 5m or 1h.")
  private List<String> intervals = List.of();

  @Option(
      names = "--run",
      paramLabel = "COMMAND",
      description = "Runs a command by the shell: its lines and its end.")
  private List<String> programs = List.of();

  @Option(names = "--for", paramLabel = "TIME", description = "Ends after a time.")
  private @Nullable String time;

  @Option(names = "--count", paramLabel = "N", description = "Ends after so many events.")
  private @Nullable String countText;

  @Option(names = "--once", description = "Ends after one event: --count 1.")
  private boolean once;

  @Option(
      names = "--exec",
      paramLabel = "COMMAND",
      description = "Runs a command by the shell at each event.")
  private @Nullable String command;

  @Option(names = "--json", description = "Prints a JSON object an event, each in a line.")
  private boolean json;

  WatchCommand(Output output) {
    this.output = output;
  }

  @Override
  public Integer call() throws Failure {
    long count = count();
    long nanos = time == null ? Long.MAX_VALUE : NANOSECONDS.convert(TimeSpan.of("--for", time));
    List<InetSocketAddress> addresses = new ArrayList<>();
    for (String port : ports) {
      addresses.add(address(port));
    }
    List<Duration> periods = new ArrayList<>();
    for (String interval : intervals) {
      periods.add(TimeSpan.of("--every", interval));
    }
    try {
      WatchRun run = WatchRun.open(this::print, output::warn, command, json);
      try (StopOnSignal signal = StopOnSignal.install(run::stop)) {
        int status = watch(run, addresses, periods, count, nanos);
        signal.ended(status);
        return status;
      }
    } catch (IOException | IllegalArgumentException e) {
      throw Failure.failed(String.valueOf(e.getMessage()), e);
    }
  }

  /** Ends with the run closed, so that a signal leaves nothing behind either. */
  private int watch(
      WatchRun run,
      List<InetSocketAddress> addresses,
      List<Duration> periods,
      long count,
      long nanos)
      throws Failure, IOException {
    try (run) {
      open(run, addresses, periods);
      boolean interruptible = signals.stream().noneMatch("INT"::equalsIgnoreCase);
      output.warn("watching " + run + (interruptible ? ": Ctrl-C ends it" : ""));
      WatchRun.End end = run.run(count, nanos);
      return run.hasFailed()
          ? Failure.FAILED
          : end == WatchRun.End.TIME && count < Long.MAX_VALUE ? TIMED_OUT : 0;
    }
  }

  private long count() throws Failure {
    String given = countText;
    if (given == null) {
      return once ? 1 : Long.MAX_VALUE;
    }
    if (once) {
      throw Failure.usage("--once is --count 1: give one of the two");
    }
    return WholeNumber.of("--count", given, 1, MOST, "");
  }

  private static InetSocketAddress address(String text) throws Failure {
    int colon = text.lastIndexOf(':');
    int port = (int) WholeNumber.of("--udp", text.substring(colon + 1), 0, LARGEST_PORT, "");
    if (colon < 0) {
      return new InetSocketAddress(port);
    }
    try {
      return new InetSocketAddress(InetAddress.ofLiteral(literal(text.substring(0, colon))), port);
    } catch (IllegalArgumentException e) {
      throw Failure.usage(
          "--udp %s: give a port, or an address and a port as in 127.0.0.1:5140 or [::1]:5140"
              .formatted(Output.printable(text)));
    }
  }

  private static String literal(String host) {
    return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
  }

  private void open(WatchRun run, List<InetSocketAddress> addresses, List<Duration> periods)
      throws Failure, IOException {
    if (stdin) {
      run.watchStandardInput();
    }
    for (String fifo : fifos) {
      run.watchFifo(fifo);
    }
    for (InetSocketAddress address : addresses) {
      run.watchUdp(address);
    }
    for (String path : unixPaths) {
      run.watchUnix(path);
    }
    for (String folder : folders) {
      run.watchFolder(folder);
    }
    for (String signal : signals) {
      run.watchSignal(signal);
    }
    for (int i = 0; i < periods.size(); i++) {
      run.watchTimer(intervals.get(i), periods.get(i));
    }
    for (String program : programs) {
      run.watchProgram(program);
    }
    if (run.isEmpty()) {
      throw Failure.usage("there is nothing to watch: give --stdin, --folder PATH or the like");
    }
  }

  private void print(Happening happening) {
    if (json) {
      output.json(happening.json());
    } else {
      output.line(happening.line());
    }
  }
}
