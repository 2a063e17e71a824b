package dev.selkie.benchmarks;

import java.io.PrintStream;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Timers: what it costs to arm and cancel one among others, and to arm many over many deadlines and
 * let all of them expire. The figures are CPU time of the process, since the time itself passes for
 * all alike.
 */
final class TimersComparison {
  private static final Metric CPU = new Metric("cpu_nanos_per_timer", "CPU ns/timer", 1);
  private static final Metric RATE = new Metric("timers_per_cpu_second", "timers/CPU s", 0);
  private static final Set<Peer> PEERS =
      EnumSet.of(
          Peer.LIBUV, Peer.SELKIE, Peer.FUTURES, Peer.NETTY_EPOLL, Peer.NETTY_WHEEL, Peer.JDK);

  /** Ten million timers as futures are about 2 GB. */
  private static final List<String> HEAP = List.of("-Xmx4g");

  private static final int DEADLINES = 10_000;
  private static final int TIMERS_A_DEADLINE = 1_000;

  /** Rounds of ten seconds and more. */
  private static final int LONG_ROUNDS = 5;

  private static final int DEADLINE_MILLIS = 180_000;
  private static final double SECOND = 1e9;

  private final Launcher launcher;
  private final Settings settings;
  private final PrintStream progress;

  TimersComparison(Launcher launcher, Settings settings, PrintStream progress) {
    this.launcher = launcher;
    this.settings = settings;
    this.progress = progress;
  }

  Result armAndCancel() {
    int count = settings.timers();
    return run(
        "timers-arm",
        "timers, armed and cancelled with 10,000 others pending",
        Map.of("timers", count),
        "arm " + count,
        settings);
  }

  Result fire() {
    int count = settings.timers();
    int deadlines = Math.clamp(count / TIMERS_A_DEADLINE, 1, DEADLINES);
    return run(
        "timers-fire",
        "timers, %,d armed over %,d deadlines and expired".formatted(count, deadlines),
        Map.of("timers", count, "deadlines", deadlines),
        "fire " + count + " " + deadlines,
        settings.withRounds(LONG_ROUNDS));
  }

  private Result run(
      String benchmark,
      String title,
      Map<String, Integer> parameters,
      String command,
      Settings settings) {
    int count = settings.timers();
    Result result =
        new Result(
            benchmark, title, parameters, List.of(CPU, RATE), settings.peersOf(PEERS), Peer.LIBUV);
    launcher.leaveOutMissing(result, Peer.LIBUV, "uv");
    Interleaved interleaved = new Interleaved(settings, result, progress);
    interleaved.run((peer, children) -> {
      List<String> process =
          peer.isJava() ? launcher.java(HEAP, TimersRunner.class, peer) : launcher.c("uv");
      Child child = interleaved.start(peer.word, launcher.onServerCpu(process), children);
      return _ -> {
        double cpu = child.ask(command, Settings.deadline(DEADLINE_MILLIS)).get("cpu");
        return Map.of(
            CPU.name(), cpu / count, RATE.name(), count * SECOND / cpu, "timers", (double) count);
      };
    });
    return result;
  }
}
