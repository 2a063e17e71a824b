package dev.selkie.simulation;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * What messages need on their way from one address to another: {@link SimulatedNetwork#link}.
 *
 * <p>A link with a bandwidth carries one message after the other, those of all connections in the
 * order in which they were sent, in pieces of {@value #SEGMENT} bytes. Bytes of data count; what
 * opens, ends or resets a connection takes no room, but its turn.
 *
 * @param leastLatency the time on the way, at least
 * @param mostLatency and at most; evenly spread between the two
 * @param bytesPerSecond the bandwidth; 0 for no limit
 */
public record Link(Duration leastLatency, Duration mostLatency, long bytesPerSecond) {
  /** What a message carries at most where the bandwidth is limited: TCP over Ethernet. */
  static final int SEGMENT = 1448;

  /**
   * A link by its latencies and its bandwidth.
   *
   * @throws IllegalArgumentException if one is negative, or the most is less than the least
   */
  public Link {
    if (leastLatency.isNegative()
        || mostLatency.compareTo(leastLatency) < 0
        || bytesPerSecond < 0) {
      throw new IllegalArgumentException(
          "latency from %s to %s, %d bytes a second"
              .formatted(leastLatency, mostLatency, bytesPerSecond));
    }
  }

  /** A link of one latency, and without a limit of bandwidth. */
  public static Link latency(Duration latency) {
    return new Link(latency, latency, 0);
  }

  /** The same with a bandwidth. */
  public Link bandwidth(long bytesPerSecond) {
    return new Link(leastLatency, mostLatency, bytesPerSecond);
  }

  /** One direction of a link at work. */
  static final class Line {
    private final SimulatedNetwork network;
    private final long least;
    private final long most;
    private final long bytesPerSecond;

    /** When the last byte that was sent has left. */
    private long busyUntil;

    Line(SimulatedNetwork network, Link link) {
      this.network = network;
      this.least = link.leastLatency.toNanos();
      this.most = link.mostLatency.toNanos();
      this.bytesPerSecond = link.bytesPerSecond;
    }

    /** How long the next message needs, in nanoseconds. */
    long delay(int bytes) {
      long latency = network.between(least, most);
      if (bytesPerSecond == 0) {
        return latency;
      }
      long now = network.time();
      long sending = TimeUnit.SECONDS.toNanos(bytes) / bytesPerSecond;
      busyUntil = Math.max(busyUntil, now) + sending;
      return busyUntil - now + latency;
    }

    /** How long until the last byte that was sent has left, in nanoseconds. */
    long backlog() {
      return Math.max(busyUntil - network.time(), 0);
    }

    boolean isLimited() {
      return bytesPerSecond != 0;
    }
  }
}
