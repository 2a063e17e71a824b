package dev.selkie.simulation;

import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Result;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * How each BSD lays out {@code struct kevent}, numbers filters and errors, and what is peculiar to
 * its kevent(2).
 *
 * <p>Written down here from the systems' headers and not taken from the profiles, so that a slip in
 * a profile, or in who reads it, is seen by whoever runs on the simulation.
 */
enum KeventAbi {
  /** macOS: the 32-byte form; user events and urgent data. */
  MACOS("macos-aarch64", 32, 2, -10, -15, 2, true),
  /** FreeBSD 12: 64 bytes, of which the last 32 are ext[4]; no filter of urgent data. */
  FREEBSD("freebsd-x86_64", 64, 2, -11, 0, 0, true),
  /** OpenBSD; a version before EVFILT_USER. */
  OPENBSD("openbsd-x86_64", 32, 2, 0, -9, 4, false),
  /** NetBSD 9: 40 bytes, wide fields, filters that count up from 0. */
  NETBSD("netbsd-x86_64", 40, 4, 0, 0, 0, false),
  /** DragonFly. */
  DRAGONFLY("dragonfly-x86_64", 32, 2, -9, -8, 2, false);

  static final int EV_ADD = 0x1;
  static final int EV_DELETE = 0x2;
  static final int EV_ENABLE = 0x4;
  static final int EV_DISABLE = 0x8;
  static final int EV_ONESHOT = 0x10;
  static final int EV_CLEAR = 0x20;
  static final int EV_RECEIPT = 0x40;
  static final int EV_DISPATCH = 0x80;
  static final int EV_ERROR = 0x4000;
  static final int EV_EOF = 0x8000;
  static final int NOTE_LOWAT = 1;
  static final int NOTE_TRIGGER = 0x0100_0000;
  static final int NOTE_EXIT = 0x8000_0000;

  private static final ValueLayout.OfLong WORD = ValueLayout.JAVA_LONG_UNALIGNED;
  private static final ValueLayout.OfInt HALF = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfShort QUARTER = ValueLayout.JAVA_SHORT_UNALIGNED;

  /** Up to this number, ERANGE, all systems agree but for two. */
  private static final int LAST_COMMON = 34;

  private static final long NANOS_PER_SECOND = 1_000_000_000;
  private static final long NANOS_PER_MILLI = 1_000_000;

  /** What a filter stands for, whatever its number. */
  enum Filter {
    READ,
    WRITE,
    EXCEPT,
    VNODE,
    TIMER,
    USER,
    PROCESS;

    /** Whether what it watches is an open file, and not something of the queue's own. */
    boolean watchesFile() {
      return this != TIMER && this != USER && this != PROCESS;
    }
  }

  /** The profile by which a program speaks to the system. */
  final String profile;

  private final int stride;
  private final boolean wide;
  private final int user;
  private final int except;

  /** NOTE_OOB. */
  final int urgent;

  /** Whether the answer to a change bears the change's flags, and not EV_ERROR alone. */
  final boolean echoesFlags;

  KeventAbi(
      String profile,
      int stride,
      int filterWidth,
      int user,
      int except,
      int urgent,
      boolean echoesFlags) {
    this.profile = profile;
    this.stride = stride;
    this.wide = filterWidth == Integer.BYTES;
    this.user = user;
    this.except = except;
    this.urgent = urgent;
    this.echoesFlags = echoesFlags;
  }

  /** NetBSD forgets the answer to a change of what is there. */
  boolean forgetsReceipts() {
    return this == NETBSD;
  }

  /** Adding anew what is there, edge-triggered and ready, is an edge. */
  boolean tellsEdgeAgain() {
    return this == FREEBSD || this == NETBSD;
  }

  /** A pipe's writer without a reader cannot be added. */
  boolean refusesBrokenPipes() {
    return this == FREEBSD || this == OPENBSD || this == DRAGONFLY;
  }

  /** A pipe's writer without a reader is added, and the answer is an error all the same. */
  boolean complainsOfBrokenPipes() {
    return this == MACOS;
  }

  /** Which filter a number is, or null. */
  @Nullable Filter filter(int number) {
    if (number == number(Filter.READ)) {
      return Filter.READ;
    }
    if (number == number(Filter.WRITE)) {
      return Filter.WRITE;
    }
    if (number == number(Filter.VNODE)) {
      return Filter.VNODE;
    }
    if (number == number(Filter.TIMER)) {
      return Filter.TIMER;
    }
    if (number == number(Filter.PROCESS)) {
      return Filter.PROCESS;
    }
    if (user != 0 && number == user) {
      return Filter.USER;
    }
    return except != 0 && number == except ? Filter.EXCEPT : null;
  }

  /** The number of a filter. */
  int number(Filter filter) {
    return switch (filter) {
      case READ -> wide ? 0 : -1;
      case WRITE -> wide ? 1 : -2;
      case EXCEPT -> except;
      case VNODE -> wide ? 3 : -4;
      case TIMER -> wide ? 6 : -7;
      case USER -> user;
      case PROCESS -> wide ? 4 : -5;
    };
  }

  /** The nanoseconds that a timer is set to, by its flags where the system has units; or EINVAL. */
  long timerNanos(int fflags, long data) {
    long unit =
        switch (this) {
          // a version that counts milliseconds, and takes no notice of flags
          case OPENBSD, NETBSD, DRAGONFLY -> NANOS_PER_MILLI;
          case MACOS -> timerUnit(fflags, 0, 1, 2, 4);
          case FREEBSD -> timerUnit(fflags, 2, 1, 4, 8);
        };
    if (unit == 0 || (data < 0 && this == FREEBSD)) {
      return Result.EINVAL;
    }
    return data > Long.MAX_VALUE / unit ? Long.MAX_VALUE : Math.max(data * unit, 1);
  }

  private static long timerUnit(int fflags, int millis, int seconds, int micros, int nanos) {
    if (fflags == 0 || fflags == millis) {
      return NANOS_PER_MILLI;
    }
    if (fflags == seconds) {
      return NANOS_PER_SECOND;
    }
    return fflags == micros ? 1000 : fflags == nanos ? 1 : 0;
  }

  /** A process that has ended and was not reaped can be watched, and is told of at once. */
  boolean watchesZombies() {
    return this == FREEBSD || this == DRAGONFLY;
  }

  /** Adding a timer anew that runs leaves it as it runs. */
  boolean keepsRunningTimers() {
    return this == DRAGONFLY;
  }

  long ident(MemorySegment array, int index) {
    return array.get(WORD, (long) index * stride);
  }

  int filterNumber(MemorySegment array, int index) {
    long at = (long) index * stride + 8;
    return wide ? array.get(HALF, at) : array.get(QUARTER, at);
  }

  int flags(MemorySegment array, int index) {
    long at = (long) index * stride;
    return wide ? array.get(HALF, at + 12) : Short.toUnsignedInt(array.get(QUARTER, at + 10));
  }

  int fflags(MemorySegment array, int index) {
    return array.get(HALF, (long) index * stride + (wide ? 16 : 12));
  }

  long data(MemorySegment array, int index) {
    return array.get(WORD, (long) index * stride + (wide ? 24 : 16));
  }

  long udata(MemorySegment array, int index) {
    return array.get(WORD, (long) index * stride + (wide ? 32 : 24));
  }

  void write(
      MemorySegment array,
      int index,
      long ident,
      int filterNumber,
      int flags,
      int fflags,
      long data,
      long udata) {
    long at = (long) index * stride;
    array.asSlice(at, stride).fill((byte) 0);
    array.set(WORD, at, ident);
    if (wide) {
      array.set(HALF, at + 8, filterNumber);
      array.set(HALF, at + 12, flags);
      array.set(HALF, at + 16, fflags);
      array.set(WORD, at + 24, data);
      array.set(WORD, at + 32, udata);
    } else {
      array.set(QUARTER, at + 8, (short) filterNumber);
      array.set(QUARTER, at + 10, (short) flags);
      array.set(HALF, at + 12, fflags);
      array.set(WORD, at + 16, data);
      array.set(WORD, at + 24, udata);
    }
  }

  /** The nanoseconds in a {@code struct timespec}; -1 for none, which waits without end. */
  static long nanos(MemorySegment timespec) {
    if (timespec.equals(MemorySegment.NULL)) {
      return -1;
    }
    return timespec.get(WORD, 0) * NANOS_PER_SECOND + timespec.get(WORD, 8);
  }

  /** The system's own number of an error, given as a negative canonical code, 0 for none. */
  int number(int code) {
    return code == 0 ? 0 : number(Errno.of(code));
  }

  /** The system's own number of an error; 0 for one that it lacks or the simulation never makes. */
  int number(Errno errno) {
    return switch (errno) {
      case EDEADLK -> 11;
      case EAGAIN -> 35;
      case EINPROGRESS -> 36;
      case EALREADY -> 37;
      case ENOTSOCK -> 38;
      case EDESTADDRREQ -> 39;
      case EMSGSIZE -> 40;
      case EPROTOTYPE -> 41;
      case ENOPROTOOPT -> 42;
      case EPROTONOSUPPORT -> 43;
      case ESOCKTNOSUPPORT -> 44;
      case EOPNOTSUPP -> this == MACOS ? 102 : 45;
      case EPFNOSUPPORT -> 46;
      case EAFNOSUPPORT -> 47;
      case EADDRINUSE -> 48;
      case EADDRNOTAVAIL -> 49;
      case ENETDOWN -> 50;
      case ENETUNREACH -> 51;
      case ENETRESET -> 52;
      case ECONNABORTED -> 53;
      case ECONNRESET -> 54;
      case ENOBUFS -> 55;
      case EISCONN -> 56;
      case ENOTCONN -> 57;
      case ESHUTDOWN -> 58;
      case ETIMEDOUT -> 60;
      case ECONNREFUSED -> 61;
      case ELOOP -> 62;
      case ENAMETOOLONG -> 63;
      case EHOSTDOWN -> 64;
      case EHOSTUNREACH -> 65;
      case ENOTEMPTY -> 66;
      case EDQUOT -> 69;
      case ESTALE -> 70;
      case ENOLCK -> 77;
      case ENOSYS -> 78;
      default -> errno.number() <= LAST_COMMON ? errno.number() : 0;
    };
  }
}
