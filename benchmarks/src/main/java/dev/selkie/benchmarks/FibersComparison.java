package dev.selkie.benchmarks;

import java.io.PrintStream;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Mounted fibers beside virtual threads on a scheduler that is a queue and a thread: from the start
 * to the end of one that does nothing, and a yield among 64. And an item of a generator beside the
 * switch of a continuation to its caller and back.
 */
final class FibersComparison {
  private static final Metric COST = new Metric("nanos_each", "ns each", 0);
  private static final Metric RATE = new Metric("per_second", "each s", 0);
  private static final Set<Peer> FIBERS = EnumSet.of(Peer.FIBERS, Peer.BARE_THREADS);
  private static final Set<Peer> GENERATORS = EnumSet.of(Peer.GENERATOR, Peer.CONTINUATION);
  private static final double SECOND = 1e9;

  private final Launcher launcher;
  private final Settings settings;
  private final PrintStream progress;

  FibersComparison(Launcher launcher, Settings settings, PrintStream progress) {
    this.launcher = launcher;
    this.settings = settings;
    this.progress = progress;
  }

  Result start() {
    return run(
        "fibers-start",
        "fibers, from the start to the end of an empty one",
        FIBERS,
        Peer.BARE_THREADS,
        FibersRunner.class,
        "start ");
  }

  Result yield() {
    return run(
        "fibers-yield",
        "fibers, a yield among 64",
        FIBERS,
        Peer.BARE_THREADS,
        FibersRunner.class,
        "yield ");
  }

  Result items() {
    return run(
        "generators",
        "generators, an item",
        GENERATORS,
        Peer.CONTINUATION,
        ItemsRunner.class,
        "items ");
  }

  private Result run(
      String benchmark, String title, Set<Peer> peers, Peer base, Class<?> runner, String command) {
    Result result =
        new Result(benchmark, title, Map.of(), List.of(COST, RATE), settings.peersOf(peers), base);
    Interleaved interleaved = new Interleaved(settings, result, progress);
    interleaved.run((peer, children) -> {
      List<String> process = launcher.onServerCpu(launcher.java(runner, peer));
      Child child = interleaved.start(peer.word, process, children);
      return millis -> {
        Map<String, Long> answer = child.ask(command + millis, Settings.deadline(millis));
        double nanos = answer.get("nanos");
        double count = answer.get("count");
        return Map.of(
            COST.name(), nanos / count, RATE.name(), count * SECOND / nanos, "fibers", count);
      };
    });
    return result;
  }
}
