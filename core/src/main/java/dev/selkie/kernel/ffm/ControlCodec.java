package dev.selkie.kernel.ffm;

import dev.selkie.kernel.AddressBuffer;
import dev.selkie.kernel.ControlData;
import dev.selkie.kernel.ControlData.Kind;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.concurrent.TimeUnit;

/**
 * Control data in the system's layout, cmsg(3): a sequence of messages, each a header of length,
 * level and type, and its data. The length counts header, padding and data; the next header follows
 * at the next multiple of the alignment.
 *
 * <p>A kind has its lines in {@link #put} and {@link #take}, and a method that reads or writes what
 * lies between {@code at} and {@code at + length}: which is checked to lie within the memory, and
 * to be no shorter than what is read. Nothing allocates.
 */
final class ControlCodec {
  /** Control data of the running system. */
  static final ControlCodec SYSTEM = new ControlCodec(Profile.current());

  private static final ValueLayout.OfInt HOST_V4 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final ValueLayout.OfLong HOST_V6 =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);
  private static final int V4_BYTES = 4;

  // struct ucred: process, user and group, an int each.

  private static final int USER = 4;
  private static final int GROUP = 8;
  private static final int CREDENTIAL_BYTES = 12;

  private static final Kind[] KINDS = Kind.values();

  /** The index of a link-layer address of the BSDs, sockaddr_dl. */
  private static final int LINK_INDEX = 2;

  /** A level and a type that no message has. */
  private static final long ABSENT = -1;

  private final int headerSize;
  private final int lengthWidth;
  private final int levelAt;
  private final int typeAt;
  private final int dataAt;
  private final int alignment;

  // What a message is, level and type in one number.

  private final long pktinfo;
  private final long destination;
  private final long arrivalInterface;
  private final long pktinfo6;
  private final long timeToLive;
  private final long timeToLiveReceived;
  private final long hopLimit;
  private final long typeOfService;
  private final long typeOfServiceReceived;
  private final long trafficClass;
  private final long timestampNanos;
  private final long timestampMicros;
  private final long segment;
  private final long coalesced;

  private final long rights;
  private final long credentials;

  private final int pktinfoSize;
  private final int pktinfoIndex;
  private final int pktinfoSource;
  private final int pktinfoAddress;
  private final int pktinfo6Size;
  private final int pktinfo6Index;
  private final int microsWidth;

  /** Control data of the system that a profile describes. */
  ControlCodec(Profile profile) {
    headerSize = profile.size("cmsghdr");
    lengthWidth = profile.width("cmsghdr", "cmsg_len");
    levelAt = profile.offset("cmsghdr", "cmsg_level");
    typeAt = profile.offset("cmsghdr", "cmsg_type");
    dataAt = profile.quirkNumber("control_data_offset");
    alignment = profile.quirkNumber("control_alignment");
    pktinfo = what(profile, "IP_PKTINFO");
    destination = what(profile, "IP_RECVDSTADDR");
    arrivalInterface = what(profile, "IP_RECVIF");
    pktinfo6 = what(profile, "IPV6_PKTINFO");
    timeToLive = what(profile, "IP_TTL");
    timeToLiveReceived = what(profile, "IP_RECVTTL");
    hopLimit = what(profile, "IPV6_HOPLIMIT");
    typeOfService = what(profile, "IP_TOS");
    typeOfServiceReceived = what(profile, "IP_RECVTOS");
    trafficClass = what(profile, "IPV6_TCLASS");
    timestampNanos = what(profile, "SO_TIMESTAMPNS");
    timestampMicros = ofSocket(profile, "SCM_TIMESTAMP");
    segment = what(profile, "UDP_SEGMENT");
    coalesced = what(profile, "UDP_GRO");
    rights = ofSocket(profile, "SCM_RIGHTS");
    credentials = ofSocket(profile, "SCM_CREDENTIALS");
    boolean v4 = profile.hasStruct("in_pktinfo");
    pktinfoSize = v4 ? profile.size("in_pktinfo") : 0;
    pktinfoIndex = v4 ? profile.offset("in_pktinfo", "ipi_ifindex") : 0;
    pktinfoAddress = v4 ? profile.offset("in_pktinfo", "ipi_addr") : 0;
    pktinfoSource =
        profile.hasField("in_pktinfo", "ipi_spec_dst")
            ? profile.offset("in_pktinfo", "ipi_spec_dst")
            : pktinfoAddress;
    pktinfo6Size = profile.size("in6_pktinfo");
    pktinfo6Index = profile.offset("in6_pktinfo", "ipi6_ifindex");
    microsWidth = profile.width("timeval", "tv_usec");
  }

  /** Control data of the level of sockets, whatever the protocol. */
  private static long ofSocket(Profile profile, String type) {
    return profile.has(type)
        ? what(profile.constant("SOL_SOCKET"), profile.constant(type))
        : ABSENT;
  }

  private static long what(Profile profile, String option) {
    return profile.hasOption(option)
        ? what(profile.optionLevel(option), profile.optionName(option))
        : ABSENT;
  }

  private static long what(int level, int type) {
    return (long) level << Integer.SIZE | Integer.toUnsignedLong(type);
  }

  // Writing.

  /**
   * Writes control data to a place in the memory and returns its length.
   *
   * @throws UnsupportedOperationException for a kind that the system cannot be told
   */
  int encode(ControlData data, MemorySegment memory, int at) {
    int end = at;
    for (Kind kind : KINDS) {
      if (data.has(kind)) {
        end = put(kind, data, memory, end);
      }
    }
    return end - at;
  }

  private int put(Kind kind, ControlData data, MemorySegment memory, int at) {
    boolean v6 = data.isV6();
    return switch (kind) {
      case LOCAL_ADDRESS -> putLocalAddress(data, memory, at);
      case HOP_LIMIT -> putInt(kind, v6 ? hopLimit : timeToLive, data.hopLimit(), memory, at);
      case TRAFFIC_CLASS ->
          putInt(kind, v6 ? trafficClass : typeOfService, data.trafficClass(), memory, at);
      case SEGMENT_SIZE -> {
        int from = begin(kind, segment, memory, at);
        memory.set(ValueLayout.JAVA_SHORT_UNALIGNED, from, (short) data.segmentSize());
        yield end(memory, at, Short.BYTES);
      }
      case DESCRIPTORS -> {
        int from = begin(kind, rights, memory, at);
        for (int i = 0; i < data.descriptorCount(); i++) {
          memory.set(ValueLayout.JAVA_INT_UNALIGNED, from + i * 4L, data.descriptor(i));
        }
        yield end(memory, at, data.descriptorCount() * Integer.BYTES);
      }
      case CREDENTIALS -> {
        int from = begin(kind, credentials, memory, at);
        memory.set(ValueLayout.JAVA_INT_UNALIGNED, from, data.pid());
        memory.set(ValueLayout.JAVA_INT_UNALIGNED, from + USER, data.uid());
        memory.set(ValueLayout.JAVA_INT_UNALIGNED, from + GROUP, data.gid());
        yield end(memory, at, CREDENTIAL_BYTES);
      }
      case TIMESTAMP -> at; // nothing that a sender says
    };
  }

  private int putInt(Kind kind, long what, int value, MemorySegment memory, int at) {
    int from = begin(kind, what, memory, at);
    memory.set(ValueLayout.JAVA_INT_UNALIGNED, from, value);
    return end(memory, at, Integer.BYTES);
  }

  private int putLocalAddress(ControlData data, MemorySegment memory, int at) {
    AddressBuffer local = data.localAddress();
    if (local.isV6() || (!local.isV4() && data.isV6())) {
      int from = begin(Kind.LOCAL_ADDRESS, pktinfo6, memory, at);
      memory.set(HOST_V6, from, local.isV6() ? local.high() : 0);
      memory.set(HOST_V6, from + Long.BYTES, local.isV6() ? local.low() : 0);
      memory.set(ValueLayout.JAVA_INT_UNALIGNED, from + pktinfo6Index, data.interfaceIndex());
      return end(memory, at, pktinfo6Size);
    }
    int host = local.isV4() ? (int) local.low() : 0;
    if (pktinfo == ABSENT) {
      if (data.interfaceIndex() != 0) {
        throw new UnsupportedOperationException(
            "this system takes no interface for a single datagram of IPv4");
      }
      memory.set(HOST_V4, begin(Kind.LOCAL_ADDRESS, destination, memory, at), host);
      return end(memory, at, V4_BYTES);
    }
    int from = begin(Kind.LOCAL_ADDRESS, pktinfo, memory, at);
    memory.set(HOST_V4, from + pktinfoAddress, 0);
    memory.set(HOST_V4, from + pktinfoSource, host);
    memory.set(ValueLayout.JAVA_INT_UNALIGNED, from + pktinfoIndex, data.interfaceIndex());
    return end(memory, at, pktinfoSize);
  }

  /** Writes level and type and returns where the data begins. */
  private int begin(Kind kind, long what, MemorySegment memory, int at) {
    if (what == ABSENT) {
      throw new UnsupportedOperationException(
          "this system takes no " + kind + " for a single datagram");
    }
    memory.set(ValueLayout.JAVA_INT_UNALIGNED, at + levelAt, (int) (what >>> Integer.SIZE));
    memory.set(ValueLayout.JAVA_INT_UNALIGNED, at + typeAt, (int) what);
    return at + dataAt;
  }

  /** Writes the length and returns where the next message begins. */
  private int end(MemorySegment memory, int at, int dataLength) {
    int length = dataAt + dataLength;
    if (lengthWidth == Long.BYTES) {
      memory.set(ValueLayout.JAVA_LONG_UNALIGNED, at, length);
    } else {
      memory.set(ValueLayout.JAVA_INT_UNALIGNED, at, length);
    }
    int next = aligned(length);
    for (int i = length; i < next; i++) {
      memory.set(ValueLayout.JAVA_BYTE, at + i, (byte) 0);
    }
    return at + next;
  }

  private int aligned(int length) {
    return length + alignment - 1 & -alignment;
  }

  // Reading.

  /** Reads the control data of a length at a place in the memory. */
  void decode(MemorySegment memory, int at, int length, ControlData data) {
    data.clear();
    int end = at + length;
    int next = at;
    while (end - next >= headerSize) {
      int messageLength = memory.get(ValueLayout.JAVA_INT_UNALIGNED, next); // the lower half
      if (messageLength < dataAt) {
        return;
      }
      int there = Math.min(messageLength, end - next);
      int level = memory.get(ValueLayout.JAVA_INT_UNALIGNED, next + levelAt);
      int type = memory.get(ValueLayout.JAVA_INT_UNALIGNED, next + typeAt);
      long what = what(level, type);
      // Of descriptors that were cut off, on a BSD, those that are here are this process's already.
      if (there == messageLength || what == rights) {
        take(what, memory, next + dataAt, there - dataAt, data);
      }
      if (there < messageLength) {
        return;
      }
      next += aligned(messageLength);
    }
  }

  private void take(long what, MemorySegment memory, int at, int length, ControlData data) {
    if (what == pktinfo && length >= pktinfoSize) {
      data.localAddress().setV4(memory.get(HOST_V4, at + pktinfoAddress), 0);
      data.setLocalAddress(memory.get(ValueLayout.JAVA_INT_UNALIGNED, at + pktinfoIndex));
    } else if (what == pktinfo6 && length >= pktinfo6Size) {
      long high = memory.get(HOST_V6, at);
      int index = memory.get(ValueLayout.JAVA_INT_UNALIGNED, at + pktinfo6Index);
      data.localAddress().setV6(high, memory.get(HOST_V6, at + Long.BYTES), scope(high, index), 0);
      data.setLocalAddress(index);
    } else if (what == destination && length >= V4_BYTES) {
      data.localAddress().setV4(memory.get(HOST_V4, at), 0);
      data.setLocalAddress(data.has(Kind.LOCAL_ADDRESS) ? data.interfaceIndex() : 0);
    } else if (what == arrivalInterface && length >= LINK_INDEX + Short.BYTES) {
      short index = memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, at + LINK_INDEX);
      data.setLocalAddress(Short.toUnsignedInt(index));
    } else if (what == timeToLive || what == timeToLiveReceived || what == hopLimit) {
      data.setHopLimit(number(memory, at, length));
    } else if (what == typeOfService || what == typeOfServiceReceived || what == trafficClass) {
      data.setTrafficClass(number(memory, at, length));
    } else if (what == timestampNanos || what == timestampMicros) {
      takeTime(what, memory, at, length, data);
    } else if (what == coalesced && length >= Short.BYTES) {
      data.setSegmentSize(number(memory, at, length));
    } else if (what == rights) {
      for (int i = 0; i + Integer.BYTES <= length; i += Integer.BYTES) {
        data.addDescriptor(memory.get(ValueLayout.JAVA_INT_UNALIGNED, at + i));
      }
    } else if (what == credentials && length >= CREDENTIAL_BYTES) {
      data.setCredentials(
          memory.get(ValueLayout.JAVA_INT_UNALIGNED, at),
          memory.get(ValueLayout.JAVA_INT_UNALIGNED, at + USER),
          memory.get(ValueLayout.JAVA_INT_UNALIGNED, at + GROUP));
    }
  }

  private void takeTime(long what, MemorySegment memory, int at, int length, ControlData data) {
    if (length < Long.BYTES + microsWidth) {
      return;
    }
    long seconds = memory.get(ValueLayout.JAVA_LONG_UNALIGNED, at);
    if (what == timestampNanos) {
      data.setTimestamp(seconds, memory.get(ValueLayout.JAVA_LONG_UNALIGNED, at + Long.BYTES));
    } else {
      int micros = memory.get(ValueLayout.JAVA_INT_UNALIGNED, at + Long.BYTES); // below a million
      data.setTimestamp(seconds, TimeUnit.MICROSECONDS.toNanos(micros));
    }
  }

  /** A number of one byte, two or four, as the system has it. */
  private static int number(MemorySegment memory, int at, int length) {
    if (length >= Integer.BYTES) {
      return memory.get(ValueLayout.JAVA_INT_UNALIGNED, at);
    }
    return length >= Short.BYTES
        ? Short.toUnsignedInt(memory.get(ValueLayout.JAVA_SHORT_UNALIGNED, at))
        : Byte.toUnsignedInt(memory.get(ValueLayout.JAVA_BYTE, at));
  }

  /** An address that is good on one link only is told with it: fe80::/10 and ff02::/16. */
  private static int scope(long high, int index) {
    boolean link = high >>> 54 == 0xfe80 >>> 6 || high >>> 48 == 0xff02;
    return link ? index : 0;
  }
}
