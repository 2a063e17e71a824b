package dev.selkie.simulation;

import java.util.Arrays;

/**
 * One direction of a TCP connection: bytes on their way from a sender to a receiver.
 *
 * <p>Positions count bytes since the beginning. What lies from {@code read} to {@code arrived} is
 * in the receiver's buffer, what lies from there to {@code written} in the sender's; data moves on
 * as messages reach the receiver and as far as its buffer has room. What is said beside data, an
 * end or a reset, keeps its place among the messages.
 */
final class Flow extends Delivery {
  static final int DATA = 0;
  static final int END = 1;
  static final int RESET = 2;
  static final int URGENT = 3;

  private static final String[] NAMES = {"data", "end", "reset", "urgent"};

  /** How long a message waits for a lost route to be open again, TCP_RTO_MIN. */
  private static final long RETRY_NANOS = 200_000_000;

  /** How far apart the pieces of one write may be when data is split. */
  private static final long MOST_APART_NANOS = 100_000;

  private static final int NO_URGENT = 0;
  private static final int URGENT_ANNOUNCED = 1;
  private static final int URGENT_VALID = 2;
  private static final int URGENT_TAKEN = 3;

  private final SimulatedNetwork network;
  final TcpSocket sender;
  final TcpSocket receiver;

  private byte[] ring = new byte[1 << 10];
  private long read;
  private long arrived;
  private long permitted;
  private long written;

  /** Up to where messages have been sent. */
  private long sent;

  private boolean endPermitted;
  private boolean endArrived;
  private boolean dropped;

  private int urgent = NO_URGENT;
  private long urgentAt;

  /** Messages on their way: what they say, up to which position, and when they arrive. */
  private int[] kinds = new int[8];

  private long[] positions = new long[8];
  private long[] times = new long[8];
  private int first;
  private int pending;
  private long lastTime;
  private long heldSince;

  Flow(TcpSocket sender, TcpSocket receiver) {
    this.network = sender.network;
    this.sender = sender;
    this.receiver = receiver;
  }

  /** Bytes that the receiver may read. */
  int readable() {
    return (int) (arrived - read);
  }

  /** Bytes in the sender's buffer. */
  int queued() {
    return (int) (written - arrived);
  }

  boolean isEndArrived() {
    return endArrived;
  }

  /** Takes bytes from the sender, who has looked at the room there is, and sends them. */
  void write(Transfer source, int length) {
    if (written - read + length > ring.length) {
      grow((int) (written - read) + length);
    }
    int start = (int) written & (ring.length - 1);
    int piece = Math.min(length, ring.length - start);
    source.get(ring, start, piece);
    source.get(ring, 0, length - piece);
    long from = written;
    written += length;
    if (length > 1 && network.takes(Freedom.SPLIT_DATA)) {
      long cut = from + 1 + network.random().below(length - 1);
      sendData(cut, 0);
      sendData(written, network.random().between(1, MOST_APART_NANOS));
    } else {
      sendData(written, 0);
    }
  }

  private void sendData(long position, long delay) {
    if (network.internet().isLimited(sender.local(), receiver.local())) {
      while (position - sent > Link.SEGMENT) {
        send(DATA, sent + Link.SEGMENT, delay);
      }
    }
    send(DATA, position, delay);
  }

  /** Takes one urgent byte. */
  void writeUrgent(byte value) {
    if (written - read + 1 > ring.length) {
      grow((int) (written - read) + 1);
    }
    ring[(int) written & (ring.length - 1)] = value;
    send(URGENT, written, 0);
    written++;
    send(DATA, written, 0);
  }

  /** The sender will write no more. */
  void end() {
    send(END, written, 0);
  }

  /** The connection is over: what has not arrived never will. */
  void reset() {
    send(RESET, written, 0);
    dropped = true;
  }

  /** Forgets what is under way, unless it ends with a reset, and all that comes. */
  void drop() {
    if (dropped) {
      return;
    }
    dropped = true;
    pending = 0;
    network.cancel(this);
    network.internet().forget(this);
  }

  /** Nothing arrives before a time. */
  void holdUntil(long time) {
    lastTime = Math.max(lastTime, time);
  }

  private void send(int kind, long position, long delay) {
    if (dropped) {
      return;
    }
    int bytes = (int) (position - sent);
    sent = position;
    long latency = network.internet().delay(sender.local(), receiver.local(), bytes) + delay;
    if (pending == 0 && latency == 0 && lastTime <= network.now() && isOpen()) {
      apply(kind, position);
      return;
    }
    if (pending == kinds.length) {
      growMessages();
    }
    int at = (first + pending++) & (kinds.length - 1);
    kinds[at] = kind;
    positions[at] = position;
    lastTime = Math.max(lastTime, SimulatedNetwork.saturatedSum(network.time(), latency));
    times[at] = lastTime;
    if (pending == 1) {
      network.planAt(this, lastTime);
    }
  }

  /** The route is open again: the next of the sender's retries gets through. */
  void release() {
    long tried = (network.time() - heldSince) % RETRY_NANOS;
    network.plan(this, RETRY_NANOS - tried);
  }

  private boolean isOpen() {
    return network.internet().isOpen(sender, receiver);
  }

  @Override
  void deliver() {
    while (pending > 0 && times[first] <= network.now()) {
      if (!isOpen()) {
        heldSince = network.now();
        network.internet().hold(this);
        return;
      }
      int kind = kinds[first];
      long position = positions[first];
      first = (first + 1) & (kinds.length - 1);
      pending--;
      apply(kind, position);
    }
    if (pending > 0) {
      network.planAt(this, times[first]);
    }
  }

  @Override
  String describe() {
    return "arrival of " + NAMES[kinds[first]] + " up to " + positions[first] + " at " + receiver;
  }

  private void apply(int kind, long position) {
    switch (kind) {
      case DATA -> {
        permitted = position;
        settle();
      }
      case END -> {
        endPermitted = true;
        settle();
      }
      case URGENT -> announceUrgent(position);
      default -> receiver.resetArrived();
    }
  }

  /** Moves data on to the receiver as far as it has been let through and there is room. */
  private void settle() {
    long limit = Math.min(permitted, read + receiver.receiveCapacity());
    if (limit > arrived) {
      if (receiver.refusesData()) {
        receiver.abort();
        return;
      }
      arrived = limit;
      if (urgent == URGENT_ANNOUNCED && arrived > urgentAt) {
        urgent = URGENT_VALID;
      }
      receiver.dataArrived();
      sender.roomMade();
    }
    if (endPermitted && !endArrived && arrived == written) {
      endArrived = true;
      receiver.endArrived();
    }
  }

  /** A newer urgent byte makes an old one ordinary, or drops it if it is the next to read. */
  private void announceUrgent(long position) {
    if (urgent != NO_URGENT && urgentAt == read && !receiver.isUrgentInline() && read != arrived) {
      read++;
    }
    urgent = URGENT_ANNOUNCED;
    urgentAt = position;
  }

  boolean hasUrgent() {
    return urgent == URGENT_VALID;
  }

  /** Whether an urgent byte that is not in the stream is the next. */
  boolean isAtUrgent(boolean inline) {
    return urgent != NO_URGENT && urgentAt == read && !inline;
  }

  /** What FIONREAD tells: the bytes up to an urgent one. */
  int readableToMark(boolean inline) {
    if (inline || urgent == NO_URGENT || urgentAt < read || urgentAt >= arrived) {
      return readable();
    }
    return (int) (urgentAt - read);
  }

  /** The urgent byte, 0 to 255, or a negative number: -1 for none, -2 for not yet. */
  int takeUrgent() {
    if (urgent == NO_URGENT || urgent == URGENT_TAKEN) {
      return -1;
    }
    if (urgent == URGENT_ANNOUNCED) {
      return -2;
    }
    urgent = URGENT_TAKEN;
    return Byte.toUnsignedInt(ring[(int) urgentAt & (ring.length - 1)]);
  }

  /** Copies what the receiver may read, as far as an urgent byte, which is left out. */
  int copy(Transfer target, boolean inline, boolean peek) {
    long at = read;
    int copied = 0;
    boolean marked = urgent != NO_URGENT;
    while (target.remaining() > 0 && at < arrived) {
      if (marked && urgentAt == at && copied > 0) {
        break;
      }
      int length = (int) Math.min(target.remaining(), arrived - at);
      if (marked && urgentAt >= at && urgentAt - at < length) {
        if (urgentAt > at) {
          length = (int) (urgentAt - at);
        } else if (!inline) {
          at++;
          marked = false;
          continue;
        }
      }
      int start = (int) at & (ring.length - 1);
      int piece = Math.min(length, ring.length - start);
      target.put(ring, start, piece);
      target.put(ring, 0, length - piece);
      at += length;
      copied += length;
    }
    if (!peek && at != read) {
      read = at;
      if (urgent != NO_URGENT && read > urgentAt) {
        urgent = NO_URGENT;
      }
      if (arrived != written || endPermitted) {
        settle(); // there is room again
      }
    }
    return copied;
  }

  private void grow(int needed) {
    byte[] more = new byte[Integer.highestOneBit(needed - 1) * 2];
    for (long at = read; at < written; ) {
      int from = (int) at & (ring.length - 1);
      int to = (int) at & (more.length - 1);
      int piece = (int) Math.min(written - at, Math.min(ring.length - from, more.length - to));
      System.arraycopy(ring, from, more, to, piece);
      at += piece;
    }
    ring = more;
  }

  private void growMessages() {
    int size = kinds.length;
    int[] moreKinds = Arrays.copyOf(kinds, size * 2);
    long[] morePositions = Arrays.copyOf(positions, size * 2);
    long[] moreTimes = Arrays.copyOf(times, size * 2);
    for (int i = 0; i < pending; i++) {
      int at = (first + i) & (size - 1);
      moreKinds[i] = kinds[at];
      morePositions[i] = positions[at];
      moreTimes[i] = times[at];
    }
    kinds = moreKinds;
    positions = morePositions;
    times = moreTimes;
    first = 0;
  }
}
