package dev.selkie.kernel.ffm;

import dev.selkie.kernel.Result;
import dev.selkie.kernel.Terminals;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** {@link Terminals} by the C library. */
final class NativeTerminals implements Terminals {
  private static final String PART = "files"; // whose descriptors they are
  private static final Profile PROFILE = Profile.current();
  private static final MethodHandle OPENPT = Native.function(PART, "posix_openpt");
  private static final MethodHandle GRANTPT = Native.function(PART, "grantpt");
  private static final MethodHandle UNLOCKPT = Native.function(PART, "unlockpt");
  private static final @Nullable MethodHandle PTSNAME_R = Native.optional(PART, "ptsname_r");
  private static final @Nullable MethodHandle PTSNAME =
      PTSNAME_R == null ? Native.function(PART, "ptsname") : null;
  private static final MethodHandle TTYNAME_R = Native.function(PART, "ttyname_r");
  private static final MethodHandle TCGETATTR = Native.function(PART, "tcgetattr");
  private static final MethodHandle TCSETATTR = Native.function(PART, "tcsetattr");
  private static final MethodHandle CFMAKERAW = Native.function(PART, "cfmakeraw");
  private static final MethodHandle IOCTL = Native.variadic(PART, "ioctl");
  private static final int BYTES = PROFILE.size("termios");

  /** Of the flags the lower 32 bits matter: macOS has 64, and no system here is big-endian. */
  private static final int OUTPUT = PROFILE.offset("termios", "c_oflag");

  private static final int LOCAL = PROFILE.offset("termios", "c_lflag");
  private static final int ROWS = PROFILE.offset("winsize", "ws_row");
  private static final int COLUMNS = PROFILE.offset("winsize", "ws_col");

  /** The same on every system, as termios(4) of 4.4BSD had it. */
  private static final int TCSANOW = 0;

  /** The longest path that is asked for. */
  private static final int PATH_BYTES = 1024;

  /** ptsname(3) answers in memory of its own. */
  private static final Object PTSNAME_LOCK = new Object();

  private final NativeFiles files;

  NativeTerminals(NativeFiles files) {
    this.files = files;
  }

  @Override
  public int open(int[] ends) {
    int master = openMaster();
    if (master < 0) {
      return master;
    }
    byte[] path = new byte[PATH_BYTES];
    int result = call(GRANTPT, master);
    result = result < 0 ? result : call(UNLOCKPT, master);
    result = result < 0 ? result : masterPath(master, path);
    if (result > 0) {
      result = files.open(new String(path, 0, result, NativeFiles.PATHS), NativeFiles.O_RDWR, 0);
    }
    if (result < 0) {
      return NativeFiles.abandon(master, result);
    }
    ends[0] = master;
    ends[1] = result;
    return 0;
  }

  /** FreeBSD refuses flags that POSIX does not name. */
  private static int openMaster() {
    int flags = PROFILE.constant("O_RDWR") | PROFILE.constant("O_NOCTTY");
    if (PROFILE.quirk("openpt_takes_flags")) {
      flags |= PROFILE.constant("O_NONBLOCK") | PROFILE.constant("O_CLOEXEC");
      return call(OPENPT, flags);
    }
    int master = call(OPENPT, flags);
    return master < 0 ? master : NativeFiles.settle(master);
  }

  @Override
  public int path(int descriptor, byte[] path) {
    int result = masterPath(descriptor, path);
    return result >= 0 || result == Result.EBADF ? result : name(TTYNAME_R, descriptor, path);
  }

  private static int masterPath(int descriptor, byte[] path) {
    if (PTSNAME_R != null) {
      return name(PTSNAME_R, descriptor, path);
    }
    CallState state = CallState.enter();
    int length;
    synchronized (PTSNAME_LOCK) {
      long at = NativeCall.call(Objects.requireNonNull(PTSNAME), state, descriptor, 0, 0, 0);
      length = at <= 0 ? (int) at : copy(at, path);
    }
    state.exit();
    return length == 0 ? Result.ENOTTY : length;
  }

  /** Calls one of the functions that lay a path into memory, and return an error's number. */
  private static int name(MethodHandle function, int descriptor, byte[] path) {
    CallState state = CallState.enter();
    long at = state.scratch().address();
    int result = NativeCall.callInt(function, state, descriptor, at, PATH_BYTES);
    int length = result == 0 ? copy(at, path) : 0;
    state.exit();
    return result > 0 ? -PROFILE.canonicalErrno(result) : result < 0 ? result : length;
  }

  private static int copy(long address, byte[] path) {
    byte[] text = NativeMemory.readBytes(address, Math.min(path.length, PATH_BYTES));
    System.arraycopy(text, 0, path, 0, text.length);
    return text.length;
  }

  @Override
  public int attributes(int descriptor, byte[] attributes) {
    CallState state = CallState.enter();
    MemorySegment memory = state.scratch();
    int result = NativeCall.callInt(TCGETATTR, state, descriptor, memory.address(), 0);
    if (result >= 0) {
      MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, 0, attributes, 0, BYTES);
    }
    state.exit();
    return result < 0 ? result : BYTES;
  }

  @Override
  public int setAttributes(int descriptor, byte[] attributes) {
    CallState state = CallState.enter();
    MemorySegment memory = state.scratch();
    MemorySegment.copy(attributes, 0, memory, ValueLayout.JAVA_BYTE, 0, BYTES);
    int result = NativeCall.callInt(TCSETATTR, state, descriptor, TCSANOW, memory.address());
    state.exit();
    return result;
  }

  @Override
  public int setRaw(int descriptor, byte[] attributes, boolean keepSignals, boolean keepOutput) {
    CallState state = CallState.enter();
    MemorySegment memory = state.scratch();
    MemorySegment.copy(attributes, 0, memory, ValueLayout.JAVA_BYTE, 0, BYTES);
    int output = memory.get(ValueLayout.JAVA_INT_UNALIGNED, OUTPUT);
    int local = memory.get(ValueLayout.JAVA_INT_UNALIGNED, LOCAL);
    NativeCall.callInt(CFMAKERAW, state, memory.address(), 0, 0); // which returns nothing
    if (keepOutput) {
      add(memory, OUTPUT, output & PROFILE.constant("OPOST"));
    }
    if (keepSignals) {
      add(memory, LOCAL, local & PROFILE.constant("ISIG"));
    }
    int result = NativeCall.callInt(TCSETATTR, state, descriptor, TCSANOW, memory.address());
    state.exit();
    return result;
  }

  private static void add(MemorySegment memory, int at, int flags) {
    int before = memory.get(ValueLayout.JAVA_INT_UNALIGNED, at);
    memory.set(ValueLayout.JAVA_INT_UNALIGNED, at, before | flags);
  }

  @Override
  public long windowSize(int descriptor) {
    CallState state = CallState.enter();
    MemorySegment memory = state.scratch();
    long request = PROFILE.unsignedConstant("TIOCGWINSZ");
    int result = NativeCall.callVariadic(IOCTL, state, descriptor, request, memory.address());
    long rows = Short.toUnsignedLong(memory.get(ValueLayout.JAVA_SHORT, ROWS));
    long columns = Short.toUnsignedLong(memory.get(ValueLayout.JAVA_SHORT, COLUMNS));
    state.exit();
    return result < 0 ? result : (rows << Short.SIZE) + columns;
  }

  @Override
  public int setWindowSize(int descriptor, int rows, int columns) {
    CallState state = CallState.enter();
    MemorySegment memory = state.scratch();
    memory.asSlice(0, PROFILE.size("winsize")).fill((byte) 0);
    memory.set(ValueLayout.JAVA_SHORT, ROWS, (short) rows);
    memory.set(ValueLayout.JAVA_SHORT, COLUMNS, (short) columns);
    long request = PROFILE.unsignedConstant("TIOCSWINSZ");
    int result = NativeCall.callVariadic(IOCTL, state, descriptor, request, memory.address());
    state.exit();
    return result;
  }

  private static int call(MethodHandle function, long argument) {
    CallState state = CallState.enter();
    int result = NativeCall.callInt(function, state, argument, 0, 0);
    state.exit();
    return result;
  }
}
