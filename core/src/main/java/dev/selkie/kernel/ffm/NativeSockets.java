package dev.selkie.kernel.ffm;

import dev.selkie.kernel.AddressBuffer;
import dev.selkie.kernel.ControlData;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.MessageBatch;
import dev.selkie.kernel.MessageHeader;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SocketOption;
import dev.selkie.kernel.Sockets;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.net.InetAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@link Sockets} by the C library. */
final class NativeSockets extends NativeStreamCalls implements Sockets {
  private static final String PART = "sockets";
  private static final Profile PROFILE = Profile.current();
  private static final MethodHandle RECV = Native.function(PART, "recv");
  private static final MethodHandle SEND = Native.function(PART, "send");
  private static final MethodHandle RECVMSG = Native.function(PART, "recvmsg");
  private static final MethodHandle SENDMSG = Native.function(PART, "sendmsg");
  private static final MethodHandle SOCKET = Native.function(PART, "socket");
  private static final MethodHandle SOCKETPAIR = Native.function(PART, "socketpair");
  private static final MethodHandle BIND = Native.function(PART, "bind");
  private static final MethodHandle LISTEN = Native.function(PART, "listen");
  private static final @Nullable MethodHandle ACCEPT4 = Native.optional(PART, "accept4");
  private static final MethodHandle ACCEPT =
      ACCEPT4 == null ? Native.function(PART, "accept") : ACCEPT4;
  private static final MethodHandle CONNECT = Native.function(PART, "connect");
  private static final MethodHandle SHUTDOWN = Native.function(PART, "shutdown");
  private static final MethodHandle GETSOCKNAME = Native.function(PART, "getsockname");
  private static final MethodHandle GETPEERNAME = Native.function(PART, "getpeername");
  private static final MethodHandle SETSOCKOPT = Native.function(PART, "setsockopt");
  private static final MethodHandle GETSOCKOPT = Native.function(PART, "getsockopt");

  /** 0 where not every version has it; SO_NOSIGPIPE is set there instead. */
  private static final int MSG_NOSIGNAL =
      PROFILE.quirk("msg_nosignal") ? PROFILE.constant("MSG_NOSIGNAL") : 0;

  private static final boolean SET_NOSIGPIPE =
      MSG_NOSIGNAL == 0 && PROFILE.hasOption("SO_NOSIGPIPE");
  private static final int MSG_PEEK = PROFILE.constant("MSG_PEEK");
  private static final int MSG_OOB = PROFILE.constant("MSG_OOB");

  /** The flags of socket(2), socketpair(2) and accept4(2); 0 where they are set afterwards. */
  private static final int NEW_FLAGS =
      PROFILE.find("SOCK_NONBLOCK").orElse(0) | PROFILE.find("SOCK_CLOEXEC").orElse(0);

  /** Passed descriptors are made close-on-exec; 0 where that is done afterwards. */
  private static final int PASSED_FLAGS = PROFILE.find("MSG_CMSG_CLOEXEC").orElse(0);

  private static final int LINGER_ON = PROFILE.offset("linger", "l_onoff");
  private static final int LINGER_SECONDS = PROFILE.offset("linger", "l_linger");
  private static final int LINGER_SIZE = PROFILE.size("linger");

  /** SO_LINGER counts clock ticks on macOS. */
  private static final String LINGER =
      PROFILE.hasOption("SO_LINGER_SEC") ? "SO_LINGER_SEC" : "SO_LINGER";

  /** Linux tells the time in nanoseconds, the BSDs in microseconds by another option. */
  private static final String TIMESTAMP =
      PROFILE.hasOption("SO_TIMESTAMPNS") ? "SO_TIMESTAMPNS" : "SO_TIMESTAMP";

  /** What asks for the address that a datagram of IPv4 was sent to. */
  private static final String DESTINATION =
      PROFILE.hasOption("IP_RECVPKTINFO")
          ? "IP_RECVPKTINFO"
          : PROFILE.hasOption("IP_PKTINFO") ? "IP_PKTINFO" : "IP_RECVDSTADDR";

  private static final boolean BYTE_OPTIONS = PROFILE.quirk("multicast_byte_options");

  private static final AddressCodec ADDRESSES = AddressCodec.SYSTEM;
  private static final int EAFNOSUPPORT = -Errno.EAFNOSUPPORT.number();
  private static final int EMSGSIZE = -Errno.EMSGSIZE.number();

  @Override
  long read(CallState state, int descriptor, long address, long length) {
    return NativeCall.call(RECV, state, descriptor, address, length, 0);
  }

  @Override
  long write(CallState state, int descriptor, long address, long length) {
    return NativeCall.call(SEND, state, descriptor, address, length, MSG_NOSIGNAL);
  }

  @Override
  long readv(CallState state, int descriptor, long vectors, int count) {
    long header = MessageCall.lay(state, vectors, count);
    return NativeCall.call(RECVMSG, state, descriptor, header, 0, 0);
  }

  @Override
  long writev(CallState state, int descriptor, long vectors, int count) {
    long header = MessageCall.lay(state, vectors, count);
    return NativeCall.call(SENDMSG, state, descriptor, header, MSG_NOSIGNAL, 0);
  }

  @Override
  public int receive(int descriptor, long address, int length, @Nullable MessageHeader header) {
    CallState state = CallState.enter();
    // Not by way of another method: a frame more on the way down can be one too many, see
    // NativeCall.
    int n =
        header == null
            ? (int) NativeCall.call(RECV, state, descriptor, address, length, 0)
            : receiveMessage(state, descriptor, address, length, header);
    state.exit();
    return n;
  }

  @Override
  public int receive(
      int descriptor, byte[] target, int offset, int length, @Nullable MessageHeader header) {
    CallState state = CallState.enter();
    MemorySegment scratch = state.scratch();
    long address = scratch.address() + CallState.STRUCT_BYTES;
    int room = Math.min(length, CallState.SCRATCH_BYTES);
    int n =
        header == null
            ? (int) NativeCall.call(RECV, state, descriptor, address, room, 0)
            : receiveMessage(state, descriptor, address, room, header);
    if (n > 0) {
      MemorySegment.copy(scratch, ValueLayout.JAVA_BYTE, CallState.STRUCT_BYTES, target, offset, n);
    }
    state.exit();
    return n;
  }

  private static int receiveMessage(
      CallState state, int descriptor, long address, int length, MessageHeader header) {
    long message = MessageCall.layForReceiving(state, address, length, header);
    int n = (int) NativeCall.call(RECVMSG, state, descriptor, message, PASSED_FLAGS, 0);
    if (n >= 0) {
      MessageCall.read(state, header);
      if (PASSED_FLAGS == 0 && header.received().has(ControlData.Kind.DESCRIPTORS)) {
        NativeCredentials.settle(header.received());
      }
    }
    return n;
  }

  @Override
  public int send(int descriptor, long address, int length, @Nullable MessageHeader header) {
    CallState state = CallState.enter();
    try {
      return header == null
          ? (int) NativeCall.call(SEND, state, descriptor, address, length, MSG_NOSIGNAL)
          : sendMessage(state, descriptor, address, length, header);
    } finally {
      state.exit(); // the address may be one that the system does not have
    }
  }

  @Override
  public int send(
      int descriptor, byte[] source, int offset, int length, @Nullable MessageHeader header) {
    if (length > CallState.SCRATCH_BYTES) {
      return EMSGSIZE;
    }
    CallState state = CallState.enter();
    try {
      MemorySegment scratch = state.scratch();
      MemorySegment.copy(
          source, offset, scratch, ValueLayout.JAVA_BYTE, CallState.STRUCT_BYTES, length);
      long address = scratch.address() + CallState.STRUCT_BYTES;
      return header == null
          ? (int) NativeCall.call(SEND, state, descriptor, address, length, MSG_NOSIGNAL)
          : sendMessage(state, descriptor, address, length, header);
    } finally {
      state.exit();
    }
  }

  private static int sendMessage(
      CallState state, int descriptor, long address, int length, MessageHeader header) {
    long message = MessageCall.layForSending(state, address, length, header);
    return (int) NativeCall.call(SENDMSG, state, descriptor, message, MSG_NOSIGNAL, 0);
  }

  @Override
  public MessageBatch newBatch(int capacity, int bytes) {
    return new NativeMessageBatch(capacity, bytes);
  }

  @Override
  public int receiveBatch(int descriptor, MessageBatch batch, int count) {
    CallState state = CallState.enter();
    int n = ((NativeMessageBatch) batch).receive(state, descriptor, count);
    state.exit();
    return n;
  }

  @Override
  public int sendBatch(int descriptor, MessageBatch batch, int first, int count) {
    CallState state = CallState.enter();
    int n = ((NativeMessageBatch) batch).send(state, descriptor, first, count, MSG_NOSIGNAL);
    state.exit();
    return n;
  }

  @Override
  public int setMembership(
      int descriptor,
      boolean join,
      InetAddress group,
      int interfaceIndex,
      @Nullable InetAddress source) {
    return NativeMulticast.setMembership(descriptor, join, group, interfaceIndex, source);
  }

  @Override
  public int interfaces(Map<? super String, ? super Integer> found) {
    return NativeMulticast.interfaces(found);
  }

  @Override
  public int socket(Domain domain, Type type) {
    int made = call(SOCKET, number(domain), number(type) | NEW_FLAGS, 0);
    return complete(made, NEW_FLAGS != 0);
  }

  @Override
  public int pair(Type type, int[] ends) {
    CallState state = CallState.enter();
    MemorySegment memory = state.scratch();
    int result =
        NativeCall.callInt(
            SOCKETPAIR,
            state,
            number(Domain.UNIX),
            number(type) | NEW_FLAGS,
            0,
            memory.address(),
            0);
    ends[0] = memory.get(ValueLayout.JAVA_INT, 0);
    ends[1] = memory.get(ValueLayout.JAVA_INT, Integer.BYTES);
    state.exit();
    if (result < 0) {
      return result;
    }
    int settled = NEW_FLAGS == 0 ? NativeFiles.settleBoth(ends) : result;
    return settled < 0 ? settled : silenceBoth(ends);
  }

  /** Gives a new socket what the system did not give it; on failure it is closed. */
  private static int complete(int made, boolean settled) {
    if (made < 0) {
      return made;
    }
    int result = settled ? made : NativeFiles.settle(made);
    if (result < 0) {
      return result;
    }
    int silenced = silence(made);
    return silenced < 0 ? NativeFiles.abandon(made, silenced) : made;
  }

  private static int silenceBoth(int[] ends) {
    int first = silence(ends[0]);
    int result = first < 0 ? first : silence(ends[1]);
    if (result < 0) {
      NativeFiles.abandon(ends[0], result);
      NativeFiles.abandon(ends[1], result);
    }
    return result;
  }

  /** No SIGPIPE, where send(2) has no flag for that; macOS refuses it on what is reset already. */
  private static int silence(int socket) {
    if (!SET_NOSIGPIPE) {
      return 0;
    }
    CallState state = CallState.enter();
    state.scratch().set(ValueLayout.JAVA_INT, 0, 1);
    int result = setOption(state, socket, "SO_NOSIGPIPE", Integer.BYTES);
    state.exit();
    return result == Result.EINVAL ? 0 : result;
  }

  @Override
  public int bind(int descriptor, SocketAddress address) {
    return callWithAddress(BIND, descriptor, address);
  }

  @Override
  public int connect(int descriptor, SocketAddress address) {
    return callWithAddress(CONNECT, descriptor, address);
  }

  @Override
  public int disconnect(int descriptor) {
    CallState state = CallState.enter();
    MemorySegment memory = state.scratch();
    int length = ADDRESSES.encodeNone(memory);
    int result = NativeCall.callInt(CONNECT, state, descriptor, memory.address(), length);
    state.exit();
    return result == EAFNOSUPPORT ? 0 : result; // connect(2) of the BSDs: "harmlessly returned"
  }

  private static int callWithAddress(MethodHandle function, int descriptor, SocketAddress address) {
    CallState state = CallState.enter();
    try {
      MemorySegment memory = state.scratch();
      int length = ADDRESSES.encode(address, memory);
      return NativeCall.callInt(function, state, descriptor, memory.address(), length);
    } finally {
      state.exit();
    }
  }

  @Override
  public int listen(int descriptor, int backlog) {
    return call(LISTEN, descriptor, backlog, 0);
  }

  @Override
  public int accept(int descriptor, @Nullable AddressBuffer peer) {
    int flags = ACCEPT4 == null ? 0 : NEW_FLAGS;
    return complete(callForAddress(ACCEPT, descriptor, peer, flags), flags != 0);
  }

  @Override
  public int localAddress(int descriptor, AddressBuffer address) {
    return callForAddress(GETSOCKNAME, descriptor, address, 0);
  }

  @Override
  public int peerAddress(int descriptor, AddressBuffer address) {
    return callForAddress(GETPEERNAME, descriptor, address, 0);
  }

  private static int callForAddress(
      MethodHandle function, int descriptor, @Nullable AddressBuffer address, int flags) {
    CallState state = CallState.enter();
    int result;
    if (address == null) {
      result = NativeCall.callInt(function, state, descriptor, 0, 0, flags, 0);
    } else {
      MemorySegment memory = state.scratch();
      memory.set(ValueLayout.JAVA_INT, ADDRESSES.capacity(), ADDRESSES.capacity());
      long at = memory.address();
      result =
          NativeCall.callInt(function, state, descriptor, at, at + ADDRESSES.capacity(), flags, 0);
      if (result >= 0) {
        int length = memory.get(ValueLayout.JAVA_INT, ADDRESSES.capacity());
        ADDRESSES.decode(memory, 0, length, address);
      }
    }
    state.exit();
    return result;
  }

  @Override
  public int longestPath() {
    return ADDRESSES.longestPath();
  }

  @Override
  public int peerCredentials(int descriptor, int[] ids) {
    return NativeCredentials.ofPeer(descriptor, ids);
  }

  @Override
  public int shutdown(int descriptor, Direction direction) {
    String how =
        switch (direction) {
          case INPUT -> "SHUT_RD";
          case OUTPUT -> "SHUT_WR";
          case BOTH -> "SHUT_RDWR";
        };
    return call(SHUTDOWN, descriptor, PROFILE.constant(how), 0);
  }

  @Override
  public long peek(int descriptor, long address, long length) {
    CallState state = CallState.enter();
    long n = NativeCall.call(RECV, state, descriptor, address, length, MSG_PEEK);
    state.exit();
    return n;
  }

  @Override
  public int sendUrgent(int descriptor, byte value) {
    CallState state = CallState.enter();
    MemorySegment memory = state.scratch();
    memory.set(ValueLayout.JAVA_BYTE, 0, value);
    int flags = MSG_OOB | MSG_NOSIGNAL;
    int n = NativeCall.callInt(SEND, state, descriptor, memory.address(), 1, flags, 0);
    state.exit();
    return n;
  }

  @Override
  public int receiveUrgent(int descriptor) {
    CallState state = CallState.enter();
    MemorySegment memory = state.scratch();
    int n = NativeCall.callInt(RECV, state, descriptor, memory.address(), 1, MSG_OOB, 0);
    int value = Byte.toUnsignedInt(memory.get(ValueLayout.JAVA_BYTE, 0));
    state.exit();
    return n < 0 ? n : n == 0 ? Result.EAGAIN : value;
  }

  @Override
  public int setOption(int descriptor, SocketOption option, int value) {
    CallState state = CallState.enter();
    MemorySegment memory = state.scratch();
    int length = Integer.BYTES;
    if (option == SocketOption.IP_MULTICAST_IF) {
      int result = NativeMulticast.setSendingInterface(state, descriptor, value);
      state.exit();
      return result;
    }
    if (option == SocketOption.SO_LINGER) {
      length = LINGER_SIZE;
      memory.set(ValueLayout.JAVA_INT, LINGER_ON, value < 0 ? 0 : 1);
      memory.set(ValueLayout.JAVA_INT, LINGER_SECONDS, Math.max(value, 0));
    } else {
      memory.set(ValueLayout.JAVA_INT, 0, value);
      length = isByte(option) ? 1 : length; // the first byte is the lowest
    }
    int result = setOption(state, descriptor, name(option), length);
    if (result >= 0 && option == SocketOption.IP_PKTINFO && PROFILE.hasOption("IP_RECVIF")) {
      result = setOption(state, descriptor, "IP_RECVIF", length);
    }
    state.exit();
    return result;
  }

  @Override
  public int setOption(int descriptor, SocketOption option, String value) {
    byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > CallState.STRUCT_BYTES) {
      return Result.EINVAL;
    }
    CallState state = CallState.enter();
    MemorySegment.copy(bytes, 0, state.scratch(), ValueLayout.JAVA_BYTE, 0, bytes.length);
    int result = setOption(state, descriptor, name(option), bytes.length);
    state.exit();
    return result;
  }

  /** What the profile calls an option. */
  private static String name(SocketOption option) {
    return switch (option) {
      case SO_LINGER -> LINGER;
      case SO_TIMESTAMPNS -> TIMESTAMP;
      case IP_PKTINFO -> DESTINATION;
      default -> option.name();
    };
  }

  /** Whether an option is a byte here, and an int elsewhere. */
  private static boolean isByte(SocketOption option) {
    return BYTE_OPTIONS
        && (option == SocketOption.IP_MULTICAST_TTL || option == SocketOption.IP_MULTICAST_LOOP);
  }

  private static int setOption(CallState state, int descriptor, String option, int length) {
    if (!PROFILE.hasOption(option)) {
      return Result.ENOPROTOOPT;
    }
    int level = PROFILE.optionLevel(option);
    int name = PROFILE.optionName(option);
    long value = state.scratch().address();
    return NativeCall.callInt(SETSOCKOPT, state, descriptor, level, name, value, length);
  }

  @Override
  public long getOption(int descriptor, SocketOption option) {
    CallState state = CallState.enter();
    boolean linger = option == SocketOption.SO_LINGER;
    MemorySegment memory = state.scratch();
    int result = getOption(state, descriptor, option, linger ? LINGER_SIZE : Integer.BYTES);
    int value = memory.get(ValueLayout.JAVA_INT, linger ? LINGER_SECONDS : 0);
    if (linger && memory.get(ValueLayout.JAVA_INT, LINGER_ON) == 0) {
      value = -1;
    }
    state.exit();
    if (result < 0) {
      return result;
    }
    // An error is a system's number: it is told in the canonical one, like any other.
    return option == SocketOption.SO_ERROR ? canonical(value) : Integer.toUnsignedLong(value);
  }

  private static long canonical(int nativeErrno) {
    return nativeErrno == 0 ? 0 : PROFILE.canonicalErrno(nativeErrno);
  }

  @Override
  public int getOption(int descriptor, SocketOption option, byte[] value) {
    CallState state = CallState.enter();
    MemorySegment memory = state.scratch();
    int capacity = Math.min(value.length, CallState.STRUCT_BYTES - Integer.BYTES);
    int result = getOption(state, descriptor, option, capacity);
    if (result >= 0) {
      MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, 0, value, 0, result);
    }
    state.exit();
    return result;
  }

  /** Asks for an option, left at the start of the scratch space, and returns its length. */
  private static int getOption(CallState state, int descriptor, SocketOption option, int capacity) {
    String name = name(option);
    if (!PROFILE.hasOption(name)) {
      return Result.ENOPROTOOPT;
    }
    MemorySegment memory = state.scratch();
    long lengthAt = CallState.STRUCT_BYTES - Integer.BYTES;
    memory.set(ValueLayout.JAVA_INT, lengthAt, capacity);
    memory.asSlice(0, capacity).fill((byte) 0);
    int result =
        NativeCall.callInt(
            GETSOCKOPT,
            state,
            descriptor,
            PROFILE.optionLevel(name),
            PROFILE.optionName(name),
            memory.address(),
            memory.address() + lengthAt);
    return result < 0 ? result : memory.get(ValueLayout.JAVA_INT, lengthAt);
  }

  private static int number(Domain domain) {
    return PROFILE.constant(
        switch (domain) {
          case INET -> "AF_INET";
          case INET6 -> "AF_INET6";
          case UNIX -> "AF_UNIX";
        });
  }

  private static int number(Type type) {
    return PROFILE.constant(
        switch (type) {
          case STREAM -> "SOCK_STREAM";
          case DATAGRAM -> "SOCK_DGRAM";
          case SEQUENCED_PACKET -> "SOCK_SEQPACKET";
        });
  }

  private static int call(MethodHandle function, long a, long b, long c) {
    CallState state = CallState.enter();
    int result = NativeCall.callInt(function, state, a, b, c);
    state.exit();
    return result;
  }
}
