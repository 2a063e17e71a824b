package dev.selkie.kernel.ffm;

import dev.selkie.kernel.Files;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/** {@link Files} by the C library. */
final class NativeFiles extends NativeStreamCalls implements Files {
  private static final String PART = "files";
  private static final Profile PROFILE = Profile.current();
  private static final MethodHandle READ = Native.function(PART, "read");
  private static final MethodHandle WRITE = Native.function(PART, "write");
  private static final MethodHandle READV = Native.function(PART, "readv");
  private static final MethodHandle WRITEV = Native.function(PART, "writev");
  private static final MethodHandle CLOSE = Native.function(PART, "close");
  private static final MethodHandle PIPE2 = Native.function(PART, "pipe2");
  private static final MethodHandle DUP3 = Native.function(PART, "dup3");
  private static final MethodHandle POLL = Native.function(PART, "poll");
  private static final MethodHandle GETRLIMIT = Native.function(PART, "getrlimit");
  private static final MethodHandle FCNTL = Native.variadic(PART, "fcntl");
  private static final MethodHandle IOCTL = Native.variadic(PART, "ioctl");
  private static final @Nullable MethodHandle EVENTFD = Native.optional(PART, "eventfd");
  private static final int O_NONBLOCK = PROFILE.constant("O_NONBLOCK");
  private static final int O_CLOEXEC = PROFILE.constant("O_CLOEXEC");
  private static final int F_GETFL = PROFILE.constant("F_GETFL");
  private static final int F_SETFL = PROFILE.constant("F_SETFL");
  private static final int F_DUPFD_CLOEXEC = PROFILE.constant("F_DUPFD_CLOEXEC");

  @Override
  long read(CallState state, int descriptor, long address, long length) {
    return NativeCall.call(READ, state, descriptor, address, length, 0);
  }

  @Override
  long write(CallState state, int descriptor, long address, long length) {
    return NativeCall.call(WRITE, state, descriptor, address, length, 0);
  }

  @Override
  long readv(CallState state, int descriptor, long vectors, int count) {
    return NativeCall.call(READV, state, descriptor, vectors, count, 0);
  }

  @Override
  long writev(CallState state, int descriptor, long vectors, int count) {
    return NativeCall.call(WRITEV, state, descriptor, vectors, count, 0);
  }

  @Override
  public int close(int descriptor) {
    return call(CLOSE, descriptor, 0, 0);
  }

  @Override
  public int pipe(int[] ends) {
    CallState state = CallState.enter();
    MemorySegment memory = state.scratch();
    int result = NativeCall.callInt(PIPE2, state, memory.address(), O_NONBLOCK | O_CLOEXEC, 0);
    ends[0] = memory.get(ValueLayout.JAVA_INT, 0);
    ends[1] = memory.get(ValueLayout.JAVA_INT, Integer.BYTES);
    state.exit();
    return result;
  }

  @Override
  public int duplicate(int descriptor) {
    return variadic(FCNTL, descriptor, F_DUPFD_CLOEXEC, 0);
  }

  @Override
  public int duplicateTo(int descriptor, int number) {
    return call(DUP3, descriptor, number, O_CLOEXEC);
  }

  @Override
  public int setNonBlocking(int descriptor, boolean nonBlocking) {
    int flags = variadic(FCNTL, descriptor, F_GETFL, 0);
    if (flags < 0) {
      return flags;
    }
    int wanted = nonBlocking ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
    return wanted == flags ? 0 : variadic(FCNTL, descriptor, F_SETFL, wanted);
  }

  @Override
  public int isNonBlocking(int descriptor) {
    int flags = variadic(FCNTL, descriptor, F_GETFL, 0);
    return flags < 0 ? flags : (flags & O_NONBLOCK) != 0 ? 1 : 0;
  }

  @Override
  public int eventfd(int initial) {
    return EVENTFD == null
        ? dev.selkie.kernel.Result.ENOSYS
        : call(
            EVENTFD,
            initial,
            PROFILE.constant("EFD_CLOEXEC") | PROFILE.constant("EFD_NONBLOCK"),
            0);
  }

  @Override
  public int available(int descriptor) {
    CallState state = CallState.enter();
    MemorySegment memory = state.scratch();
    int result =
        NativeCall.callVariadic(
            IOCTL, state, descriptor, PROFILE.constant("FIONREAD"), memory.address());
    int bytes = memory.get(ValueLayout.JAVA_INT, 0);
    state.exit();
    return result < 0 ? result : bytes;
  }

  @Override
  public int poll(int descriptor, int events) {
    CallState state = CallState.enter();
    MemorySegment memory = state.scratch();
    int revents = PROFILE.offset("pollfd", "revents");
    memory.set(ValueLayout.JAVA_INT, PROFILE.offset("pollfd", "fd"), descriptor);
    memory.set(ValueLayout.JAVA_SHORT, PROFILE.offset("pollfd", "events"), (short) events);
    memory.set(ValueLayout.JAVA_SHORT, revents, (short) 0);
    int result = NativeCall.callInt(POLL, state, memory.address(), 1, 0);
    int happened = memory.get(ValueLayout.JAVA_SHORT, revents);
    state.exit();
    return result < 0 ? result : happened;
  }

  @Override
  public long descriptorLimit(boolean hard) {
    CallState state = CallState.enter();
    MemorySegment memory = state.scratch();
    int result =
        NativeCall.callInt(
            GETRLIMIT, state, PROFILE.constant("RLIMIT_NOFILE"), memory.address(), 0);
    long limit =
        memory.get(ValueLayout.JAVA_LONG, PROFILE.offset("rlimit", hard ? "rlim_max" : "rlim_cur"));
    state.exit();
    // RLIM_INFINITY is all ones
    return result < 0 ? result : limit < 0 ? Long.MAX_VALUE : limit;
  }

  private static int call(MethodHandle function, long a, long b, long c) {
    CallState state = CallState.enter();
    int result = NativeCall.callInt(function, state, a, b, c);
    state.exit();
    return result;
  }

  private static int variadic(MethodHandle function, long a, long b, long c) {
    CallState state = CallState.enter();
    int result = NativeCall.callVariadic(function, state, a, b, c);
    state.exit();
    return result;
  }
}
