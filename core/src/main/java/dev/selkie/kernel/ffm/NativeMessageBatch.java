package dev.selkie.kernel.ffm;

import dev.selkie.kernel.MessageBatch;
import dev.selkie.kernel.MessageHeader;
import dev.selkie.kernel.Result;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Messages for recvmmsg(2) and sendmmsg(2), or for a loop of recvmsg(2) and sendmsg(2) where the
 * system does not have those. One block of memory holds the mmsghdrs, then a vector, a place for
 * the address and one for control data each, then the bytes.
 */
final class NativeMessageBatch implements MessageBatch {
  private static final String PART = "sockets";
  private static final Profile PROFILE = Profile.current();
  private static final @Nullable MethodHandle RECVMMSG = Native.optional(PART, "recvmmsg");
  private static final @Nullable MethodHandle SENDMMSG = Native.optional(PART, "sendmmsg");
  private static final MethodHandle RECVMSG = Native.function(PART, "recvmsg");
  private static final MethodHandle SENDMSG = Native.function(PART, "sendmsg");
  private static final AddressCodec ADDRESSES = AddressCodec.SYSTEM;
  private static final ControlCodec CONTROLS = ControlCodec.SYSTEM;

  /** A system without the struct has its calls made one by one, and a count behind the msghdr. */
  private static final boolean WHOLE = PROFILE.hasStruct("mmsghdr");

  private static final int MESSAGE_SIZE = PROFILE.size("msghdr");
  private static final int STRIDE = WHOLE ? PROFILE.size("mmsghdr") : MESSAGE_SIZE + Long.BYTES;
  private static final int RESULT = WHOLE ? PROFILE.offset("mmsghdr", "msg_len") : MESSAGE_SIZE;
  private static final int NAME = PROFILE.offset("msghdr", "msg_name");
  private static final int NAME_LENGTH = PROFILE.offset("msghdr", "msg_namelen");
  private static final int VECTORS = PROFILE.offset("msghdr", "msg_iov");
  private static final int COUNT = PROFILE.offset("msghdr", "msg_iovlen");
  private static final int CONTROL = PROFILE.offset("msghdr", "msg_control");
  private static final int CONTROL_LENGTH = PROFILE.offset("msghdr", "msg_controllen");
  private static final boolean WIDE_CONTROL =
      PROFILE.width("msghdr", "msg_controllen") == Long.BYTES;
  private static final int FLAGS = PROFILE.offset("msghdr", "msg_flags");
  private static final int TRUNCATED = PROFILE.constant("MSG_TRUNC");
  private static final int CONTROL_TRUNCATED = PROFILE.constant("MSG_CTRUNC");
  private static final int VECTOR_SIZE = PROFILE.size("iovec");
  private static final int VECTOR_BASE = PROFILE.offset("iovec", "iov_base");
  private static final int VECTOR_LENGTH = PROFILE.offset("iovec", "iov_len");

  /** Room for each kind of control data that a datagram can have. */
  private static final int CONTROL_ROOM = 192;

  private static final int CACHE_LINE = 64;

  private final int capacity;
  private final int room;
  private final MemorySegment memory;
  private final long base;
  private final int namesAt;
  private final int vectorsAt;
  private final int controlsAt;
  private final ByteBuffer[] data;

  /** How many messages are to be laid before a receive, since they were never or are to be sent. */
  private int unlaid;

  /** How many messages have the lengths that the last receive has put there, not those of rooms. */
  private int received;

  /** An error that a loop of calls met behind messages received, for the next call to tell. */
  private int heldError;

  NativeMessageBatch(int capacity, int room) {
    this.capacity = capacity;
    this.room = room;
    vectorsAt = capacity * STRIDE;
    namesAt = vectorsAt + capacity * VECTOR_SIZE;
    controlsAt = namesAt + capacity * ADDRESSES.capacity();
    long dataAt = up((long) controlsAt + (long) capacity * CONTROL_ROOM);
    long piece = up(room);
    memory = Arena.ofAuto().allocate(dataAt + capacity * piece, CACHE_LINE);
    base = memory.address();
    data = new ByteBuffer[capacity];
    for (int i = 0; i < capacity; i++) {
      data[i] = memory.asSlice(dataAt + i * piece, room).asByteBuffer();
      memory.set(ValueLayout.JAVA_LONG, at(i) + VECTORS, base + vector(i));
      memory.set(ValueLayout.JAVA_INT, at(i) + COUNT, 1); // the lower half where it is wide
      memory.set(ValueLayout.JAVA_LONG, vector(i) + VECTOR_BASE, base + dataAt + i * piece);
    }
    unlaid = capacity;
  }

  private static long up(long bytes) {
    return bytes + CACHE_LINE - 1 & -CACHE_LINE;
  }

  private static long at(int index) {
    return (long) index * STRIDE;
  }

  private long vector(int index) {
    return vectorsAt + (long) index * VECTOR_SIZE;
  }

  private int name(int index) {
    return namesAt + index * ADDRESSES.capacity();
  }

  private int control(int index) {
    return controlsAt + index * CONTROL_ROOM;
  }

  @Override
  public int capacity() {
    return capacity;
  }

  @Override
  public ByteBuffer memory(int index) {
    return data[index];
  }

  @Override
  public int length(int index) {
    return memory.get(ValueLayout.JAVA_INT, at(index) + RESULT);
  }

  @Override
  public boolean isTruncated(int index) {
    return (memory.get(ValueLayout.JAVA_INT, at(index) + FLAGS) & TRUNCATED) != 0;
  }

  @Override
  public void read(int index, MessageHeader header) {
    int nameLength = memory.get(ValueLayout.JAVA_INT, at(index) + NAME_LENGTH);
    ADDRESSES.decode(memory, name(index), nameLength, header.address());
    int length = memory.get(ValueLayout.JAVA_INT, at(index) + CONTROL_LENGTH); // the lower half
    CONTROLS.decode(memory, control(index), Math.min(length, CONTROL_ROOM), header.received());
    int flags = memory.get(ValueLayout.JAVA_INT, at(index) + FLAGS);
    header.setTruncated((flags & TRUNCATED) != 0);
    header.received().setTruncated((flags & CONTROL_TRUNCATED) != 0);
  }

  @Override
  public void write(int index, int length, MessageHeader header) {
    unlaid = Math.max(unlaid, index + 1);
    int nameLength = 0;
    if (header.address().isV4() || header.address().isV6()) {
      nameLength = ADDRESSES.encode(header.address(), memory, name(index));
    } else if (header.address().address() != null) {
      throw new IllegalArgumentException("no Internet address: " + header.address().address());
    }
    int controlLength =
        header.outgoing().isEmpty()
            ? 0
            : CONTROLS.encode(header.outgoing(), memory, control(index));
    lay(index, length, nameLength, controlLength);
  }

  /** Nothing is named by a null address: a length of 0 alone is refused by some systems. */
  private void lay(int index, int length, int nameLength, int controlLength) {
    long at = at(index);
    memory.set(ValueLayout.JAVA_LONG, vector(index) + VECTOR_LENGTH, length);
    memory.set(ValueLayout.JAVA_LONG, at + NAME, nameLength == 0 ? 0 : base + name(index));
    memory.set(ValueLayout.JAVA_INT, at + NAME_LENGTH, nameLength);
    memory.set(ValueLayout.JAVA_LONG, at + CONTROL, controlLength == 0 ? 0 : base + control(index));
    setControlLength(at, controlLength);
  }

  private void setControlLength(long at, int length) {
    if (WIDE_CONTROL) {
      memory.set(ValueLayout.JAVA_LONG, at + CONTROL_LENGTH, length);
    } else {
      memory.set(ValueLayout.JAVA_INT, at + CONTROL_LENGTH, length);
    }
  }

  /** Makes all messages ready for a receive: of those received to, nothing else was changed. */
  private void prepare() {
    for (int i = 0; i < unlaid; i++) {
      lay(i, room, ADDRESSES.capacity(), CONTROL_ROOM);
    }
    for (int i = unlaid; i < received; i++) {
      long at = at(i);
      memory.set(ValueLayout.JAVA_INT, at + NAME_LENGTH, ADDRESSES.capacity());
      setControlLength(at, CONTROL_ROOM);
    }
    unlaid = 0;
    received = 0;
  }

  /** Receives up to so many messages: their count, or a negative code. */
  int receive(CallState state, int descriptor, int count) {
    prepare();
    int n =
        RECVMMSG == null
            ? oneByOne(RECVMSG, state, descriptor, 0, count, 0)
            : NativeCall.callInt(RECVMMSG, state, descriptor, base, count, 0, 0);
    received = Math.max(n, 0);
    return n;
  }

  /** Sends messages of the batch: how many were taken, or a negative code. */
  int send(CallState state, int descriptor, int first, int count, int flags) {
    return SENDMMSG == null
        ? oneByOne(SENDMSG, state, descriptor, first, count, flags)
        : NativeCall.callInt(SENDMMSG, state, descriptor, base + at(first), count, flags, 0);
  }

  private int oneByOne(
      MethodHandle function, CallState state, int descriptor, int first, int count, int flags) {
    boolean receives = RECVMSG.equals(function);
    if (receives && heldError != 0) {
      int error = heldError;
      heldError = 0;
      return error;
    }
    for (int i = 0; i < count; i++) {
      long at = at(first + i);
      int n = (int) NativeCall.call(function, state, descriptor, base + at, flags, 0);
      if (n < 0) {
        // One that a send met is met again by the next, which begins with that message.
        if (i > 0 && receives && n != Result.EAGAIN && n != Result.EINTR) {
          heldError = n;
        }
        return i == 0 ? n : i;
      }
      memory.set(ValueLayout.JAVA_INT, at + RESULT, n);
    }
    return count;
  }
}
