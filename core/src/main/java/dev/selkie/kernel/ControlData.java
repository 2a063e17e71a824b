package dev.selkie.kernel;

import java.util.Arrays;
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
    SEGMENT_SIZE,
    /** Descriptors that are passed (SCM_RIGHTS). */
    DESCRIPTORS,
    /** Who sends (SCM_CREDENTIALS). */
    CREDENTIALS
  }

  /** How many descriptors Linux passes with one message, SCM_MAX_FD of unix(7). */
  public static final int MOST_DESCRIPTORS = 253;

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
  private int[] descriptors = {};
  private int descriptorCount;
  private int pid;
  private int uid;
  private int gid;

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

  /** Makes it say nothing; descriptors that came are left open. */
  public void clear() {
    present.clear();
    descriptorCount = 0;
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
    descriptors = Arrays.copyOf(other.descriptors, other.descriptorCount);
    descriptorCount = other.descriptorCount;
    pid = other.pid;
    uid = other.uid;
    gid = other.gid;
  }

  /** Makes it say nothing of that kind. */
  public void clear(Kind kind) {
    present.remove(kind);
    if (kind == Kind.DESCRIPTORS) {
      descriptorCount = 0;
    }
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

  /** How many descriptors there are of {@link Kind#DESCRIPTORS}. */
  public int descriptorCount() {
    return descriptorCount;
  }

  /** A number of {@link Kind#DESCRIPTORS}; one that was received is open, and the reader's. */
  public int descriptor(int index) {
    return descriptors[index];
  }

  /** Adds a number to {@link Kind#DESCRIPTORS}. */
  public void addDescriptor(int number) {
    if (descriptorCount == descriptors.length) {
      descriptors = Arrays.copyOf(descriptors, Math.max(4, descriptorCount * 2));
    }
    descriptors[descriptorCount++] = number;
    add(Kind.DESCRIPTORS);
  }

  /** Of {@link Kind#CREDENTIALS}: the process. */
  public int pid() {
    return pid;
  }

  /** Of {@link Kind#CREDENTIALS}: the user. */
  public int uid() {
    return uid;
  }

  /** Of {@link Kind#CREDENTIALS}: the group. */
  public int gid() {
    return gid;
  }

  /** Sets {@link Kind#CREDENTIALS}. */
  public void setCredentials(int pid, int uid, int gid) {
    this.pid = pid;
    this.uid = uid;
    this.gid = gid;
    add(Kind.CREDENTIALS);
  }
}
