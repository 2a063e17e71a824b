package dev.selkie.cli.queue;

import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.Registration;
import dev.selkie.net.TcpStream;
import java.io.IOException;

/**
 * How a stream's owner is told what becomes of it: edge-triggered in both directions, registered
 * once and for all; or, where the queue knows states and no arrivals (poll(2)), level-triggered in
 * what the owner waits for at the time.
 */
final class Watch {
  /**
   * Nothing but an error or the end of the connection, which come with any interest. No interest at
   * all would keep them back; urgent bytes, which nobody here reads, are told of once.
   */
  static final Interest FAILURE = Interest.PRIORITY.oneShot();

  private static final Interest ARRIVALS = Interest.READABLE_WRITABLE.edge();

  private final Registration<ReadyHandler> registration;
  private final boolean arrivals;

  private Watch(Registration<ReadyHandler> registration, boolean arrivals) {
    this.registration = registration;
    this.arrivals = arrivals;
  }

  /** Registers a stream, whose owner waits for {@code first}. */
  static Watch begin(
      EventQueue<ReadyHandler> queue, TcpStream stream, Interest first, ReadyHandler owner)
      throws IOException {
    boolean arrivals = queue.supports(ARRIVALS);
    return new Watch(queue.register(stream, arrivals ? ARRIVALS : first, owner), arrivals);
  }

  /** Takes note of what the owner waits for now. */
  void await(Interest next) throws IOException {
    if (!arrivals && next != registration.interest()) {
      registration.modify(next);
    }
  }
}
