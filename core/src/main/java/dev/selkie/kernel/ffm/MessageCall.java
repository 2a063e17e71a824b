package dev.selkie.kernel.ffm;

import dev.selkie.kernel.MessageHeader;
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
  private static final int FLAGS = PROFILE.offset("msghdr", "msg_flags");
  private static final int TRUNCATED = PROFILE.constant("MSG_TRUNC");
  private static final AddressCodec ADDRESSES = AddressCodec.SYSTEM;

  /** Behind the one vector of a message. */
  private static final int NAME_AT = 256;

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

  /** Lays a msghdr of one vector with room for the sender's address. */
  static long layForReceiving(CallState state, long address, int length) {
    long header = lay(state, state.vectors().layOne(address, length), 1);
    setName(state.scratch(), ADDRESSES.capacity());
    return header;
  }

  /** Puts into a header what the call has left in the msghdr. */
  static void read(CallState state, MessageHeader header) {
    MemorySegment memory = state.scratch();
    int length = memory.get(ValueLayout.JAVA_INT, NAME_LENGTH);
    ADDRESSES.decode(memory, NAME_AT, length, header.address());
    header.setTruncated((memory.get(ValueLayout.JAVA_INT, FLAGS) & TRUNCATED) != 0);
  }

  /**
   * Lays a msghdr of one vector and the address that a header names, if it does.
   *
   * @throws IllegalArgumentException for an address that is not of the Internet
   */
  static long layForSending(CallState state, long address, int length, MessageHeader header) {
    long laid = lay(state, state.vectors().layOne(address, length), 1);
    if (header.address().isV4() || header.address().isV6()) {
      setName(state.scratch(), ADDRESSES.encode(header.address(), state.scratch(), NAME_AT));
    } else if (header.address().address() != null) {
      throw new IllegalArgumentException("no Internet address: " + header.address().address());
    }
    return laid;
  }

  private static void setName(MemorySegment memory, int length) {
    memory.set(ValueLayout.JAVA_LONG, NAME, memory.address() + NAME_AT);
    memory.set(ValueLayout.JAVA_INT, NAME_LENGTH, length);
  }
}
