package dev.selkie.conformance;

import dev.selkie.ByteInput;
import dev.selkie.ByteOutput;
import dev.selkie.Event;
import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.Registration;
import dev.selkie.Source;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.SystemCallException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** One end of a connection with random traffic, driven by its events. */
final class TrafficEnd {
  private static final int MOST_AT_ONCE = 20_000;

  private final Pair pair;
  private final Source source;
  private final @Nullable TrafficFlow outgoing;
  private final @Nullable TrafficFlow incoming;
  private final Interest mode;
  private final Random random;

  /** Asks for both directions for life, as an edge-triggered program with one registration does. */
  private final boolean steady;

  private @Nullable Registration<TrafficEnd> registration;
  private boolean sending;
  private boolean receiving;
  private int moved;
  private int breakAt = Integer.MAX_VALUE;

  TrafficEnd(
      Pair pair,
      Source source,
      @Nullable TrafficFlow outgoing,
      @Nullable TrafficFlow incoming,
      Interest mode,
      Random random) {
    this.pair = pair;
    this.source = source;
    this.outgoing = outgoing;
    this.incoming = incoming;
    this.mode = mode;
    this.random = random;
    this.steady = mode == Interest.NONE.edge() && random.nextBoolean();
    this.sending = outgoing != null;
    this.receiving = incoming != null;
  }

  /** Closes the end, whatever is under way, when so many bytes have passed it. */
  void breakAfter(int bytes) {
    breakAt = bytes;
  }

  boolean isOpen() {
    return source.isOpen();
  }

  void register(EventQueue<TrafficEnd> queue) throws IOException {
    registration = queue.register(source, wanted(), this);
  }

  private Interest wanted() {
    Interest wanted = mode;
    if (sending || (steady && outgoing != null)) {
      wanted = wanted.and(Interest.WRITABLE);
    }
    if (receiving || (steady && incoming != null)) {
      wanted = wanted.and(Interest.READABLE);
    }
    return wanted;
  }

  private boolean isEdge() {
    return mode == Interest.NONE.edge();
  }

  void handle(Event<TrafficEnd> event) throws IOException {
    if (event.isReadable() && receiving) {
      receive();
    }
    if (event.isWritable() && sending && source.isOpen()) {
      send();
    }
    if (!source.isOpen()) {
      return;
    }
    if (moved >= breakAt || (!sending && !receiving)) {
      source.close();
      return;
    }
    Registration<TrafficEnd> live = Objects.requireNonNull(registration);
    Interest wanted = wanted();
    if (wanted != live.interest()) {
      live.modify(wanted);
    } else if (mode != Interest.NONE && !isEdge()) {
      live.rearm();
    }
  }

  private void receive() throws IOException {
    TrafficFlow flow = Objects.requireNonNull(incoming);
    int reads = isEdge() ? Integer.MAX_VALUE : 1 + random.nextInt(3);
    for (int i = 0; i < reads && moved < breakAt; i++) {
      ByteBuffer buffer = ByteBuffer.allocate(1 + random.nextInt(MOST_AT_ONCE));
      int n;
      try {
        n = ((ByteInput) source).read(buffer);
      } catch (SystemCallException e) {
        checkBroken(flow, e);
        n = Io.END;
      }
      if (n == Io.NOT_READY) {
        return;
      }
      if (n == Io.END) {
        receiving = false;
        flow.end();
        return;
      }
      moved += n;
      flow.received(buffer.flip());
    }
  }

  private void send() throws IOException {
    TrafficFlow flow = Objects.requireNonNull(outgoing);
    int writes = isEdge() ? Integer.MAX_VALUE : 1 + random.nextInt(3);
    for (int i = 0; i < writes && moved < breakAt && !flow.isSent(); i++) {
      int n;
      try {
        n = ((ByteOutput) source).write(flow.next(1 + random.nextInt(MOST_AT_ONCE)));
      } catch (SystemCallException e) {
        checkBroken(flow, e);
        sending = false;
        return;
      }
      if (n == Io.NOT_READY) {
        return;
      }
      moved += n;
      flow.sent(n);
    }
    if (flow.isSent()) {
      sending = false;
      endSending(flow);
    }
  }

  private void endSending(TrafficFlow flow) throws IOException {
    try {
      pair.endSending((ByteOutput) source);
    } catch (SystemCallException e) {
      checkBroken(flow, e);
    }
  }

  private static void checkBroken(TrafficFlow flow, SystemCallException e)
      throws SystemCallException {
    boolean gone =
        e.errno() == Errno.EPIPE || e.errno() == Errno.ECONNRESET || e.errno() == Errno.ENOTCONN;
    if (!flow.isBroken() || !gone) {
      throw e;
    }
  }

  void checkAccount() {
    if (incoming != null) {
      incoming.checkAccount();
    }
  }

  @Override
  public String toString() {
    return "%s (%s %s), sends %s, receives %s"
        .formatted(source, registration, steady ? "steady" : "", outgoing, incoming);
  }
}
