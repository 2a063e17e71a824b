package dev.selkie.benchmarks;

import java.io.PrintStream;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The pipes benchmark of libevent: many registered descriptors, few of them active, and so little
 * done with each event that the queue shows.
 */
final class PipesComparison {
  private static final int DEADLINE_MILLIS = 60_000;
  private static final Metric EVENT = new Metric("nanos_per_event", "ns/event", 0);
  private static final Metric RATE = new Metric("events_per_second", "events/s", 0);
  private static final Set<Peer> PEERS =
      EnumSet.of(Peer.C, Peer.SELKIE, Peer.NIO, Peer.NIO_KEYS, Peer.VIRTUAL_THREADS);
  private static final double SECOND = 1e9;

  private final Launcher launcher;
  private final Settings settings;
  private final PrintStream progress;

  PipesComparison(Launcher launcher, Settings settings, PrintStream progress) {
    this.launcher = launcher;
    this.settings = settings;
    this.progress = progress;
  }

  /** With so many pipes, of which so many have a byte at a time: one is libevent's own default. */
  Result run(int pipes, int active) {
    Result result =
        new Result(
            "pipes",
            "pipes, %d registered, %d active, %d writes"
                .formatted(pipes, active, settings.writes()),
            Map.of("pipes", pipes, "active", active, "writes", settings.writes()),
            List.of(EVENT, RATE),
            settings.peersOf(PEERS),
            Peer.C);
    launcher.leaveOutMissing(result, Peer.C, "pipes");
    Interleaved interleaved = new Interleaved(settings, result, progress);
    interleaved.run((peer, children) -> {
      List<String> command =
          peer.isJava()
              ? launcher.java(PipesRunner.class, peer, pipes, active)
              : launcher.c("pipes", pipes, active);
      return new Rounds(interleaved.start(peer.word, launcher.onServerCpu(command), children));
    });
    return result;
  }

  /** The first round repeats itself until the time of the warm-up is over. */
  private final class Rounds implements Interleaved.Round {
    private final Child child;
    private boolean warm;

    Rounds(Child child) {
      this.child = child;
    }

    @Override
    public Map<String, Double> run(int millis) throws ChildException {
      double spent = 0;
      Map<String, Double> figures;
      do {
        figures = once();
        spent += figures.get(EVENT.name()) * settings.writes() / 1e6;
      } while (!warm && spent < millis);
      warm = true;
      return figures;
    }

    private Map<String, Double> once() throws ChildException {
      Map<String, Long> answer =
          child.ask("round " + settings.writes(), Settings.deadline(DEADLINE_MILLIS));
      double nanos = answer.get("nanos");
      long events = answer.get("events");
      return Map.of(
          EVENT.name(),
          nanos / events,
          RATE.name(),
          events * SECOND / nanos,
          "events",
          (double) events);
    }
  }
}
