package dev.selkie.cli;

import dev.selkie.cli.program.Asking;
import dev.selkie.cli.program.DelayProtocol;
import dev.selkie.cli.program.LoopClient;
import dev.selkie.cli.program.LoopServer;
import dev.selkie.cli.program.ServerCounts;
import dev.selkie.cli.program.Service;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Locale;
import java.util.function.Consumer;

/** The styles in which the same programs are written, a package each. */
enum Style {
  /** On the event queue itself. */
  QUEUE,
  /** Handlers that an event loop calls. */
  CALLBACKS,
  /** Stages that follow each other. */
  FUTURES,
  /** Work that is polled. */
  TASKS,
  /** Code in sequence, a fiber a connection. */
  FIBERS;

  /** Starts an echo server. */
  Service echo(ServerCounts counts, InetSocketAddress at, int loops, Consumer<String> warnings)
      throws IOException {
    return switch (this) {
      case QUEUE -> dev.selkie.cli.queue.Server.echo(counts, at, warnings);
      case CALLBACKS ->
          LoopServer.start(counts, at, loops, warnings, dev.selkie.cli.callbacks.EchoServer::begin);
      case FUTURES ->
          LoopServer.start(counts, at, loops, warnings, dev.selkie.cli.futures.EchoServer::begin);
      case TASKS ->
          LoopServer.start(counts, at, loops, warnings, dev.selkie.cli.tasks.EchoServer::begin);
      case FIBERS ->
          LoopServer.start(counts, at, loops, warnings, dev.selkie.cli.fibers.EchoServer::begin);
    };
  }

  /** Starts a delay server. */
  Service delay(
      ServerCounts counts,
      InetSocketAddress at,
      int loops,
      Consumer<String> warnings,
      DelayProtocol protocol)
      throws IOException {
    LoopServer.Program program =
        switch (this) {
          case QUEUE -> null;
          case CALLBACKS ->
              (server, address) ->
                  dev.selkie.cli.callbacks.DelayServer.begin(server, address, protocol);
          case FUTURES ->
              (server, address) ->
                  dev.selkie.cli.futures.DelayServer.begin(server, address, protocol);
          case TASKS ->
              (server, address) ->
                  dev.selkie.cli.tasks.DelayServer.begin(server, address, protocol);
          case FIBERS ->
              (server, address) ->
                  dev.selkie.cli.fibers.DelayServer.begin(server, address, protocol);
        };
    return program == null
        ? dev.selkie.cli.queue.Server.delay(counts, at, protocol, warnings)
        : LoopServer.start(counts, at, loops, warnings, program);
  }

  /** Asks all that is to be asked of a delay server, and waits for the end. */
  void ask(Asking asking, int loops) throws IOException, InterruptedException {
    switch (this) {
      case QUEUE -> dev.selkie.cli.queue.DelayClient.ask(asking);
      case CALLBACKS -> LoopClient.ask(asking, loops, dev.selkie.cli.callbacks.DelayClient::ask);
      case FUTURES -> LoopClient.ask(asking, loops, dev.selkie.cli.futures.DelayClient::ask);
      case TASKS -> LoopClient.ask(asking, loops, dev.selkie.cli.tasks.DelayClient::ask);
      case FIBERS -> LoopClient.ask(asking, loops, dev.selkie.cli.fibers.DelayClient::ask);
    }
  }

  /** What a program of this style runs on, in words. */
  String on(int loops) {
    return this == QUEUE
        ? "one thread, one queue"
        : "%s on %s".formatted(this, loops == 1 ? "one event loop" : loops + " event loops");
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
