package dev.selkie.cli;

import dev.selkie.cli.console.Failure;
import dev.selkie.cli.console.Output;
import dev.selkie.cli.console.WholeNumber;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCallException;
import java.io.IOException;
import java.net.InetSocketAddress;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code selkie serve}: runs a server on one thread with one event queue. */
@Command(
    name = "serve",
    mixinStandardHelpOptions = true,
    description = "Runs a server on one thread with one event queue, until Ctrl-C or SIGTERM.",
    footer = {
      "",
      "Examples:",
      "  selkie serve delay --port 8080    then: curl http://127.0.0.1:8080/1000/hello",
      "  selkie serve echo --bind ::1      on the IPv6 loopback, at a free port",
      "",
      "Exit status: 0 after Ctrl-C or SIGTERM, 1 if it cannot serve, 2 for a wrong option."
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
      @Option(names = "--append", description = "Appends 100,000 bytes to each message.")
          boolean append)
      throws Failure, IOException {
    return serve("delay server", place, new DelayServer(append, output::line), true);
  }

  @Command(
      name = "echo",
      mixinStandardHelpOptions = true,
      description = "Sends back what it receives.")
  int echo(@Mixin Place place) throws Failure, IOException {
    return serve("echo server", place, EchoConnection::new, false);
  }

  private int serve(String name, Place place, Server.Protocol protocol, boolean withRequests)
      throws Failure, IOException {
    int port = WholeNumber.port(place.port, 0);
    Kernel kernel = Kernel.current();
    InetSocketAddress address = Hosts.resolve(kernel, place.address, port, "--bind");
    Server server;
    try {
      server = Server.listen(kernel, address, protocol, output::warn);
    } catch (SystemCallException e) {
      throw Failure.failed(Reasons.ofListening(e, place.address, port), e);
    }
    try (server;
        StopOnSignal stop = StopOnSignal.install(server)) {
      InetSocketAddress at = server.address();
      output.line("%s at %s".formatted(name, text(at)));
      DelayServer.prepare();
      server.run();
      String summary = server.counts.summary(withRequests, server.connections());
      server.close();
      output.line(summary);
      stop.ended();
    }
    return 0;
  }

  private static String text(InetSocketAddress at) {
    String host = at.getAddress().getHostAddress();
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + at.getPort();
  }
}
