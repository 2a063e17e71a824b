package dev.selkie.cli;

import dev.selkie.cli.console.Failure;
import dev.selkie.cli.console.Output;
import dev.selkie.cli.console.WholeNumber;
import dev.selkie.kernel.CountingKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCallException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code selkie demo}: asks a delay server many things at once. */
@Command(
    name = "demo",
    mixinStandardHelpOptions = true,
    description = {
      "Sends requests to a delay server, all at once, on one thread with one event queue.",
      "Request i of N is delayed by N - i steps, so the last one is answered first."
    },
    footer = {
      "",
      "Examples:",
      "  selkie demo                                 five requests, five seconds",
      "  selkie demo --requests 5000                 a progress bar and a histogram",
      "  selkie demo --host example.org --port 8080  a server elsewhere (selkie serve delay)",
      "",
      "Exit status: 0 if every answer was right, 1 if not, 2 for a wrong option."
    })
final class DemoCommand implements Callable<Integer> {
  private static final int MOST_REQUESTS = 100_000;
  private static final int FEW = 5;
  private static final Duration USUAL_STEP = Duration.ofSeconds(1);

  /** Descriptors of the process itself and of the queues, with room to spare. */
  private static final int OWN_DESCRIPTORS = 64;

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

  DemoCommand(Output output, DelayRun.Patience patience) {
    this.output = output;
    this.patience = patience;
  }

  @Override
  public Integer call() throws Failure, IOException {
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
    Server server;
    try {
      server = Server.listen(kernel, any, new DelayServer(false, line -> {}), output::warn);
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

  private static void checkDescriptors(Kernel kernel, int requests, int each) throws Failure {
    long limit = kernel.files().descriptorLimit(false);
    long needed = (long) requests * each + OWN_DESCRIPTORS;
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
                  requests,
                  needed,
                  limit,
                  needed,
                  permission,
                  Math.max(0, (limit - OWN_DESCRIPTORS) / each)));
    }
  }

  private int ask(Kernel kernel, DelayRun run, @Nullable ServerThread running) throws IOException {
    output.line(DemoReport.title(run));
    Rehearsal.hold(kernel, run);
    CountingKernel counting = new CountingKernel(kernel);
    DemoReport report = DemoReport.of(output, run);
    try (DelayClient client = new DelayClient(counting, run, report)) {
      client.ask();
      if (client.counts.answered > 0) {
        report.end(client, counting.total());
      }
      Throwable failure = running == null ? null : running.failure();
      if (failure != null) {
        throw new IllegalStateException("the delay server failed: " + failure, failure);
      }
      String line = report.failureLine(client);
      if (line != null) {
        output.warn(line);
        return Failure.FAILED;
      }
      return 0;
    }
  }
}
