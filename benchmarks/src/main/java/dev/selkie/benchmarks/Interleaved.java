package dev.selkie.benchmarks;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * Rounds that go around the peers in turn, so that what changes on the machine meets all alike.
 *
 * <p>All processes run at once; those whose turn it is not are idle.
 */
final class Interleaved {
  /** Starts the processes of one peer. */
  interface Starter {
    /** Returns how a round is run. */
    Round start(Peer peer, List<Child> children) throws ChildException;
  }

  /** Runs one round of one peer. */
  interface Round {
    /** Runs for about so long and returns the figures. */
    Map<String, Double> run(int millis) throws ChildException;
  }

  private final Settings settings;
  private final Result result;
  private final PrintStream progress;

  Interleaved(Settings settings, Result result, PrintStream progress) {
    this.settings = settings;
    this.result = result;
    this.progress = progress;
  }

  /** Starts all peers that are not missing, warms them up, runs the rounds, ends the processes. */
  void run(Starter starter) {
    List<Child> children = new ArrayList<>();
    try {
      Map<Peer, Round> running = new EnumMap<>(Peer.class);
      for (Peer peer : result.peers) {
        if (!result.isMissing(peer)) {
          attempt(peer, "start", () -> running.put(peer, starter.start(peer, children)));
        }
      }
      progress("warm-up");
      forEach(running, "warm-up", (peer, round) -> {}, settings.warmUpMillis());
      for (int i = 1; i <= settings.rounds(); i++) {
        progress("round " + i + " of " + settings.rounds());
        forEach(running, "round " + i, result::add, settings.roundMillis());
      }
    } finally {
      children.forEach(Child::close);
    }
  }

  /** Starts a process, to be ended with the others, and waits until it is set up. */
  Child start(String name, List<String> command, List<Child> children) throws ChildException {
    Child child = Child.start(command);
    children.add(child);
    child.ready();
    result.command(name, command);
    return child;
  }

  private void forEach(
      Map<Peer, Round> running,
      String step,
      BiConsumer<Peer, Map<String, Double>> figures,
      int millis) {
    running
        .entrySet()
        .removeIf(entry -> {
          Peer peer = entry.getKey();
          Round round = entry.getValue();
          return !attempt(peer, step, () -> figures.accept(peer, round.run(millis)));
        });
  }

  private interface Step {
    void run() throws ChildException;
  }

  private boolean attempt(Peer peer, String name, Step step) {
    try {
      step.run();
      return true;
    } catch (ChildException e) {
      result.fail(peer, name + ": " + e.getMessage());
      progress(peer + " failed: " + name + ": " + e.getMessage());
      return false;
    }
  }

  private void progress(String step) {
    progress.println("selkie bench: " + result.title + ": " + step);
  }
}
