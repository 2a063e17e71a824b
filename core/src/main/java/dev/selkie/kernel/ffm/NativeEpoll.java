package dev.selkie.kernel.ffm;

import dev.selkie.kernel.Epoll;
import dev.selkie.kernel.EventBatch;
import dev.selkie.kernel.Result;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.ref.Reference;
import org.jspecify.annotations.Nullable;

/** {@link Epoll} by the C library. */
final class NativeEpoll implements Epoll {
  private static final String PART = "epoll";
  private static final Profile PROFILE = Profile.current();
  private static final MethodHandle CREATE = Native.function(PART, "epoll_create1");
  private static final MethodHandle CTL = Native.function(PART, "epoll_ctl");
  private static final MethodHandle WAIT = Native.function(PART, "epoll_wait");
  private static final @Nullable MethodHandle PWAIT2 = Native.optional(PART, "epoll_pwait2");
  private static final int CTL_ADD = PROFILE.constant("EPOLL_CTL_ADD");
  private static final int CTL_MOD = PROFILE.constant("EPOLL_CTL_MOD");
  private static final int CTL_DEL = PROFILE.constant("EPOLL_CTL_DEL");
  private static final int STRIDE = PROFILE.size("epoll_event");
  private static final int EVENTS = PROFILE.offset("epoll_event", "events");
  private static final int DATA = PROFILE.offset("epoll_event", "data");

  /** Whether epoll_pwait2 is there: the symbol, and not refused by the kernel or a filter. */
  private static volatile boolean nanosecondWaits = PWAIT2 != null;

  @Override
  public int create() {
    CallState state = CallState.enter();
    int result = NativeCall.callInt(CREATE, state, PROFILE.constant("EPOLL_CLOEXEC"), 0, 0);
    state.exit();
    return result;
  }

  @Override
  public int add(int queue, int descriptor, int events, long token) {
    return control(CTL_ADD, queue, descriptor, events, token);
  }

  @Override
  public int modify(int queue, int descriptor, int events, long token) {
    return control(CTL_MOD, queue, descriptor, events, token);
  }

  @Override
  public int delete(int queue, int descriptor) {
    return control(CTL_DEL, queue, descriptor, 0, 0);
  }

  private static int control(int operation, int queue, int descriptor, int events, long token) {
    CallState state = CallState.enter();
    MemorySegment event = state.scratch();
    event.set(ValueLayout.JAVA_INT_UNALIGNED, EVENTS, events);
    event.set(ValueLayout.JAVA_LONG_UNALIGNED, DATA, token);
    int result = NativeCall.callInt(CTL, state, queue, operation, descriptor, event.address(), 0);
    state.exit();
    return result;
  }

  @Override
  public EventBatch newBatch(int capacity) {
    return new Batch(capacity);
  }

  @Override
  public int await(int queue, EventBatch batch, long timeoutNanos) {
    Batch events = (Batch) batch;
    CallState state = CallState.enter();
    try {
      MethodHandle precise = PWAIT2;
      if (precise != null && nanosecondWaits) {
        long timespec = events.timespec.address(timeoutNanos);
        int result =
            NativeCall.callInt(precise, state, queue, events.address, events.capacity, timespec, 0);
        if (result != Result.ENOSYS && result != Result.EPERM) {
          return result;
        }
        nanosecondWaits = false;
      }
      return NativeCall.callInt(
          WAIT, state, queue, events.address, events.capacity, Timespec.millis(timeoutNanos), 0);
    } finally {
      state.exit();
      Reference.reachabilityFence(events);
    }
  }

  /** Whether the waits of a queue have nanosecond timeouts, found by one that asks. */
  boolean hasNanosecondWaits(int queue) {
    await(queue, new Batch(1), 0);
    return nanosecondWaits;
  }

  /** Events in the system's layout; the memory goes when the batch is unreachable. */
  private static final class Batch implements EventBatch {
    private final int capacity;
    private final MemorySegment events;
    private final long address;
    private final Timespec timespec;

    Batch(int capacity) {
      this.capacity = capacity;
      Arena arena = Arena.ofAuto();
      this.events = arena.allocate((long) capacity * STRIDE, Long.BYTES);
      this.address = events.address();
      this.timespec = new Timespec(arena);
    }

    @Override
    public int capacity() {
      return capacity;
    }

    @Override
    public long token(int index) {
      return events.get(ValueLayout.JAVA_LONG_UNALIGNED, (long) index * STRIDE + DATA);
    }

    @Override
    public int events(int index) {
      return events.get(ValueLayout.JAVA_INT_UNALIGNED, (long) index * STRIDE + EVENTS);
    }

    @Override
    public void close() {
      // The collector frees the memory: closing a shared arena stops every thread for a moment.
    }
  }
}
