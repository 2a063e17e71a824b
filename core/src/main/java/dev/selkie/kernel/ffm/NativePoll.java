package dev.selkie.kernel.ffm;

import dev.selkie.kernel.Poll;
import dev.selkie.kernel.PollSet;
import dev.selkie.kernel.Result;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.ref.Reference;
import org.jspecify.annotations.Nullable;

/** {@link Poll} by the C library. */
final class NativePoll implements Poll {
  private static final String PART = "poll";
  private static final Profile PROFILE = Profile.current();
  private static final MethodHandle POLL = Native.function(PART, "poll");
  private static final @Nullable MethodHandle PPOLL = Native.optional(PART, "ppoll");
  private static final int STRIDE = PROFILE.size("pollfd");
  private static final int DESCRIPTOR = PROFILE.offset("pollfd", "fd");
  private static final int EVENTS = PROFILE.offset("pollfd", "events");
  private static final int HAPPENED = PROFILE.offset("pollfd", "revents");

  /** POLLRDHUP's number here, 0 where there is none; the other bits are the same everywhere. */
  private static final int NATIVE_RDHUP = PROFILE.find("POLLRDHUP").orElse(0);

  /** The BSDs refuse a longer wait (EINVAL): three years. */
  private static final long LONGEST_NANOS = 99_999_999L * 1_000_000_000L;

  /** Whether ppoll is there: the symbol, and not refused by the kernel or a filter. */
  private static volatile boolean nanosecondWaits = PPOLL != null;

  @Override
  public boolean hasPeerClosed() {
    return NATIVE_RDHUP != 0;
  }

  @Override
  public boolean hasNanoseconds() {
    return nanosecondWaits;
  }

  /** Event bits in the system's numbering. */
  static int encode(int events) {
    int rdhup = (events & RDHUP) == 0 ? 0 : NATIVE_RDHUP;
    return (events & ~RDHUP) | rdhup;
  }

  /** Event bits in the canonical numbering. */
  static int decode(int events) {
    int rdhup = (events & NATIVE_RDHUP) == 0 ? 0 : RDHUP;
    return (events & ~NATIVE_RDHUP) | rdhup;
  }

  @Override
  public PollSet newSet(int capacity) {
    return new Set(capacity);
  }

  @Override
  public int await(PollSet set, int count, long timeoutNanos) {
    Set places = (Set) set;
    CallState state = CallState.enter();
    try {
      if (nanosecondWaits) {
        int result = awaitNanos(state, places, count, timeoutNanos);
        if (result != Result.ENOSYS && result != Result.EPERM) {
          return result;
        }
        nanosecondWaits = false;
      }
      return NativeCall.callInt(POLL, state, places.address, count, Timespec.millis(timeoutNanos));
    } finally {
      state.exit();
      Reference.reachabilityFence(places);
    }
  }

  private static int awaitNanos(CallState state, Set set, int count, long timeoutNanos) {
    MethodHandle ppoll = PPOLL;
    if (ppoll == null) {
      return Result.ENOSYS;
    }
    long timeout = set.timespec.address(Math.min(timeoutNanos, LONGEST_NANOS));
    return NativeCall.callInt(ppoll, state, set.address, count, timeout);
  }

  /** Places in the system's layout; the memory goes when the set is unreachable. */
  private static final class Set implements PollSet {
    private final Timespec timespec = new Timespec(Arena.ofAuto());
    private MemorySegment places;
    private long address;
    private int capacity;

    Set(int capacity) {
      this.places = allocate(capacity);
      this.address = places.address();
      this.capacity = capacity;
    }

    private static MemorySegment allocate(int capacity) {
      return Arena.ofAuto().allocate((long) capacity * STRIDE, Long.BYTES);
    }

    @Override
    public int capacity() {
      return capacity;
    }

    @Override
    public void grow(int wanted) {
      MemorySegment larger = allocate(wanted);
      larger.copyFrom(places);
      places = larger;
      address = larger.address();
      capacity = wanted;
    }

    @Override
    public void set(int place, int descriptor, int events) {
      long at = (long) place * STRIDE;
      places.set(ValueLayout.JAVA_INT, at + DESCRIPTOR, descriptor);
      places.set(ValueLayout.JAVA_SHORT, at + EVENTS, (short) encode(events));
      places.set(ValueLayout.JAVA_SHORT, at + HAPPENED, (short) 0);
    }

    @Override
    public int happened(int place) {
      int bits = places.get(ValueLayout.JAVA_SHORT, (long) place * STRIDE + HAPPENED);
      return bits == 0 ? 0 : decode(Short.toUnsignedInt((short) bits));
    }

    @Override
    public void close() {
      // The collector frees the memory: closing a shared arena stops every thread for a moment.
    }
  }
}
