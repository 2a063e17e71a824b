package dev.selkie.kernel.ffm;

import dev.selkie.kernel.AddressBuffer;
import dev.selkie.kernel.Result;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteOrder;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Membership in multicast groups, and the network interfaces that it is by. */
final class NativeMulticast {
  private static final String PART = "sockets";
  private static final Profile PROFILE = Profile.current();
  private static final MethodHandle SETSOCKOPT = Native.function(PART, "setsockopt");
  private static final MethodHandle IF_NAMEINDEX = Native.function(PART, "if_nameindex");
  private static final MethodHandle IF_FREENAMEINDEX = Native.function(PART, "if_freenameindex");
  private static final AddressCodec ADDRESSES = AddressCodec.SYSTEM;
  private static final ValueLayout.OfInt HOST_V4 =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.BIG_ENDIAN);

  /** What if_nameindex(3) returns, on every system: an index, then the address of a name. */
  private static final int NAME = 8;

  private static final int NAMEINDEX_SIZE = 16;
  private static final int LONGEST_NAME = 64;

  private NativeMulticast() {}

  /** Puts the interfaces and their numbers into a map: their count, or a negative code. */
  static int interfaces(Map<? super String, ? super Integer> found) {
    CallState state = CallState.enter();
    long list = NativeCall.call(IF_NAMEINDEX, state, 0, 0, 0, 0);
    int count = 0;
    if (list == 0) {
      count = state.error();
    } else if (list > 0) {
      for (long at = list; NativeMemory.readInt(at) != 0; at += NAMEINDEX_SIZE) {
        long name = NativeMemory.readLong(at + NAME);
        found.put(NativeMemory.readText(name, LONGEST_NAME), NativeMemory.readInt(at));
        count++;
      }
      long _ = NativeCall.call(IF_FREENAMEINDEX, state, list, 0, 0, 0);
    }
    state.exit();
    return count;
  }

  /**
   * Joins or leaves a group by the options that name the interface by its number, RFC 3678; by the
   * older ones, which know no source, where the system does not have those.
   */
  static int setMembership(
      int descriptor, boolean join, InetAddress group, int index, @Nullable InetAddress source) {
    CallState state = CallState.enter();
    MemorySegment memory = state.scratch();
    boolean v4 = group instanceof Inet4Address;
    String action = join ? "MCAST_JOIN_" : "MCAST_LEAVE_";
    String option = action + (source == null ? "GROUP" : "SOURCE_GROUP");
    int result;
    if (PROFILE.hasOption(option)) {
      String struct = source == null ? "group_req" : "group_source_req";
      String prefix = source == null ? "gr_" : "gsr_";
      int size = PROFILE.size(struct);
      clear(memory, size);
      memory.set(ValueLayout.JAVA_INT, PROFILE.offset(struct, prefix + "interface"), index);
      encode(group, memory, PROFILE.offset(struct, prefix + "group"));
      if (source != null) {
        encode(source, memory, PROFILE.offset(struct, prefix + "source"));
      }
      result = set(state, descriptor, v4, PROFILE.optionName(option), size);
    } else if (source != null) {
      result = Result.ENOPROTOOPT;
    } else {
      result = setOldMembership(state, descriptor, join, group, index);
    }
    state.exit();
    return result;
  }

  private static int setOldMembership(
      CallState state, int descriptor, boolean join, InetAddress group, int index) {
    MemorySegment memory = state.scratch();
    byte[] host = group.getAddress();
    MemorySegment.copy(host, 0, memory, ValueLayout.JAVA_BYTE, 0, host.length);
    if (group instanceof Inet4Address) {
      int size = layInterface(memory, Integer.BYTES, index);
      String option = join ? "IP_ADD_MEMBERSHIP" : "IP_DROP_MEMBERSHIP";
      return set(state, descriptor, true, PROFILE.optionName(option), size);
    }
    memory.set(ValueLayout.JAVA_INT, PROFILE.offset("ipv6_mreq", "ipv6mr_interface"), index);
    String option = join ? "IPV6_JOIN_GROUP" : "IPV6_LEAVE_GROUP";
    int size = PROFILE.size("ipv6_mreq");
    return set(state, descriptor, false, PROFILE.optionName(option), size);
  }

  /** Chooses the interface of what is sent to groups of IPv4. */
  static int setSendingInterface(CallState state, int descriptor, int index) {
    MemorySegment memory = state.scratch();
    boolean byNumber = PROFILE.hasStruct("ip_mreqn");
    memory.set(ValueLayout.JAVA_INT, 0, 0);
    int size = layInterface(memory, byNumber ? Integer.BYTES : 0, index);
    return set(state, descriptor, true, PROFILE.optionName("IP_MULTICAST_IF"), size);
  }

  /** An interface by its number, or as 0.0.0.number, which the older structs take for one. */
  private static int layInterface(MemorySegment memory, int at, int index) {
    if (PROFILE.hasStruct("ip_mreqn")) {
      memory.set(ValueLayout.JAVA_INT, PROFILE.offset("ip_mreqn", "imr_address"), 0);
      memory.set(ValueLayout.JAVA_INT, PROFILE.offset("ip_mreqn", "imr_ifindex"), index);
      return PROFILE.size("ip_mreqn");
    }
    memory.set(HOST_V4, at, index);
    return at + Integer.BYTES;
  }

  private static int set(CallState state, int descriptor, boolean v4, int option, int size) {
    int level = PROFILE.constant(v4 ? "IPPROTO_IP" : "IPPROTO_IPV6");
    long value = state.scratch().address();
    return NativeCall.callInt(SETSOCKOPT, state, descriptor, level, option, value, size);
  }

  private static void encode(InetAddress host, MemorySegment memory, int at) {
    AddressBuffer address = new AddressBuffer();
    address.set(new InetSocketAddress(host, 0));
    int _ = ADDRESSES.encode(address, memory, at);
  }

  private static void clear(MemorySegment memory, int size) {
    memory.asSlice(0, size).fill((byte) 0);
  }
}
