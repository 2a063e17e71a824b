package dev.selkie.simulation;

import dev.selkie.kernel.Errno;
import java.net.InetSocketAddress;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One datagram on its way to a host, or back as the news that nobody there takes it. */
final class Datagram extends Delivery {
  /** How long a host without an answer is asked for, as a connection that fails so. */
  private static final long NO_HOST_NANOS = 3_000_000_000L;

  final InetSocketAddress from;
  final InetSocketAddress to;

  /** How it travels. */
  final Postage postage;

  /** When it arrived, by the receiver's wall clock. */
  long arrival;

  private final SimulatedNetwork network;
  private final UdpSocket sender;
  private final SimulatedKernel host;
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
      Postage postage,
      byte[] bytes) {
    this.network = sender.network;
    this.sender = sender;
    this.from = from;
    this.host = host == null ? sender.kernel : host;
    this.to = to;
    this.postage = postage;
    this.bytes = bytes;
  }

  /** Sends what a call brings, in one datagram or more, to one host or to all of a group. */
  static void send(
      UdpSocket sender,
      InetSocketAddress from,
      InetSocketAddress to,
      Postage postage,
      Transfer source) {
    do {
      byte[] bytes = new byte[Math.min(source.remaining(), postage.segment())];
      source.get(bytes, 0, bytes.length);
      sendOne(sender, from, to, postage, bytes);
    } while (source.remaining() > 0);
  }

  private static void sendOne(
      UdpSocket sender,
      InetSocketAddress from,
      InetSocketAddress to,
      Postage postage,
      byte[] bytes) {
    Internet internet = sender.network.internet();
    if (Internet.isToMany(to)) {
      boolean stays = postage.hopLimit() == 0 || postage.interfaceIndex() == Postage.LOOPBACK;
      for (SimulatedKernel host :
          stays ? Set.of(sender.kernel) : internet.hostsOf(sender.kernel, to)) {
        if (host != sender.kernel || postage.returns()) {
          new Datagram(sender, from, host, to, postage, bytes).begin();
        }
      }
    } else {
      SimulatedKernel host = internet.hostOf(sender.kernel, to.getAddress());
      new Datagram(sender, from, host, to, postage, bytes).begin();
    }
  }

  /** Whether one call has sent another one with this one. */
  @SuppressWarnings("ReferenceEquality") // each call has a postage of its own
  boolean isFollowedBy(Datagram other) {
    return postage.isSegmented() && other.postage == postage;
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
    for (UdpSocket receiver : internet.receivers(host, this)) {
      receiver.arrived(this);
      taken = true;
    }
    if (!taken && !Internet.isToMany(to)) {
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
