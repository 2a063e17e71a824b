package dev.selkie.benchmarks;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Echo by TCP on loopback, or by Unix sockets, messages of 64 bytes: what a message costs the
 * server.
 *
 * <p>Server and load are processes on CPUs of their own. The load, in C and the same for all
 * servers, has one message under way on each connection.
 */
final class EchoComparison {
  private static final Metric CPU = new Metric("cpu_nanos_per_message", "CPU ns/message", 0);
  private static final Metric THROUGHPUT = new Metric("messages_per_second", "messages/s", 0);
  private static final Metric P50 = new Metric("latency_p50_micros", "p50 µs", 1);
  private static final Metric P99 = new Metric("latency_p99_micros", "p99 µs", 1);
  private static final Set<Peer> PEERS =
      EnumSet.complementOf(
          EnumSet.of(
              Peer.LIBUV,
              Peer.RECORDED,
              Peer.WATCHED,
              Peer.BEFORE,
              Peer.NETTY_WHEEL,
              Peer.JDK,
              Peer.BARE_THREADS,
              Peer.GENERATOR,
              Peer.CONTINUATION));
  private static final Set<Peer> UNIX = EnumSet.of(Peer.C, Peer.SELKIE, Peer.NIO, Peer.NIO_KEYS);
  private static final Set<Peer> SEEN = EnumSet.of(Peer.CALLBACKS, Peer.RECORDED, Peer.WATCHED);
  private static final double MICRO = 1e3;
  private static final double SECOND = 1e9;

  private final Launcher launcher;
  private final Settings settings;
  private final PrintStream progress;

  EchoComparison(Launcher launcher, Settings settings, PrintStream progress) {
    this.launcher = launcher;
    this.settings = settings;
    this.progress = progress;
  }

  Result run(int connections) {
    return run("echo", "echo, ", PEERS, Peer.C, connections, null);
  }

  /** By Unix sockets at paths in a folder, which are gone when it returns. */
  Result unix(Path folder) throws IOException {
    Path own = Files.createTempDirectory(folder, "selkie-bench");
    try {
      return run("unix", "ping-pong by a Unix socket, ", UNIX, Peer.C, 1, own);
    } finally {
      for (Peer peer : UNIX) {
        Files.deleteIfExists(own.resolve(peer.word));
      }
      Files.delete(own);
    }
  }

  /** What it costs to be seen: callbacks that nobody sees are what the others are compared to. */
  Result seen(int connections) {
    Set<Peer> peers = EnumSet.copyOf(SEEN);
    if (launcher.hasEarlierBuild()) {
      peers.add(Peer.BEFORE);
    }
    return run("seen", "echo as it is seen, ", peers, Peer.CALLBACKS, connections, null);
  }

  private Result run(
      String benchmark,
      String title,
      Set<Peer> peers,
      Peer base,
      int connections,
      @Nullable Path folder) {
    Result result =
        new Result(
            benchmark,
            title + connections + (connections == 1 ? " connection" : " connections"),
            Map.of("connections", connections),
            List.of(CPU, THROUGHPUT, P50, P99),
            settings.peersOf(peers),
            base);
    launcher.leaveOutMissing(result, null, "echo_load");
    new Interleaved(settings, result, progress)
        .run((peer, children) -> start(peer, children, connections, folder, result));
    return result;
  }

  private Interleaved.Round start(
      Peer peer, List<Child> children, int connections, @Nullable Path folder, Result result)
      throws ChildException {
    Object[] at = folder == null ? new Object[0] : new Object[] {folder.resolve(peer.word)};
    List<String> serverCommand =
        launcher.onServerCpu(
            peer.isJava()
                ? launcher.java(EchoServer.class, peer, at)
                : launcher.c("echo_server", at));
    Child server = Child.start(serverCommand);
    children.add(server);
    Object port = server.ready().getOrDefault("port", 0L);
    Object address = folder == null ? port : at[0];
    List<String> loadCommand =
        launcher.onLoadCpu(launcher.c("echo_load", address, connections, server.pid()));
    Child load = Child.start(loadCommand);
    children.add(load);
    load.ready();
    result.command(peer + " server", serverCommand);
    result.command(peer + " load", loadCommand);
    return millis -> figures(load.ask("round " + millis, Settings.deadline(millis)));
  }

  private static Map<String, Double> figures(Map<String, Long> answer) throws ChildException {
    long messages = answer.get("messages");
    if (answer.get("wrong") != 0) {
      throw new ChildException(answer.get("wrong") + " of " + messages + " answers were wrong");
    }
    return Map.of(
        CPU.name(),
        (double) answer.get("cpu") / messages,
        THROUGHPUT.name(),
        messages * SECOND / answer.get("nanos"),
        P50.name(),
        answer.get("p50") / MICRO,
        P99.name(),
        answer.get("p99") / MICRO,
        "messages",
        (double) messages);
  }
}
