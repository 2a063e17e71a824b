package dev.selkie.kernel;

import java.util.EnumSet;
import java.util.Set;

/**
 * The control data of one message, cmsg(3), as values: what a system tells of a message that it has
 * received, or is told about one that it sends.
 *
 * <p>A receive clears it and fills in what came, which is what the socket's options ask for; a send
 * adds what is set. Nothing allocates.
 *
 * <p><b>A further kind</b> of control data takes a {@link Kind}, its values with a setter here, its
 * layout in the profiles, and a line each in {@code put} and {@code take} of {@code
 * dev.selkie.kernel.ffm.ControlCodec}, which places messages and bounds them for every kind; and
 * what a simulated socket does with it.
 *
 * <p>Not thread-safe.
 */
public final class ControlData {
  /** What control data can say. */
  public enum Kind {
    /**
     * The host's own end: where a message was sent to, or shall be sent from, and the interface.
     */
    LOCAL_ADDRESS,
    /** How many routers a message may still pass: time to live, hop limit. */
    HOP_LIMIT,
    /** Type of service or traffic class, eight bits with ECN in the lowest two. */
    TRAFFIC_CLASS,
    /** When a message arrived, by the wall clock. */
    TIMESTAMP,
    /** How long the datagrams are that one message carries. */
    SEGMENT_SIZE
  }

  private static final long NANOS_PER_SECOND = 1_000_000_000;

  private final AddressBuffer localAddress = new AddressBuffer();
  private final Set<Kind> present = EnumSet.noneOf(Kind.class);
  private boolean truncated;
  private boolean v6;
  private int interfaceIndex;
  private int hopLimit;
  private int trafficClass;
  private long timestamp;
  private int segmentSize;

  /** Control data that says nothing. */
  public ControlData() {}

  /** Whether it says something of that kind. */
  public boolean has(Kind kind) {
    return present.contains(kind);
  }

  /** Whether it says nothing. */
  public boolean isEmpty() {
    return present.isEmpty();
  }

  /** Makes it say nothing. */
  public void clear() {
    present.clear();
    truncated = false;
  }

  /** Makes it say what another says. */
  public void copy(ControlData other) {
    clear();
    present.addAll(other.present);
    localAddress.copy(other.localAddress);
    truncated = other.truncated;
    v6 = other.v6;
    interfaceIndex = other.interfaceIndex;
    hopLimit = other.hopLimit;
    trafficClass = other.trafficClass;
    timestamp = other.timestamp;
    segmentSize = other.segmentSize;
  }

  /** Makes it say nothing of that kind. */
  public void clear(Kind kind) {
    present.remove(kind);
  }

  private void add(Kind kind) {
    present.add(kind);
  }

  /** Whether some of a received message's control data was lost for want of room. */
  public boolean isTruncated() {
    return truncated;
  }

  /** Called by the kernel. */
  public void setTruncated(boolean truncated) {
    this.truncated = truncated;
  }

  /** Whether a message that is sent travels by IPv6, which names some kinds differently. */
  public boolean isV6() {
    return v6;
  }

  /** Says whether the message travels by IPv6. */
  public void setV6(boolean v6) {
    this.v6 = v6;
  }

  /** The address of {@link Kind#LOCAL_ADDRESS}; its port means nothing. */
  public AddressBuffer localAddress() {
    return localAddress;
  }

  /** The number of the interface of {@link Kind#LOCAL_ADDRESS}, 0 for none. */
  public int interfaceIndex() {
    return interfaceIndex;
  }

  /** Says that {@link #localAddress} counts, and by which interface; 0 for none. */
  public void setLocalAddress(int interfaceIndex) {
    this.interfaceIndex = interfaceIndex;
    add(Kind.LOCAL_ADDRESS);
  }

  /** The value of {@link Kind#HOP_LIMIT}, 0 to 255. */
  public int hopLimit() {
    return hopLimit;
  }

  /** Sets {@link Kind#HOP_LIMIT}. */
  public void setHopLimit(int hopLimit) {
    this.hopLimit = hopLimit;
    add(Kind.HOP_LIMIT);
  }

  /** The value of {@link Kind#TRAFFIC_CLASS}, 0 to 255. */
  public int trafficClass() {
    return trafficClass;
  }

  /** Sets {@link Kind#TRAFFIC_CLASS}. */
  public void setTrafficClass(int trafficClass) {
    this.trafficClass = trafficClass;
    add(Kind.TRAFFIC_CLASS);
  }

  /** The value of {@link Kind#TIMESTAMP}: nanoseconds since 1970. */
  public long timestamp() {
    return timestamp;
  }

  /** Sets {@link Kind#TIMESTAMP}. */
  public void setTimestamp(long seconds, long nanos) {
    timestamp = seconds * NANOS_PER_SECOND + nanos;
    add(Kind.TIMESTAMP);
  }

  /** The value of {@link Kind#SEGMENT_SIZE}, bytes. */
  public int segmentSize() {
    return segmentSize;
  }

  /** Sets {@link Kind#SEGMENT_SIZE}. */
  public void setSegmentSize(int segmentSize) {
    this.segmentSize = segmentSize;
    add(Kind.SEGMENT_SIZE);
  }
}
