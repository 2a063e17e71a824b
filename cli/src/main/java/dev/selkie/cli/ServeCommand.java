package dev.selkie.cli;

import dev.selkie.cli.console.Failure;
import dev.selkie.cli.console.Output;
import dev.selkie.cli.console.WholeNumber;
import dev.selkie.cli.program.CountedKernel;
import dev.selkie.cli.program.DelayProtocol;
import dev.selkie.cli.program.Reasons;
import dev.selkie.cli.program.ServerCounts;
import dev.selkie.cli.program.Service;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCallException;
import java.io.IOException;
import java.net.InetSocketAddress;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code selkie serve}: runs a server, in one of the styles. */
@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    description = {
      "Runs a server until Ctrl-C or SIGTERM.",
      "",
      "It runs on one thread with one event queue; --style gives the same program on",
      "event loops."
    },
    footer = {
      "",
      "Examples:",
      "  selkie serve delay --port 8080   then: curl http://127.0.0.1:8080/1000/hello",
      "  selkie serve echo --bind ::1      on the IPv6 loopback, at a free port",
      "  selkie serve echo --style fibers --loops 4",
      "",
      "Exit status: 0 after Ctrl-C or SIGTERM, 1 if it cannot serve, 2 for a wrong",
      "option."
    })
final class ServeCommand {
  private final Output output;

  ServeCommand(Output output) {
    this.output = output;
  }

  /** Where a server listens. */
  static final class Place {
    @Option(
        names = "--port",
        paramLabel = "PORT",
        defaultValue = "0",
        description = "The port; 0 picks a free one and prints it (default: 0).")
    String port = "";

    @Option(
        names = "--bind",
        paramLabel = "ADDRESS",
        defaultValue = "127.0.0.1",
        description = "The address to listen at (default: 127.0.0.1; 0.0.0.0 or :: for all).")
    String address = "127.0.0.1";
  }

  @Command(
      name = "delay",
      mixinStandardHelpOptions = true,
      description = {
        "Answers GET /{delay in ms}/{url-encoded message} with the message after the delay.",
        "Each connection carries one request (Connection: close)."
      })
  int delay(
      @Mixin Place place,
      @Mixin StyleOptions options,
      @Option(names = "--append", description = "Appends 100,000 bytes to each message.")
          boolean append)
      throws Failure, IOException {
    Style style = options.style();
    int loops = options.loops();
    return serve(
        "delay server",
        place,
        true,
        (counts, at) -> {
          DelayProtocol protocol = new DelayProtocol(counts, append, output::line);
          return style.delay(counts, at, loops, output::warn, protocol);
        });
  }

  @Command(
      name = "echo",
      mixinStandardHelpOptions = true,
      description = "Sends back what it receives.")
  int echo(@Mixin Place place, @Mixin StyleOptions options) throws Failure, IOException {
    Style style = options.style();
    int loops = options.loops();
    return serve(
        "echo server", place, false, (counts, at) -> style.echo(counts, at, loops, output::warn));
  }

  /** How a server is started. */
  private interface Starting {
    Service start(ServerCounts counts, InetSocketAddress at) throws IOException;
  }

  private int serve(String name, Place place, boolean withRequests, Starting starting)
      throws Failure, IOException {
    int port = WholeNumber.port(place.port, 0);
    Kernel kernel = Kernel.current();
    InetSocketAddress address = Hosts.resolve(kernel, place.address, port, "--bind");
    ServerCounts counts = new ServerCounts(new CountedKernel(kernel));
    Service server;
    try {
      server = starting.start(counts, address);
    } catch (SystemCallException e) {
      throw Failure.failed(Reasons.ofListening(e, place.address, port), e);
    }
    try (server;
        StopOnSignal stop = StopOnSignal.install(server::stop)) {
      InetSocketAddress at = server.address();
      output.line("%s at %s".formatted(name, text(at)));
      DelayProtocol.prepare();
      server.run();
      String summary = counts.summary(withRequests, server.connections());
      server.close();
      output.line(summary);
      stop.ended(0);
    }
    return 0;
  }

  private static String text(InetSocketAddress at) {
    String host = at.getAddress().getHostAddress();
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + at.getPort();
  }
}
