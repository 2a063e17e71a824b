package dev.selkie.kernel.ffm;

import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.FolderListing;
import dev.selkie.kernel.Result;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.util.Objects;
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
  private static final @Nullable MethodHandle PIPE2 = Native.optional(PART, "pipe2");
  private static final @Nullable MethodHandle PIPE =
      PIPE2 == null ? Native.function(PART, "pipe") : null;
  private static final @Nullable MethodHandle DUP3 = Native.optional(PART, "dup3");
  private static final @Nullable MethodHandle DUP2 =
      DUP3 == null ? Native.function(PART, "dup2") : null;
  private static final MethodHandle POLL = Native.function(PART, "poll");
  private static final MethodHandle GETRLIMIT = Native.function(PART, "getrlimit");
  private static final MethodHandle FCNTL = Native.variadic(PART, "fcntl");
  private static final MethodHandle IOCTL = Native.variadic(PART, "ioctl");
  private static final @Nullable MethodHandle FSTAT =
      PROFILE.hasStruct("stat") ? Native.optional(PART, "fstat") : null;
  private static final @Nullable MethodHandle STAT =
      PROFILE.hasStruct("stat") ? Native.optional(PART, "stat") : null;
  private static final @Nullable MethodHandle LSTAT =
      PROFILE.hasField("stat", "st_ino") ? Native.optional(PART, "lstat") : null;
  private static final MethodHandle RENAME = Native.function(PART, "rename");
  private static final MethodHandle FLOCK = Native.function(PART, "flock");
  private static final MethodHandle OPEN = Native.variadic(PART, "open");
  private static final MethodHandle MKFIFO = Native.function(PART, "mkfifo");
  private static final MethodHandle UNLINK = Native.function(PART, "unlink");
  private static final MethodHandle CHMOD = Native.function(PART, "chmod");
  private static final @Nullable MethodHandle SPLICE = Native.optional(PART, "splice");
  private static final @Nullable MethodHandle EVENTFD = Native.optional(PART, "eventfd");

  /** An odd number without a pattern, the golden ratio's. */
  private static final long SPREAD = 0x9e37_79b9_7f4a_7c15L;

  /** LOCK_EX and LOCK_NB, the same on every system. */
  private static final int LOCK = 2 | 4;

  /** S_IFMT, the same on every system as what it masks. */
  private static final int TYPE = 0xf000;

  /** O_ACCMODE, the same on every system as what it masks. */
  private static final int ACCESS_MODE = 0x3;

  /** The canonical flags of open(2) beyond the access mode, and what they are called. */
  private static final int[] OPEN_FLAGS = {
    O_CREAT, O_EXCL, O_TRUNC, O_APPEND, O_DIRECTORY, O_NOFOLLOW
  };

  private static final String[] OPEN_FLAG_NAMES = {
    "O_CREAT", "O_EXCL", "O_TRUNC", "O_APPEND", "O_DIRECTORY", "O_NOFOLLOW"
  };

  /** With its NUL; the longest that a system takes is shorter. */
  private static final int PATH_MAX = 4096;

  /** What the JVM has its file names in. */
  static final Charset PATHS = paths();

  private static final int O_NOCTTY = PROFILE.constant("O_NOCTTY");
  private static final int O_NONBLOCK = PROFILE.constant("O_NONBLOCK");
  private static final int O_CLOEXEC = PROFILE.constant("O_CLOEXEC");
  private static final int POLLED = PROFILE.offset("pollfd", "fd");
  private static final int EVENTS = PROFILE.offset("pollfd", "events");
  private static final int REVENTS = PROFILE.offset("pollfd", "revents");
  private static final int F_GETFL = PROFILE.constant("F_GETFL");
  private static final int F_SETFL = PROFILE.constant("F_SETFL");
  private static final int F_SETFD = PROFILE.constant("F_SETFD");
  private static final int FD_CLOEXEC = PROFILE.constant("FD_CLOEXEC");
  private static final int F_DUPFD_CLOEXEC = PROFILE.constant("F_DUPFD_CLOEXEC");

  private static Charset paths() {
    return Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));
  }

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
    int result =
        PIPE2 == null
            ? NativeCall.callInt(Objects.requireNonNull(PIPE), state, memory.address(), 0, 0)
            : NativeCall.callInt(PIPE2, state, memory.address(), O_NONBLOCK | O_CLOEXEC, 0);
    ends[0] = memory.get(ValueLayout.JAVA_INT, 0);
    ends[1] = memory.get(ValueLayout.JAVA_INT, Integer.BYTES);
    state.exit();
    return result < 0 || PIPE2 != null ? result : settleBoth(ends);
  }

  /** Sets up two descriptors that were made without flags; on failure both are closed. */
  static int settleBoth(int[] ends) {
    int first = settle(ends[0]);
    if (first < 0) {
      call(CLOSE, ends[1], 0, 0);
      return first;
    }
    int second = settle(ends[1]);
    if (second < 0) {
      call(CLOSE, ends[0], 0, 0);
      return second;
    }
    return 0;
  }

  /**
   * Makes a descriptor close-on-exec and non-blocking, where the system could not at its creation.
   *
   * @return the descriptor; on failure it is closed and the result is the error
   */
  static int settle(int descriptor) {
    int closing = closeOnExec(descriptor);
    if (closing < 0) {
      return closing;
    }
    int result = nonBlocking(descriptor, true);
    return result < 0 ? abandon(descriptor, result) : descriptor;
  }

  /**
   * Makes a descriptor close-on-exec. A child that another thread starts in between has it.
   *
   * @param descriptor what a call returned: an error passes through
   * @return the descriptor; on failure it is closed and the result is the error
   */
  static int closeOnExec(int descriptor) {
    if (descriptor < 0) {
      return descriptor;
    }
    int result = variadic(FCNTL, descriptor, F_SETFD, FD_CLOEXEC);
    return result < 0 ? abandon(descriptor, result) : descriptor;
  }

  /** Closes a descriptor that could not be set up, and returns why. */
  static int abandon(int descriptor, int error) {
    call(CLOSE, descriptor, 0, 0);
    return error;
  }

  @Override
  public long splice(int from, int to, long length) {
    if (SPLICE == null) {
      return Result.ENOSYS;
    }
    CallState state = CallState.enter();
    long result =
        NativeCall.call(
            SPLICE, state, from, 0, to, 0, length, PROFILE.constant("SPLICE_F_NONBLOCK"));
    state.exit();
    return result;
  }

  @Override
  public int duplicate(int descriptor) {
    return variadic(FCNTL, descriptor, F_DUPFD_CLOEXEC, 0);
  }

  @Override
  public int duplicateTo(int descriptor, int number) {
    if (DUP3 != null) {
      return call(DUP3, descriptor, number, O_CLOEXEC);
    }
    if (descriptor == number) {
      return Result.EINVAL; // as dup3(2) has it
    }
    int result = call(Objects.requireNonNull(DUP2), descriptor, number, 0);
    if (result < 0) {
      return result;
    }
    int closing = variadic(FCNTL, number, F_SETFD, FD_CLOEXEC);
    return closing < 0 ? closing : result;
  }

  @Override
  public int setNonBlocking(int descriptor, boolean nonBlocking) {
    return nonBlocking(descriptor, nonBlocking);
  }

  private static int nonBlocking(int descriptor, boolean nonBlocking) {
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
  public int lock(int descriptor) {
    return call(FLOCK, descriptor, LOCK, 0);
  }

  @Override
  public int accessMode(int descriptor) {
    int flags = variadic(FCNTL, descriptor, F_GETFL, 0);
    return flags < 0 ? flags : flags & ACCESS_MODE;
  }

  @Override
  public int eventfd(int initial) {
    if (EVENTFD == null || !PROFILE.has("EFD_CLOEXEC")) {
      return Result.ENOSYS;
    }
    int flags = PROFILE.constant("EFD_CLOEXEC") | PROFILE.constant("EFD_NONBLOCK");
    return call(EVENTFD, initial, flags, 0);
  }

  @Override
  public int available(int descriptor) {
    CallState state = CallState.enter();
    MemorySegment memory = state.scratch();
    int result =
        NativeCall.callVariadic(
            IOCTL, state, descriptor, PROFILE.unsignedConstant("FIONREAD"), memory.address());
    int bytes = memory.get(ValueLayout.JAVA_INT, 0);
    state.exit();
    return result < 0 ? result : bytes;
  }

  @Override
  public int open(String path, int flags, int permissions) {
    int system = systemFlags(flags);
    CallState state = CallState.enter();
    int length = layPath(state, path);
    int result =
        length < 0
            ? length
            : NativeCall.callVariadic(OPEN, state, state.scratch().address(), system, permissions);
    state.exit();
    return result;
  }

  private static int systemFlags(int flags) {
    int system = (flags & (O_WRONLY | O_RDWR)) | O_NONBLOCK | O_CLOEXEC | O_NOCTTY;
    for (int i = 0; i < OPEN_FLAGS.length; i++) {
      if ((flags & OPEN_FLAGS[i]) != 0) {
        system |= PROFILE.constant(OPEN_FLAG_NAMES[i]);
      }
    }
    return system;
  }

  @Override
  public int openAt(int folder, String name, int flags) {
    return FolderStream.open(folder, name, systemFlags(flags));
  }

  @Override
  public int list(int folder, FolderListing listing) {
    int duplicate = duplicate(folder); // which the stream closes
    return duplicate < 0 ? duplicate : FolderStream.list(duplicate, listing);
  }

  @Override
  public int makeFifo(String path, int permissions) {
    return callWithPath(MKFIFO, path, permissions);
  }

  @Override
  public int unlink(String path) {
    return callWithPath(UNLINK, path, 0);
  }

  @Override
  public int setPermissions(String path, int permissions) {
    return callWithPath(CHMOD, path, permissions);
  }

  private static int callWithPath(MethodHandle function, String path, long argument) {
    CallState state = CallState.enter();
    int length = layPath(state, path);
    int result =
        length < 0
            ? length
            : NativeCall.callInt(function, state, state.scratch().address(), argument, 0);
    state.exit();
    return result;
  }

  @Override
  public int rename(String from, String to) {
    CallState state = CallState.enter();
    int first = layPath(state, from);
    int second = first < 0 ? first : layPath(state, PATH_MAX, to);
    long at = state.scratch().address();
    int result = second < 0 ? second : NativeCall.callInt(RENAME, state, at, at + PATH_MAX, 0);
    state.exit();
    return result;
  }

  @Override
  public int identity(String path, long[] identity) {
    if (LSTAT == null) {
      return Result.ENOSYS;
    }
    CallState state = CallState.enter();
    int length = layPath(state, path);
    long at = state.scratch().address();
    int result = length < 0 ? length : NativeCall.callInt(LSTAT, state, at, at + PATH_MAX, 0);
    int kind = kind(state, PATH_MAX);
    identity[0] = number(state, "st_dev");
    identity[1] = number(state, "st_ino");
    state.exit();
    return result < 0 ? result : kind;
  }

  /** A number of four or eight bytes in the struct stat behind a path. */
  private static long number(CallState state, String field) {
    long at = (long) PATH_MAX + PROFILE.offset("stat", field);
    return PROFILE.width("stat", field) == Long.BYTES
        ? state.scratch().get(ValueLayout.JAVA_LONG_UNALIGNED, at)
        : state.scratch().get(ValueLayout.JAVA_INT_UNALIGNED, at);
  }

  @Override
  public int setCloseOnExec(int descriptor) {
    return variadic(FCNTL, descriptor, F_SETFD, FD_CLOEXEC);
  }

  /**
   * Lays a path and its NUL at the start of the scratch space, as the JVM's file names are.
   *
   * @return its length, or a negative code: EILSEQ if they cannot express it
   */
  static int layPath(CallState state, String path) {
    return layPath(state, 0, path);
  }

  private static int layPath(CallState state, int at, String path) {
    if (path.indexOf('\0') >= 0) {
      return Result.EINVAL;
    }
    ByteBuffer bytes;
    try {
      bytes = PATHS.newEncoder().encode(CharBuffer.wrap(path));
    } catch (CharacterCodingException e) {
      return -Errno.EILSEQ.number(); // a question mark in its place would be another file
    }
    int length = bytes.remaining();
    if (length >= PATH_MAX) {
      return -Errno.ENAMETOOLONG.number();
    }
    MemorySegment memory = state.scratch();
    MemorySegment.copy(MemorySegment.ofBuffer(bytes), 0, memory, at, length);
    memory.set(ValueLayout.JAVA_BYTE, at + length, (byte) 0);
    return length;
  }

  @Override
  public int kind(String path) {
    if (STAT == null) {
      return Result.ENOSYS;
    }
    CallState state = CallState.enter();
    int length = layPath(state, path);
    long at = state.scratch().address();
    int result = length < 0 ? length : NativeCall.callInt(STAT, state, at, at + PATH_MAX, 0);
    int kind = kind(state, PATH_MAX);
    state.exit();
    return result < 0 ? result : kind;
  }

  @Override
  public int kind(int descriptor) {
    if (FSTAT == null) {
      return Result.ENOSYS;
    }
    CallState state = CallState.enter();
    int result = NativeCall.callInt(FSTAT, state, descriptor, state.scratch().address(), 0);
    int kind = kind(state, 0);
    state.exit();
    return result < 0 ? result : kind;
  }

  @Override
  public long identity(int descriptor) {
    if (FSTAT == null) {
      return Result.ENOSYS;
    }
    CallState state = CallState.enter();
    int result = NativeCall.callInt(FSTAT, state, descriptor, state.scratch().address(), 0);
    long device = statField(state, "st_dev");
    long inode = statField(state, "st_ino");
    state.exit();
    // Devices are few: spread over the number, they meet no inode in practice.
    return result < 0 ? result : (device * SPREAD ^ inode) & Long.MAX_VALUE;
  }

  private static long statField(CallState state, String field) {
    long at = PROFILE.offset("stat", field);
    return PROFILE.width("stat", field) == Integer.BYTES
        ? Integer.toUnsignedLong(state.scratch().get(ValueLayout.JAVA_INT, at))
        : state.scratch().get(ValueLayout.JAVA_LONG, at);
  }

  /** The kind of file in the struct stat at an offset of the scratch space. */
  private static int kind(CallState state, int offset) {
    MemorySegment memory = state.scratch();
    long at = (long) offset + PROFILE.offset("stat", "st_mode");
    int mode =
        PROFILE.width("stat", "st_mode") == Short.BYTES
            ? memory.get(ValueLayout.JAVA_SHORT, at)
            : memory.get(ValueLayout.JAVA_INT, at);
    return mode & TYPE;
  }

  @Override
  public int poll(int descriptor, int events) {
    CallState state = CallState.enter();
    MemorySegment memory = state.scratch();
    memory.set(ValueLayout.JAVA_INT, POLLED, descriptor);
    memory.set(ValueLayout.JAVA_SHORT, EVENTS, (short) NativePoll.encode(events));
    memory.set(ValueLayout.JAVA_SHORT, REVENTS, (short) 0);
    int result = NativeCall.callInt(POLL, state, memory.address(), 1, 0);
    int happened = NativePoll.decode(memory.get(ValueLayout.JAVA_SHORT, REVENTS));
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
