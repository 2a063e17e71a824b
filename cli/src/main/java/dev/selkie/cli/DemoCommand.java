package dev.selkie.cli;

import dev.selkie.cli.console.Failure;
import dev.selkie.cli.console.Output;
import dev.selkie.cli.console.WholeNumber;
import dev.selkie.cli.program.Asking;
import dev.selkie.cli.program.CountedKernel;
import dev.selkie.cli.program.DelayProtocol;
import dev.selkie.cli.program.DelayRequestLine;
import dev.selkie.cli.program.DelayRun;
import dev.selkie.cli.program.Reasons;
import dev.selkie.cli.program.ServerCounts;
import dev.selkie.cli.program.Service;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCallException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code selkie demo}: asks a delay server many things at once. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = {
      "Asks a delay server many things at once.",
      "",
      "It runs on one thread with one event queue; --style gives the same client and",
      "server on event loops. Request i of N is delayed by N - i steps, so the last",
      "is answered first."
    },
    footer = {
      "",
      "Examples:",
      "  selkie demo                                 five requests, five seconds",
      "  selkie demo --requests 5000                 a progress bar and a histogram",
      "  selkie demo --style fibers --loops 2        fibers on two event loops each",
      "  selkie demo --host example.org --port 8080  a server elsewhere (serve delay)",
      "",
      "Exit status: 0 if every answer was right, 1 if not, 2 for a wrong option."
    })
final class DemoCommand implements Callable<Integer> {
  private static final int MOST_REQUESTS = 100_000;
  private static final int FEW = 5;
  private static final Duration USUAL_STEP = Duration.ofSeconds(1);

  /** Descriptors of the process itself and of the queues, with room to spare. */
  private static final int OWN_DESCRIPTORS = 64;

  /** Of one more loop of the client and of the server. */
  private static final int LOOP_DESCRIPTORS = 4;

  private final Output output;
  private final DelayRun.Patience patience;

  @Option(
      names = "--requests",
      paramLabel = "N",
      defaultValue = "5",
      description = "How many requests, 1 to 100000 (default: 5).")
  private String requestsText = "";

  @Option(
      names = "--delay",
      paramLabel = "MS",
      description = "The step between the delays (default: 1000; 5000 / N for more than 5).")
  private @Nullable String delayText;

  @Option(
      names = "--host",
      paramLabel = "HOST",
      description = "Asks the delay server of a host, instead of starting one; needs --port.")
  private @Nullable String host;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      description = "The port of a delay server that runs, on this machine without --host.")
  private @Nullable String portText;

  @Mixin private StyleOptions options = new StyleOptions();

  DemoCommand(Output output, DelayRun.Patience patience) {
    this.output = output;
    this.patience = patience;
  }

  @Override
  public Integer call() throws Failure, IOException, InterruptedException {
    Style style = options.style();
    int requests = (int) WholeNumber.of("--requests", requestsText, 1, MOST_REQUESTS, "");
    Duration step = step(requests);
    String given = portText;
    int port = given == null ? 0 : WholeNumber.port(given, 1);
    if (given == null && host != null) {
      throw Failure.usage("--host needs --port: the port of the delay server at " + host);
    }
    Kernel kernel = Kernel.current();
    checkDescriptors(kernel, requests, port == 0 ? 2 : 1);
    if (port != 0) {
      String name = host == null ? "127.0.0.1" : host;
      InetSocketAddress server = Hosts.resolve(kernel, name, port, "--host");
      return ask(kernel, new DelayRun(server, name, requests, step, patience), null);
    }
    InetSocketAddress any = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0);
    ServerCounts counts = new ServerCounts(new CountedKernel(kernel));
    DelayProtocol protocol = new DelayProtocol(counts, false, line -> {});
    Service server;
    try {
      server = style.delay(counts, any, options.loops(), output::warn, protocol);
    } catch (SystemCallException e) {
      throw Failure.failed(Reasons.ofListening(e, "127.0.0.1", 0), e);
    }
    try (ServerThread running = ServerThread.start(server)) {
      DelayRun run = new DelayRun(server.address(), "127.0.0.1", requests, step, patience);
      return ask(kernel, run, running);
    }
  }

  private Duration step(int requests) throws Failure {
    String given = delayText;
    if (given == null) {
      return requests <= FEW ? USUAL_STEP : USUAL_STEP.multipliedBy(FEW).dividedBy(requests);
    }
    long most = DelayRequestLine.MAX_MILLIS / requests;
    String remark = " for %d requests (a delay is at most a day)".formatted(requests);
    return Duration.ofMillis(WholeNumber.of("--delay", given, 0, most, remark));
  }

  private void checkDescriptors(Kernel kernel, int requests, int each) throws Failure {
    long limit = kernel.files().descriptorLimit(false);
    int own = OWN_DESCRIPTORS + LOOP_DESCRIPTORS * (options.loops() - 1);
    long needed = (long) requests * each + own;
    if (limit >= 0 && needed > limit) {
      long hard = kernel.files().descriptorLimit(true);
      String permission =
          hard < 0 || hard >= needed
              ? ""
              : " (the hard limit is %d%s: root can raise it)"
                  .formatted(hard, hard == limit ? " too" : "");
      throw Failure.failed(
          ("%d requests need %d descriptors and the limit is %d: raise it with ulimit -n %d%s, or"
                  + " ask for at most %d requests")
              .formatted(
                  requests, needed, limit, needed, permission, Math.max(0, (limit - own) / each)));
    }
  }

  private int ask(Kernel kernel, DelayRun run, @Nullable ServerThread running)
      throws Failure, IOException, InterruptedException {
    Style style = options.style();
    output.line(DemoReport.title(run, style.on(options.loops())));
    Rehearsal.hold(kernel, run, style);
    DemoReport report = DemoReport.of(output, run);
    Asking asking = new Asking(new CountedKernel(kernel), run, report);
    style.ask(asking, options.loops());
    if (asking.counts().answered > 0) {
      report.end(asking);
    }
    Throwable failure = running == null ? null : running.failure();
    if (failure != null) {
      throw new IllegalStateException("the delay server failed: " + failure, failure);
    }
    String line = report.failureLine(asking);
    if (line != null) {
      output.warn(line);
      return Failure.FAILED;
    }
    return 0;
  }
}
