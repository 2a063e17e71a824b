package dev.selkie.benchmarks;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Echo by TLS 1.3 on loopback, all by the JDK's provider: what a message costs the server, what it
 * moves, and what an idle connection takes of its memory.
 */
final class TlsComparison {
  private static final Metric CPU = new Metric("cpu_nanos_per_message", "CPU ns/message", 0);
  private static final Metric MESSAGES = new Metric("messages_per_second", "messages/s", 0);
  private static final Metric NANOS = new Metric("nanos_per_kib", "ns/KiB each way", 1);
  private static final Metric KIB_CPU = new Metric("cpu_nanos_per_kib", "CPU ns/KiB each way", 1);
  private static final Metric BYTES = new Metric("bytes_per_connection", "bytes/connection", 0);
  private static final Set<Peer> PEERS =
      EnumSet.of(Peer.FIBERS, Peer.FUTURES, Peer.NETTY_NIO, Peer.VIRTUAL_THREADS);

  private static final int CONNECTIONS = 64;
  private static final int MESSAGE = 64;

  /** As much as is read at once; no more, for both sides write before they read. */
  private static final int BULK = 1 << 16;

  private static final int BULK_CONNECTIONS = 4;
  private static final int MOST_IDLE = 1000;
  private static final int DEADLINE_MILLIS = 10_000;
  private static final double KIB = 1024;
  private static final double SECOND = 1e9;

  private final Launcher launcher;
  private final Settings settings;
  private final PrintStream progress;
  private final Path folder;
  private @Nullable Path certificate;

  TlsComparison(Launcher launcher, Settings settings, PrintStream progress, Path folder) {
    this.launcher = launcher;
    this.settings = settings;
    this.progress = progress;
    this.folder = folder;
  }

  /** Small messages on many connections. */
  Result messages() {
    return run(
        result("tls-messages", CONNECTIONS, List.of(CPU, MESSAGES), " of 64 bytes"),
        CONNECTIONS,
        MESSAGE);
  }

  /** Full records on few connections. */
  Result bulk() {
    return run(
        result("tls-bulk", BULK_CONNECTIONS, List.of(NANOS, KIB_CPU), " of 64 KiB"),
        BULK_CONNECTIONS,
        BULK);
  }

  private Result result(String name, int connections, List<Metric> metrics, String what) {
    return new Result(
        name,
        "TLS echo" + what + ", " + connections + " connections",
        Map.of("connections", connections),
        metrics,
        settings.peersOf(PEERS),
        Peer.VIRTUAL_THREADS);
  }

  private Result run(Result result, int connections, int size) {
    new Interleaved(settings, result, progress)
        .run((peer, children) -> {
          Server server = server(peer, children, size, result);
          Child load = load(peer, children, server, connections, size, result);
          return millis -> {
            long before = server.child.ask("cpu", Settings.deadline(DEADLINE_MILLIS)).get("cpu");
            Map<String, Long> round = load.ask("round " + millis, Settings.deadline(millis));
            long after = server.child.ask("cpu", Settings.deadline(DEADLINE_MILLIS)).get("cpu");
            return figures(after - before, round, size);
          };
        });
    return result;
  }

  private static Map<String, Double> figures(long cpu, Map<String, Long> round, int size) {
    double messages = round.get("messages");
    double nanos = round.get("nanos");
    double kib = messages * size / KIB;
    return Map.of(
        CPU.name(),
        cpu / messages,
        MESSAGES.name(),
        messages * SECOND / nanos,
        NANOS.name(),
        nanos / kib,
        KIB_CPU.name(),
        cpu / kib,
        "messages",
        messages);
  }

  /** Connections that have had a message and are idle. */
  Result memory() {
    int connections = Math.min(settings.idle(), MOST_IDLE);
    Result result = result("tls-memory", connections, List.of(BYTES), ", idle");
    new Interleaved(settings, result, progress)
        .run((peer, children) -> {
          Server server = server(peer, children, MESSAGE, result);
          load(peer, children, server, connections, MESSAGE, result).close();
          load(peer, children, server, CONNECTIONS, MESSAGE, result);
          double before = bytes(server);
          load(peer, children, server, connections, MESSAGE, result);
          return _ ->
              Map.of(
                  BYTES.name(),
                  (bytes(server) - before) / connections,
                  "connections",
                  (double) connections);
        });
    return result;
  }

  private static double bytes(Server server) throws ChildException {
    return server.child.ask("memory", Settings.deadline(DEADLINE_MILLIS)).get("bytes");
  }

  /** A server that listens. */
  private record Server(Child child, long port) {}

  private Server server(Peer peer, List<Child> children, int size, Result result)
      throws ChildException {
    List<String> command =
        launcher.onServerCpu(launcher.java(TlsEcho.class, peer, certificate(), size));
    Child child = Child.start(command);
    children.add(child);
    result.command(peer + " server", command);
    return new Server(child, child.ready().getOrDefault("port", 0L));
  }

  private Child load(
      Peer peer, List<Child> children, Server server, int connections, int size, Result result)
      throws ChildException {
    List<String> command =
        launcher.onLoadCpu(
            launcher.java(TlsLoad.class, peer, certificate(), server.port, connections, size));
    Child load = Child.start(command);
    children.add(load);
    load.ready();
    result.command(peer + " load", command);
    return load;
  }

  private Path certificate() throws ChildException {
    Path made = certificate;
    if (made == null) {
      made = TlsContexts.make(folder);
      certificate = made;
    }
    return made;
  }
}
