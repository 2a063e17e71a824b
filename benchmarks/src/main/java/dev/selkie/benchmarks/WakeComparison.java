package dev.selkie.benchmarks;

import java.io.PrintStream;
import java.util.List;
import java.util.Map;
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
            List.of(P50, P99));
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
            List.of(EXCHANGE, RATE));
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
    String noC = launcher.cMissing();
    for (Peer peer : settings.peers()) {
      if (peer == Peer.VIRTUAL_THREADS) {
        result.leaveOut(peer, "they have no queue to wake");
      } else if (peer == Peer.NIO_KEYS) {
        result.leaveOut(peer, "its wake is that of the other form");
      } else if (peer.isLoop()) {
        result.leaveOut(peer, "its wake is that of the queue");
      } else if (peer == Peer.C && noC != null) {
        result.leaveOut(peer, noC);
      }
    }
    new Interleaved(settings, result, progress)
        .run((peer, children) -> {
          Child child = start(peer, children, result, pin);
          return millis -> figures.of(child.ask(command + millis, Settings.deadline(millis)));
        });
  }

  private Child start(
      Peer peer, List<Child> children, Result result, UnaryOperator<List<String>> pin)
      throws ChildException {
    List<String> command =
        pin.apply(peer.isJava() ? launcher.java(WakeRunner.class, peer) : launcher.c("wake"));
    Child child = Child.start(command);
    children.add(child);
    child.ready();
    result.command(peer.word, command);
    return child;
  }
}
