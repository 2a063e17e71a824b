package dev.selkie.kernel.ffm;

import dev.selkie.kernel.ChangeBatch;
import dev.selkie.kernel.KeventBatch;
import dev.selkie.kernel.Kqueue;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * {@link Kqueue} by a function that takes {@code struct kevent}s in the layout of a profile: the
 * machine's own, or a simulated kernel's.
 */
public final class ProfileKqueue implements Kqueue {
  private static final long NANOS_PER_SECOND = 1_000_000_000;
  private static final long NANOS_PER_MILLI = 1_000_000;

  /** The canonical filters, and what a profile calls them. */
  private static final int[] FILTERS = {
    EVFILT_READ,
    EVFILT_WRITE,
    EVFILT_VNODE,
    EVFILT_PROC,
    EVFILT_SIGNAL,
    EVFILT_TIMER,
    EVFILT_USER,
    EVFILT_EXCEPT
  };

  private static final String[] FILTER_NAMES = {
    "EVFILT_READ",
    "EVFILT_WRITE",
    "EVFILT_VNODE",
    "EVFILT_PROC",
    "EVFILT_SIGNAL",
    "EVFILT_TIMER",
    "EVFILT_USER",
    "EVFILT_EXCEPT"
  };

  /** Filters of every system are between -{@code BIAS} and {@code BIAS}. */
  private static final int BIAS = 16;

  /** Profiles that were read for {@link #of}: a test may make a simulated kernel a case. */
  private static final Map<String, Profile> PROFILES = new ConcurrentHashMap<>();

  private final Profile profile;
  private final KeventFunction function;
  private final int stride;
  private final int identAt;
  private final int filterAt;
  private final int flagsAt;
  private final int fflagsAt;
  private final int dataAt;
  private final int tokenAt;
  private final boolean wide;
  private final int secondsAt;
  private final int nanosAt;
  private final int urgent;
  private final boolean wakes;
  private final boolean closeWrite;

  /** The flag of timers that count nanoseconds; 0 where only milliseconds are to be relied on. */
  private final int nanoseconds;

  /** The system's filter by {@code BIAS} plus the canonical one, and the other way round. */
  private final int[] systemFilters = new int[2 * BIAS];

  private final int[] canonicalFilters = new int[2 * BIAS];

  private ProfileKqueue(Profile profile, KeventFunction function) {
    this.profile = profile;
    this.function = function;
    this.stride = profile.size("kevent");
    this.identAt = profile.offset("kevent", "ident");
    this.filterAt = profile.offset("kevent", "filter");
    this.flagsAt = profile.offset("kevent", "flags");
    this.fflagsAt = profile.offset("kevent", "fflags");
    this.dataAt = profile.offset("kevent", "data");
    this.tokenAt = profile.offset("kevent", "udata");
    this.wide = profile.width("kevent", "filter") == Integer.BYTES;
    this.secondsAt = profile.offset("timespec", "tv_sec");
    this.nanosAt = profile.offset("timespec", "tv_nsec");
    this.urgent = profile.find("NOTE_OOB").orElse(0);
    this.closeWrite = profile.has("NOTE_CLOSE_WRITE");
    this.wakes = profile.quirk("evfilt_user_waker");
    this.nanoseconds =
        profile.quirk("timer_units_probe") ? 0 : profile.find("NOTE_NSECONDS").orElse(0);
    for (int i = 0; i < FILTERS.length; i++) {
      OptionalInt number = profile.find(FILTER_NAMES[i]);
      if (number.isPresent()) {
        systemFilters[BIAS + FILTERS[i]] = number.getAsInt();
        canonicalFilters[BIAS + number.getAsInt()] = FILTERS[i];
      }
    }
  }

  /**
   * The queue of a system by the profile that is bundled for it.
   *
   * @param bundled the profile's name, such as {@code freebsd-x86_64}
   * @throws IllegalStateException if there is no such profile
   */
  public static Kqueue of(String bundled, KeventFunction function) {
    return of(PROFILES.computeIfAbsent(bundled, Profile::bundled), function);
  }

  static ProfileKqueue of(Profile profile, KeventFunction function) {
    return new ProfileKqueue(profile, function);
  }

  @Override
  public int create() {
    return function.kqueue();
  }

  @Override
  public boolean has(int filter) {
    for (int i = 0; i < FILTERS.length; i++) {
      if (FILTERS[i] == filter) {
        return profile.has(FILTER_NAMES[i]) && (filter != EVFILT_USER || wakes);
      }
    }
    return false;
  }

  @Override
  public ChangeBatch newChanges(int capacity) {
    return new Changes(capacity);
  }

  @Override
  public KeventBatch newBatch(int capacity) {
    return new Batch(capacity);
  }

  @Override
  public int change(int queue, ChangeBatch changes, int count, KeventBatch receipts) {
    Batch answers = (Batch) receipts;
    return function.kevent(
        queue,
        ((Changes) changes).memory,
        count,
        answers.memory,
        Math.min(count, answers.capacity),
        answers.timespec(0));
  }

  @Override
  public int await(
      int queue, @Nullable ChangeBatch changes, int count, KeventBatch batch, long timeoutNanos) {
    Batch events = (Batch) batch;
    return function.kevent(
        queue,
        changes == null ? MemorySegment.NULL : ((Changes) changes).memory,
        changes == null ? 0 : count,
        events.memory,
        events.capacity,
        timeoutNanos < 0 ? MemorySegment.NULL : events.timespec(timeoutNanos));
  }

  private int canonicalFilter(int number) {
    return number >= -BIAS && number < BIAS ? canonicalFilters[BIAS + number] : 0;
  }

  /**
   * NOTE_OOB, NOTE_NSECONDS and NOTE_CLOSE_WRITE are the filter flags whose numbers differ between
   * systems.
   */
  private int systemNotes(int filter, int notes) {
    return switch (filter) {
      case EVFILT_EXCEPT -> (notes & NOTE_OOB) != 0 ? (notes & ~NOTE_OOB) | urgent : notes;
      case EVFILT_VNODE -> closeWrite ? notes : notes & ~NOTE_CLOSE_WRITE;
      case EVFILT_TIMER -> (notes & NOTE_NSECONDS) != 0 ? nanoseconds : notes;
      default -> notes;
    };
  }

  /** What a timer counts, in the system's unit. */
  private long systemData(int filter, int notes, long data) {
    return filter == EVFILT_TIMER && (notes & NOTE_NSECONDS) != 0 && nanoseconds == 0
        ? Math.ceilDiv(data, NANOS_PER_MILLI)
        : data;
  }

  private int canonicalNotes(int filter, int notes) {
    return filter == EVFILT_EXCEPT && (notes & urgent) != 0 ? (notes & ~urgent) | NOTE_OOB : notes;
  }

  /** An array of structs; the memory goes when it is unreachable. */
  private abstract class Structs {
    final int capacity;
    final Arena arena = Arena.ofAuto();
    final MemorySegment memory;

    Structs(int capacity) {
      this.capacity = capacity;
      this.memory = arena.allocate((long) capacity * stride, Long.BYTES);
    }
  }

  private final class Changes extends Structs implements ChangeBatch {
    Changes(int capacity) {
      super(capacity);
    }

    @Override
    public void set(
        int index, long ident, int filter, int flags, int fflags, long data, long token) {
      long at = (long) index * stride;
      int number = systemFilters[BIAS + filter];
      memory.set(ValueLayout.JAVA_LONG, at + identAt, ident);
      if (wide) {
        memory.set(ValueLayout.JAVA_INT, at + filterAt, number);
        memory.set(ValueLayout.JAVA_INT, at + flagsAt, flags);
      } else {
        memory.set(ValueLayout.JAVA_SHORT, at + filterAt, (short) number);
        memory.set(ValueLayout.JAVA_SHORT, at + flagsAt, (short) flags);
      }
      memory.set(ValueLayout.JAVA_INT, at + fflagsAt, systemNotes(filter, fflags));
      memory.set(ValueLayout.JAVA_LONG, at + dataAt, systemData(filter, fflags, data));
      memory.set(ValueLayout.JAVA_LONG, at + tokenAt, token);
    }

    @Override
    public int capacity() {
      return capacity;
    }

    @Override
    public void close() {
      // The collector frees the memory: closing a shared arena stops every thread for a moment.
    }
  }

  private final class Batch extends Structs implements KeventBatch {
    private final MemorySegment timespec;

    Batch(int capacity) {
      super(capacity);
      this.timespec = arena.allocate(profile.size("timespec"), Long.BYTES);
    }

    MemorySegment timespec(long nanos) {
      timespec.set(ValueLayout.JAVA_LONG, secondsAt, nanos / NANOS_PER_SECOND);
      timespec.set(ValueLayout.JAVA_LONG, nanosAt, nanos % NANOS_PER_SECOND);
      return timespec;
    }

    @Override
    public long ident(int index) {
      return memory.get(ValueLayout.JAVA_LONG, (long) index * stride + identAt);
    }

    @Override
    public int filter(int index) {
      long at = (long) index * stride + filterAt;
      return canonicalFilter(
          wide ? memory.get(ValueLayout.JAVA_INT, at) : memory.get(ValueLayout.JAVA_SHORT, at));
    }

    @Override
    public int flags(int index) {
      long at = (long) index * stride + flagsAt;
      return wide
          ? memory.get(ValueLayout.JAVA_INT, at)
          : Short.toUnsignedInt(memory.get(ValueLayout.JAVA_SHORT, at));
    }

    @Override
    public int fflags(int index) {
      return canonicalNotes(filter(index), systemFflags(index));
    }

    private int systemFflags(int index) {
      return memory.get(ValueLayout.JAVA_INT, (long) index * stride + fflagsAt);
    }

    @Override
    public long data(int index) {
      return memory.get(ValueLayout.JAVA_LONG, (long) index * stride + dataAt);
    }

    @Override
    public int error(int index) {
      int flags = flags(index);
      int number = 0;
      if ((flags & EV_ERROR) != 0) {
        number = (int) data(index);
      } else if ((flags & EV_EOF) != 0) {
        int filter = filter(index);
        number = filter == EVFILT_READ || filter == EVFILT_WRITE ? systemFflags(index) : 0;
      }
      return number == 0 ? 0 : profile.canonicalErrno(number);
    }

    @Override
    public long token(int index) {
      return memory.get(ValueLayout.JAVA_LONG, (long) index * stride + tokenAt);
    }

    @Override
    public int capacity() {
      return capacity;
    }

    @Override
    public void close() {
      // The collector frees the memory: closing a shared arena stops every thread for a moment.
    }
  }
}
