package dev.selkie.kernel.ffm;

import dev.selkie.kernel.ControlData;
import dev.selkie.kernel.Result;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What Unix sockets tell of a peer, and what becomes of the descriptors that it passes. */
final class NativeCredentials {
  private static final String PART = "sockets";
  private static final Profile PROFILE = Profile.current();

  /** Linux tells struct ucred; the BSDs have a function for user and group. */
  private static final boolean BY_OPTION =
      PROFILE.hasOption("SO_PEERCRED") && PROFILE.hasStruct("ucred");

  private static final @Nullable MethodHandle GETPEEREID =
      BY_OPTION ? null : Native.optional(PART, "getpeereid");
  private static final MethodHandle GETSOCKOPT = Native.function(PART, "getsockopt");
  private static final int LENGTH_AT = 128;

  /** The others' ways to tell the peer's process, which macOS, OpenBSD, NetBSD and FreeBSD have. */
  private static final @Nullable Told PROCESS =
      Stream.of(
              new Told("LOCAL_PEERPID", "", ""),
              new Told("SO_PEERCRED", "sockpeercred", "pid"),
              new Told("LOCAL_PEEREID", "unpcbid", "unp_pid"),
              new Told("LOCAL_PEERCRED", "xucred", "cr_pid"))
          .filter(Told::isHere)
          .findFirst()
          .orElse(null);

  /** An option that gives a struct with the process in a field of it, or the number alone. */
  private record Told(String option, String struct, String field) {
    boolean isHere() {
      return PROFILE.hasOption(option) && (struct.isEmpty() || PROFILE.hasField(struct, field));
    }

    int size() {
      return struct.isEmpty() ? Integer.BYTES : PROFILE.size(struct);
    }

    int offset() {
      return struct.isEmpty() ? 0 : PROFILE.offset(struct, field);
    }
  }

  private NativeCredentials() {}

  /** Fills in process, user and group; 0 or a negative code. */
  static int ofPeer(int descriptor, int[] ids) {
    CallState state = CallState.enter();
    int result =
        BY_OPTION
            ? option(state, descriptor, "SO_PEERCRED", PROFILE.size("ucred"))
            : peerIds(state, descriptor);
    MemorySegment memory = state.scratch();
    for (int i = 0; i < ids.length; i++) {
      ids[i] = memory.get(ValueLayout.JAVA_INT, (long) i * Integer.BYTES);
    }
    if (!BY_OPTION) {
      ids[0] = result < 0 ? -1 : process(state, descriptor);
    }
    state.exit();
    return result;
  }

  private static int process(CallState state, int descriptor) {
    if (PROCESS == null || option(state, descriptor, PROCESS.option, PROCESS.size()) < 0) {
      return -1;
    }
    return state.scratch().get(ValueLayout.JAVA_INT, PROCESS.offset());
  }

  private static int option(CallState state, int descriptor, String option, int size) {
    MemorySegment memory = state.scratch();
    memory.set(ValueLayout.JAVA_INT, LENGTH_AT, size);
    return NativeCall.callInt(
        GETSOCKOPT,
        state,
        descriptor,
        PROFILE.optionLevel(option),
        PROFILE.optionName(option),
        memory.address(),
        memory.address() + LENGTH_AT);
  }

  private static int peerIds(CallState state, int descriptor) {
    if (GETPEEREID == null) {
      return Result.ENOSYS;
    }
    long user = state.scratch().address() + Integer.BYTES;
    return NativeCall.callInt(GETPEEREID, state, descriptor, user, user + Integer.BYTES);
  }

  /** Makes passed descriptors close-on-exec, where recvmsg(2) cannot. */
  static void settle(ControlData received) {
    for (int i = 0; i < received.descriptorCount(); i++) {
      var _ = NativeFiles.closeOnExec(received.descriptor(i));
    }
  }
}
