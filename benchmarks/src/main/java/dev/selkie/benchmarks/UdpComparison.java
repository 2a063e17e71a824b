package dev.selkie.benchmarks;

import java.io.PrintStream;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * UDP on loopback, datagrams of 64 bytes: what one costs its receiver, and how many are lost.
 *
 * <p>Receiver and load are processes on CPUs of their own. The load is the same for all receivers.
 */
final class UdpComparison {
  private static final Metric CPU = new Metric("cpu_nanos_per_datagram", "CPU ns/datagram", 0);
  private static final Metric THROUGHPUT = new Metric("datagrams_per_second", "datagrams/s", 0);
  private static final Metric LOST = new Metric("lost_percent", "lost %", 2);
  private static final Metric CALLS = new Metric("datagrams_per_call", "datagrams/call", 1);
  private static final Set<Peer> PEERS = EnumSet.of(Peer.C, Peer.SELKIE, Peer.FIBERS, Peer.NIO);

  /** So many that the slowest receiver is not idle much and the fastest one still waits. */
  private static final int PACE = 500_000;

  private static final int DEADLINE_MILLIS = 10_000;
  private static final int DRAIN_MILLIS = 5;
  private static final double PERCENT = 100;
  private static final double SECOND = 1e9;

  private final Launcher launcher;
  private final Settings settings;
  private final PrintStream progress;

  UdpComparison(Launcher launcher, Settings settings, PrintStream progress) {
    this.launcher = launcher;
    this.settings = settings;
    this.progress = progress;
  }

  /** As many datagrams as all receivers manage. */
  Result paced() {
    return run("udp-paced", "%,d datagrams/s sent".formatted(PACE), PACE);
  }

  /** More than any receiver manages. */
  Result flood() {
    return run("udp-flood", "as many as the load can send", 0);
  }

  private Result run(String benchmark, String title, int perSecond) {
    Result result =
        new Result(
            benchmark,
            "UDP, 64 bytes, " + title,
            Map.of("per_second", perSecond),
            List.of(CPU, THROUGHPUT, LOST, CALLS),
            settings.peersOf(PEERS),
            Peer.C);
    if (result.peers.contains(Peer.C)) {
      launcher.leaveOutMissing(result, Peer.C, "udp_receiver");
    }
    Interleaved interleaved = new Interleaved(settings, result, progress);
    interleaved.run((peer, children) -> {
      Child receiver = receiver(peer, children, result);
      long port = receiver.ready().getOrDefault("port", 0L);
      Child load =
          interleaved.start(
              peer + " load",
              launcher.onLoadCpu(launcher.java(UdpLoad.class, peer, port)),
              children);
      return millis -> round(receiver, load, millis, perSecond);
    });
    return result;
  }

  private Child receiver(Peer peer, List<Child> children, Result result) throws ChildException {
    List<String> command =
        launcher.onServerCpu(
            peer.isJava() ? launcher.java(UdpReceiver.class, peer) : launcher.c("udp_receiver"));
    Child receiver = Child.start(command);
    children.add(receiver);
    result.command(peer + " receiver", command);
    return receiver;
  }

  private static Map<String, Double> round(Child receiver, Child load, int millis, int perSecond)
      throws ChildException {
    Map<String, Long> before = count(receiver);
    Map<String, Long> round =
        load.ask("round " + millis + " " + perSecond, Settings.deadline(millis));
    Map<String, Long> after = drained(receiver);
    double sent = round.get("sent");
    double received = difference("received", before, after);
    double wrong = difference("wrong", before, after);
    if (wrong > 0 || received == 0 || received > sent) {
      throw new ChildException(
          "%.0f datagrams sent, %.0f received, %.0f of them wrong"
              .formatted(sent, received, wrong));
    }
    return Map.of(
        CPU.name(),
        difference("cpu", before, after) / received,
        THROUGHPUT.name(),
        received * SECOND / round.get("nanos"),
        LOST.name(),
        PERCENT * (sent - received) / sent,
        CALLS.name(),
        received / difference("calls", before, after),
        "datagrams",
        received);
  }

  private static double difference(String name, Map<String, Long> before, Map<String, Long> after) {
    return after.get(name) - before.get(name);
  }

  /** The counts once the receiver has taken what was in its buffer. */
  private static Map<String, Long> drained(Child receiver) throws ChildException {
    Map<String, Long> before = count(receiver);
    while (true) {
      try {
        Thread.sleep(DRAIN_MILLIS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new ChildException("interrupted");
      }
      Map<String, Long> after = count(receiver);
      if (after.get("received").equals(before.get("received"))) {
        return after;
      }
      before = after;
    }
  }

  private static Map<String, Long> count(Child receiver) throws ChildException {
    return receiver.ask("count", Settings.deadline(DEADLINE_MILLIS));
  }
}
