package dev.selkie.simulation;

import dev.selkie.kernel.Errno;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** One datagram on its way to a host, or back as the news that nobody there takes it. */
final class Datagram extends Delivery {
  /** How long a host without an answer is asked for, as a connection that fails so. */
  private static final long NO_HOST_NANOS = 3_000_000_000L;

  final InetSocketAddress from;
  private final SimulatedNetwork network;
  private final UdpSocket sender;
  private final SimulatedKernel host;
  private final InetSocketAddress to;
  private final byte[] bytes;

  /** Whether a limited link has yet to carry it, and the sender is charged for it. */
  private boolean held;

  /** How long it is on its way from there on. */
  private long way;

  /** Whether it does not arrive. */
  private boolean lost;

  /** Why it comes back, a negative code; 0 on the way there. */
  private int refusal;

  private Datagram(
      UdpSocket sender,
      InetSocketAddress from,
      @Nullable SimulatedKernel host,
      InetSocketAddress to,
      byte[] bytes) {
    this.network = sender.network;
    this.sender = sender;
    this.from = from;
    this.host = host == null ? sender.kernel : host;
    this.to = to;
    this.bytes = bytes;
  }

  /** Sends what a call brings, to one host or to all that a broadcast reaches. */
  static void send(
      UdpSocket sender, InetSocketAddress from, InetSocketAddress to, Transfer source) {
    byte[] bytes = new byte[source.remaining()];
    source.get(bytes, 0, bytes.length);
    Internet internet = sender.network.internet();
    if (Internet.isBroadcast(to)) {
      for (SimulatedKernel host : internet.hostsOf(sender.kernel, to)) {
        new Datagram(sender, from, host, to, bytes).begin();
      }
    } else {
      new Datagram(sender, from, internet.hostOf(sender.kernel, to.getAddress()), to, bytes)
          .begin();
    }
  }

  int length() {
    return bytes.length;
  }

  /** The memory that it takes of a socket's buffer. */
  int charge() {
    return MessageCharge.ofDatagram(bytes.length);
  }

  void copyTo(Transfer target, int length) {
    target.put(bytes, 0, length);
  }

  private void begin() {
    Internet internet = network.internet();
    if (internet.route(sender.kernel, from, to) == Route.NO_HOST) {
      sender.sent(0);
      comeBack(Codes.EHOSTUNREACH, NO_HOST_NANOS);
      return;
    }
    lost = network.takes(Freedom.LOST_DATAGRAMS);
    long delay = internet.delay(from, to, bytes.length);
    held = internet.isLimited(from, to);
    if (held) {
      sender.charge(charge());
      long leaving = internet.backlog(from, to);
      way = delay - leaving;
      after(leaving);
    } else {
      sender.sent(0);
      after(delay);
    }
  }

  private void comeBack(int code, long nanos) {
    refusal = code;
    after(nanos);
  }

  private void after(long nanos) {
    if (nanos == 0) {
      deliver();
    } else {
      network.plan(this, nanos);
    }
  }

  @Override
  void deliver() {
    if (held) {
      held = false;
      sender.sent(charge());
      after(way);
      return;
    }
    if (refusal != 0) {
      sender.refused(to, refusal);
      return;
    }
    Internet internet = network.internet();
    if (lost || internet.route(sender.kernel, from, to) != Route.OPEN) {
      return;
    }
    boolean taken = false;
    for (UdpSocket receiver : internet.receivers(host, from, to)) {
      receiver.arrived(this);
      taken = true;
    }
    if (!taken && !Internet.isBroadcast(to)) {
      comeBack(Codes.ECONNREFUSED, internet.delay(to, from, 0));
    }
  }

  @Override
  String describe() {
    if (held) {
      return "departure of " + this;
    }
    return refusal == 0
        ? "arrival of " + this
        : "news that " + this + " failed: " + Errno.of(refusal);
  }

  @Override
  public String toString() {
    return "a datagram of %d bytes from %s to %s"
        .formatted(bytes.length, Internet.text(from), Internet.text(to));
  }
}
