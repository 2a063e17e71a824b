package dev.selkie.benchmarks;

import java.io.PrintStream;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Runnables that other threads hand to a loop, as many as they can: how many it runs. In libuv that
 * is the callback of an async handle, which runs once for all that were sent before it.
 */
final class RunnablesComparison {
  private static final Metric RUN = new Metric("nanos_per_runnable", "ns/runnable", 1);
  private static final Metric RATE = new Metric("runnables_per_second", "runnables/s", 0);
  private static final Set<Peer> PEERS =
      EnumSet.of(Peer.LIBUV, Peer.SELKIE, Peer.NETTY_EPOLL, Peer.NETTY_NIO, Peer.JDK);
  private static final double SECOND = 1e9;

  private final Launcher launcher;
  private final Settings settings;
  private final PrintStream progress;

  RunnablesComparison(Launcher launcher, Settings settings, PrintStream progress) {
    this.launcher = launcher;
    this.settings = settings;
    this.progress = progress;
  }

  Result run(int producers) {
    Result result =
        new Result(
            "runnables",
            "runnables, handed in by %d %s"
                .formatted(producers, producers == 1 ? "thread" : "threads"),
            Map.of("producers", producers),
            List.of(RUN, RATE),
            settings.peersOf(PEERS),
            Peer.LIBUV);
    launcher.leaveOutMissing(result, Peer.LIBUV, "uv");
    Interleaved interleaved = new Interleaved(settings, result, progress);
    interleaved.run((peer, children) -> {
      List<String> process =
          peer.isJava() ? launcher.java(RunnablesRunner.class, peer) : launcher.c("uv");
      Child child = interleaved.start(peer.word, launcher.onBothCpus(process), children);
      return millis -> {
        Map<String, Long> answer =
            child.ask("run " + producers + " " + millis, Settings.deadline(millis));
        double nanos = answer.get("nanos");
        double ran = answer.get("ran");
        return Map.of(RUN.name(), nanos / ran, RATE.name(), ran * SECOND / nanos, "runnables", ran);
      };
    });
    return result;
  }
}
