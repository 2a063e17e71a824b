package dev.selkie.cli.program;

import java.net.InetSocketAddress;
import java.time.Duration;

/**
 * What a client is to ask, of whom, and how long it has patience.
 *
 * @param server the delay server
 * @param host how the server is called in requests and messages
 * @param requests how many requests
 * @param step request i is delayed by (requests - i) steps
 * @param patience the limits
 */
public record DelayRun(
    InetSocketAddress server, String host, int requests, Duration step, Patience patience) {

  /**
   * How long things may take.
   *
   * @param connect for a connection to be made
   * @param answer for an answer, after its delay
   * @param silence for a wait without an event that is worth a word
   */
  public record Patience(Duration connect, Duration answer, Duration silence) {
    public static final Patience USUAL =
        new Patience(Duration.ofSeconds(10), Duration.ofSeconds(30), Duration.ofSeconds(2));
  }

  /** The delay of request {@code i}, in whole milliseconds. */
  public long delayMillis(int i) {
    return Math.round((requests - i) * (double) step.toNanos() / 1e6);
  }

  /** The sum of all delays: what asking one after another would take, in milliseconds. */
  public long sumMillis() {
    long sum = 0;
    for (int i = 0; i < requests; i++) {
      sum += delayMillis(i);
    }
    return sum;
  }

  /** The message that request {@code i} asks for. */
  public static String message(int i) {
    return "hello from request " + i;
  }

  /** The server as {@code host:port}. */
  public String place() {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + server.getPort();
  }
}
