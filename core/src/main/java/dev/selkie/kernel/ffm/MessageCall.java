package dev.selkie.kernel.ffm;

import dev.selkie.kernel.MessageHeader;
import dev.selkie.kernel.UnixAddress;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The msghdr of one call, laid out at the start of the scratch space, before its vectors. */
final class MessageCall {
  private static final Profile PROFILE = Profile.current();
  private static final int SIZE = PROFILE.size("msghdr");
  private static final int NAME = PROFILE.offset("msghdr", "msg_name");
  private static final int NAME_LENGTH = PROFILE.offset("msghdr", "msg_namelen");
  private static final int VECTORS = PROFILE.offset("msghdr", "msg_iov");
  private static final int COUNT = PROFILE.offset("msghdr", "msg_iovlen");
  private static final int COUNT_WIDTH = PROFILE.width("msghdr", "msg_iovlen");
  private static final int CONTROL = PROFILE.offset("msghdr", "msg_control");
  private static final int CONTROL_LENGTH = PROFILE.offset("msghdr", "msg_controllen");
  private static final int CONTROL_WIDTH = PROFILE.width("msghdr", "msg_controllen");
  private static final int FLAGS = PROFILE.offset("msghdr", "msg_flags");
  private static final int TRUNCATED = PROFILE.constant("MSG_TRUNC");
  private static final int CONTROL_TRUNCATED = PROFILE.constant("MSG_CTRUNC");
  private static final AddressCodec ADDRESSES = AddressCodec.SYSTEM;
  private static final ControlCodec CONTROLS = ControlCodec.SYSTEM;

  /** Behind the one vector of a message. */
  private static final int NAME_AT = 256;

  /** Behind the longest address; room for 253 descriptors, which is all that Linux passes. */
  private static final int CONTROL_AT = 512;

  private static final int CONTROL_ROOM = CallState.STRUCT_BYTES - CONTROL_AT;

  private MessageCall() {}

  /** Lays a msghdr of nothing but vectors and returns its address. */
  static long lay(CallState state, long vectors, int count) {
    MemorySegment memory = state.scratch();
    for (int i = 0; i < SIZE; i += Long.BYTES) {
      memory.set(ValueLayout.JAVA_LONG, i, 0);
    }
    memory.set(ValueLayout.JAVA_LONG, VECTORS, vectors);
    if (COUNT_WIDTH == Long.BYTES) {
      memory.set(ValueLayout.JAVA_LONG, COUNT, count);
    } else {
      memory.set(ValueLayout.JAVA_INT, COUNT, count);
    }
    return memory.address();
  }

  /** Lays a msghdr of one vector with room for what a header takes. */
  static long layForReceiving(CallState state, long address, int length, MessageHeader header) {
    long laid = lay(state, state.vectors().layOne(address, length), 1);
    setName(state.scratch(), ADDRESSES.capacity());
    if (!header.isControlRefused()) {
      setControl(state.scratch(), CONTROL_ROOM);
    }
    return laid;
  }

  /** Puts into a header what the call has left in the msghdr. */
  static void read(CallState state, MessageHeader header) {
    MemorySegment memory = state.scratch();
    int length = memory.get(ValueLayout.JAVA_INT, NAME_LENGTH);
    ADDRESSES.decode(memory, NAME_AT, length, header.address());
    int control = (int) controlLength(memory);
    CONTROLS.decode(memory, CONTROL_AT, Math.min(control, CONTROL_ROOM), header.received());
    int flags = memory.get(ValueLayout.JAVA_INT, FLAGS);
    header.setTruncated((flags & TRUNCATED) != 0);
    header.received().setTruncated((flags & CONTROL_TRUNCATED) != 0);
  }

  /**
   * Lays a msghdr of one vector, the address that a header names, if it does, and its control data.
   *
   * @throws IllegalArgumentException for an address that no socket here takes
   * @throws UnsupportedOperationException for control data that the system does not take
   */
  static long layForSending(CallState state, long address, int length, MessageHeader header) {
    long laid = lay(state, state.vectors().layOne(address, length), 1);
    if (header.address().isV4() || header.address().isV6()) {
      setName(state.scratch(), ADDRESSES.encode(header.address(), state.scratch(), NAME_AT));
    } else if (header.address().address() instanceof UnixAddress unix) {
      setName(state.scratch(), ADDRESSES.encode(unix, state.scratch(), NAME_AT));
    } else if (header.address().address() != null) {
      throw new IllegalArgumentException(
          "neither of the Internet nor of a Unix socket: " + header.address().address());
    }
    if (!header.outgoing().isEmpty()) {
      setControl(state.scratch(), CONTROLS.encode(header.outgoing(), state.scratch(), CONTROL_AT));
    }
    return laid;
  }

  private static void setControl(MemorySegment memory, int length) {
    memory.set(ValueLayout.JAVA_LONG, CONTROL, memory.address() + CONTROL_AT);
    if (CONTROL_WIDTH == Long.BYTES) {
      memory.set(ValueLayout.JAVA_LONG, CONTROL_LENGTH, length);
    } else {
      memory.set(ValueLayout.JAVA_INT, CONTROL_LENGTH, length);
    }
  }

  private static long controlLength(MemorySegment memory) {
    return CONTROL_WIDTH == Long.BYTES
        ? memory.get(ValueLayout.JAVA_LONG, CONTROL_LENGTH)
        : memory.get(ValueLayout.JAVA_INT, CONTROL_LENGTH);
  }

  private static void setName(MemorySegment memory, int length) {
    memory.set(ValueLayout.JAVA_LONG, NAME, memory.address() + NAME_AT);
    memory.set(ValueLayout.JAVA_INT, NAME_LENGTH, length);
  }
}
