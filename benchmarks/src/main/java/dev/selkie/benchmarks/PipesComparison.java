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
  private static final Set<Peer> WITHOUT_PIPES = EnumSet.of(Peer.NETTY_EPOLL, Peer.NETTY_NIO);
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
            List.of(EVENT, RATE));
    String noC = launcher.cMissing();
    for (Peer peer : settings.peers()) {
      if (WITHOUT_PIPES.contains(peer)) {
        result.leaveOut(peer, "it has no channel over a pipe");
      } else if (peer.isLoop()) {
        result.leaveOut(peer, "its pipes are those of the queue");
      } else if (peer == Peer.C && noC != null) {
        result.leaveOut(peer, noC);
      }
    }
    new Interleaved(settings, result, progress)
        .run((peer, children) -> start(peer, children, pipes, active, result));
    return result;
  }

  private Interleaved.Round start(
      Peer peer, List<Child> children, int pipes, int active, Result result) throws ChildException {
    List<String> command =
        launcher.onServerCpu(
            peer.isJava()
                ? launcher.java(PipesRunner.class, peer, pipes, active)
                : launcher.c("pipes", pipes, active));
    Child child = Child.start(command);
    children.add(child);
    child.ready();
    result.command(peer.word, command);
    return new Rounds(child);
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
