package dev.selkie.benchmarks;

import dev.selkie.runtime.EventLoop;
import java.io.IOException;

/**
 * One peer of the wake comparison, as a process: {@code WakeRunner PEER}.
 *
 * <p>{@code latency MILLIS}: one thread waits; the other one lets it fall asleep, takes the time
 * and wakes it. {@code pingpong MILLIS}: each of two threads wakes the other and waits.
 */
final class WakeRunner {
  private WakeRunner() {}

  /** The two experiments. */
  interface Experiments {
    /** Answers with the time from before the wake to the return of the wait. */
    void latency(long nanos) throws Exception;

    /** Answers with the number of wakes. */
    void pingPong(long nanos) throws Exception;
  }

  public static void main(String[] args) {
    try {
      Experiments experiments = open(Peer.ofWord(args[0]));
      ChildMain.answer("ready");
      while (true) {
        String[] command = ChildMain.nextCommand();
        long nanos = Long.parseLong(command[1]) * 1_000_000;
        switch (command[0]) {
          case "latency" -> experiments.latency(nanos);
          case "pingpong" -> experiments.pingPong(nanos);
          default -> throw new IllegalArgumentException(command[0]);
        }
      }
    } catch (Exception | Error e) {
      ChildMain.fail(e);
    }
  }

  private static Experiments open(Peer peer) throws IOException {
    return switch (peer) {
      case SELKIE -> new QueueWakes(new SelkieWaiter(), new SelkieWaiter());
      case NIO -> new QueueWakes(new NioWaiter(), new NioWaiter());
      case CALLBACKS -> new ExecutorWakes(EventLoop.start(), EventLoop.start());
      case NETTY_EPOLL -> new ExecutorWakes(NettyEcho.loop(true), NettyEcho.loop(true));
      case NETTY_NIO -> new ExecutorWakes(NettyEcho.loop(false), NettyEcho.loop(false));
      default -> throw new IllegalArgumentException(peer + " has no wake of its own");
    };
  }

  /** Burns the time in which the other thread falls asleep. */
  static void spin(long nanos) {
    long end = System.nanoTime() + nanos;
    while (System.nanoTime() < end) {
      Thread.onSpinWait();
    }
  }
}
