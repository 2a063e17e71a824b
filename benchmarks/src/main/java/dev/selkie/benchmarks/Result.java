package dev.selkie.benchmarks;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The rounds of one comparison at one size. */
final class Result {
  final String benchmark;
  final String title;

  /** Such as connections=64. */
  final Map<String, Integer> parameters;

  /** The first one is compared, lower being better; of the others the medians are shown. */
  final List<Metric> metrics;

  /** What is compared here, of the peers that were asked for. */
  final List<Peer> peers;

  /** To which the main figures are compared. */
  final Peer base;

  private final Map<Peer, List<Map<String, Double>>> rounds = new EnumMap<>(Peer.class);
  private final Map<Peer, String> missing = new EnumMap<>(Peer.class);
  private final Map<String, List<String>> commands = new TreeMap<>();
  private boolean failed;

  Result(
      String benchmark,
      String title,
      Map<String, Integer> parameters,
      List<Metric> metrics,
      List<Peer> peers,
      Peer base) {
    this.benchmark = benchmark;
    this.title = title;
    this.parameters = parameters;
    this.metrics = metrics;
    this.peers = peers;
    this.base = base;
  }

  void add(Peer peer, Map<String, Double> figures) {
    rounds.computeIfAbsent(peer, p -> new ArrayList<>()).add(figures);
  }

  /** Leaves a peer out that cannot run here. */
  void leaveOut(Peer peer, String reason) {
    missing.put(peer, reason);
  }

  /** Leaves a peer out that failed; its rounds are dropped. */
  void fail(Peer peer, String reason) {
    rounds.remove(peer);
    missing.put(peer, reason);
    failed = true;
  }

  /** Notes how a process was started. */
  void command(String process, List<String> command) {
    commands.put(process, command);
  }

  boolean hasFailed() {
    return failed;
  }

  boolean isMissing(Peer peer) {
    return missing.containsKey(peer);
  }

  Map<Peer, String> missing() {
    return missing;
  }

  Map<String, List<String>> commands() {
    return commands;
  }

  Map<Peer, List<Map<String, Double>>> rounds() {
    return rounds;
  }

  /** One figure of a peer, round by round. */
  List<Double> figures(Peer peer, Metric metric) {
    return rounds.getOrDefault(peer, List.of()).stream().map(r -> r.get(metric.name())).toList();
  }

  /** The main figure. */
  Metric main() {
    return metrics.getFirst();
  }

  /** The main figure of a peer to that of another, of the same rounds; null without either. */
  @Nullable Summary ratio(Peer peer, Peer base) {
    List<Double> figures = figures(peer, main());
    List<Double> floor = figures(base, main());
    return figures.isEmpty() || floor.isEmpty() ? null : Summary.ofRatios(figures, floor);
  }
}
