package dev.selkie.benchmarks;

import java.io.PrintStream;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The servers of the echo comparison with many connections that have had their messages and are
 * idle: what memory each takes, and what CPU time the server uses for nothing.
 */
final class IdleComparison {
  private static final Metric BYTES = new Metric("bytes_per_connection", "bytes/connection", 0);
  private static final Metric CPU = new Metric("cpu_micros_per_second", "CPU µs/s", 0);
  private static final Metric LOOP_CPU = new Metric("loop_cpu_micros", "CPU µs of the loop", 1);
  private static final Set<Peer> PEERS =
      EnumSet.of(
          Peer.CALLBACKS,
          Peer.FUTURES,
          Peer.TASKS,
          Peer.FIBERS,
          Peer.FIBERS_OF_JDK,
          Peer.VIRTUAL_THREADS);

  /** Connections that come first, so that what a server sets up once is not counted. */
  private static final int FIRST = 64;

  /** In which each connection has had some messages. */
  private static final int TRAFFIC_MILLIS = 2_000;

  private static final int DEADLINE_MILLIS = 10_000;
  private static final double MICRO = 1e3;
  private static final double MILLIS = 1e3;

  private final Launcher launcher;
  private final Settings settings;
  private final PrintStream progress;

  IdleComparison(Launcher launcher, Settings settings, PrintStream progress) {
    this.launcher = launcher;
    this.settings = settings;
    this.progress = progress;
  }

  Result run() {
    int connections = settings.idle();
    Result result =
        new Result(
            "idle",
            "idle, %,d connections".formatted(connections),
            Map.of("connections", connections),
            List.of(BYTES, CPU, LOOP_CPU),
            settings.peersOf(PEERS),
            Peer.VIRTUAL_THREADS);
    launcher.leaveOutMissing(result, null, "echo_load");
    new Interleaved(settings, result, progress)
        .run((peer, children) -> start(peer, children, connections, result));
    return result;
  }

  private Interleaved.Round start(Peer peer, List<Child> children, int connections, Result result)
      throws ChildException {
    List<String> command = launcher.onServerCpu(launcher.java(EchoServer.class, peer));
    Child server = Child.start(command);
    children.add(server);
    long port = server.ready().getOrDefault("port", 0L);
    result.command(peer + " server", command);
    // As many come and go before: the frames that begin a connection stay on a fiber's stack as
    // they
    // were when it began, and are larger until they are compiled.
    connect(connections, port, server, children).close();
    connect(FIRST, port, server, children);
    double before = bytes(server);
    connect(connections, port, server, children);
    return millis -> {
      double bytes = bytes(server) - before;
      Map<String, Long> idle = server.ask("idle " + millis, Settings.deadline(millis));
      return Map.of(
          BYTES.name(),
          bytes / connections,
          CPU.name(),
          idle.get("process") / MICRO * MILLIS / millis,
          LOOP_CPU.name(),
          idle.get("main") / MICRO,
          "connections",
          (double) connections);
    };
  }

  private Child connect(int connections, long port, Child server, List<Child> children)
      throws ChildException {
    Child load =
        Child.start(launcher.onLoadCpu(launcher.c("echo_load", port, connections, server.pid())));
    children.add(load);
    load.ready();
    load.ask("round " + TRAFFIC_MILLIS, Settings.deadline(TRAFFIC_MILLIS));
    return load;
  }

  private static double bytes(Child server) throws ChildException {
    return server.ask("memory", Settings.deadline(DEADLINE_MILLIS)).get("bytes");
  }
}
