package dev.selkie.benchmarks;

import java.io.PrintStream;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Wakes between threads: how long from a wake to the return of the wait, and how many a second two
 * threads exchange. The exchange is on one CPU: on two, the scheduler now and then puts both
 * threads on one all the same, and the figures fall into two groups.
 */
final class WakeComparison {
  private static final Metric P50 = new Metric("latency_p50_nanos", "p50 ns", 0);
  private static final Metric P99 = new Metric("latency_p99_nanos", "p99 ns", 0);
  private static final Metric EXCHANGE = new Metric("nanos_per_wake", "ns/wake", 0);
  private static final Metric RATE = new Metric("wakes_per_second", "wakes/s", 0);
  private static final Set<Peer> PEERS =
      EnumSet.of(Peer.C, Peer.SELKIE, Peer.CALLBACKS, Peer.NIO, Peer.NETTY_EPOLL, Peer.NETTY_NIO);
  private static final double SECOND = 1e9;

  private final Launcher launcher;
  private final Settings settings;
  private final PrintStream progress;

  WakeComparison(Launcher launcher, Settings settings, PrintStream progress) {
    this.launcher = launcher;
    this.settings = settings;
    this.progress = progress;
  }

  Result latency() {
    Result result =
        new Result(
            "wake-latency",
            "wake, latency from the wake to the return of the wait, threads on two CPUs",
            Map.of(),
            List.of(P50, P99),
            settings.peersOf(PEERS),
            Peer.C);
    run(
        result,
        launcher::onBothCpus,
        "latency ",
        answer ->
            Map.of(
                P50.name(),
                (double) answer.get("p50"),
                P99.name(),
                (double) answer.get("p99"),
                "wakes",
                (double) answer.get("wakes")));
    return result;
  }

  Result pingPong() {
    Result result =
        new Result(
            "wake-pingpong",
            "wake, two threads on one CPU that wake each other in turn",
            Map.of(),
            List.of(EXCHANGE, RATE),
            settings.peersOf(PEERS),
            Peer.C);
    run(
        result,
        launcher::onServerCpu,
        "pingpong ",
        answer -> {
          double nanos = answer.get("nanos");
          double wakes = answer.get("wakes");
          return Map.of(
              EXCHANGE.name(), nanos / wakes, RATE.name(), wakes * SECOND / nanos, "wakes", wakes);
        });
    return result;
  }

  private interface Figures {
    Map<String, Double> of(Map<String, Long> answer);
  }

  private void run(
      Result result, UnaryOperator<List<String>> pin, String command, Figures figures) {
    launcher.leaveOutMissing(result, Peer.C, "wake");
    Interleaved interleaved = new Interleaved(settings, result, progress);
    interleaved.run((peer, children) -> {
      List<String> process =
          peer.isJava() ? launcher.java(WakeRunner.class, peer) : launcher.c("wake");
      Child child = interleaved.start(peer.word, pin.apply(process), children);
      return millis -> figures.of(child.ask(command + millis, Settings.deadline(millis)));
    });
  }
}
