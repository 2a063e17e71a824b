package dev.selkie.kernel.ffm;

import dev.selkie.kernel.Result;
import dev.selkie.kernel.Timers;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** {@link Timers} by timerfd_create(2). */
final class NativeTimers implements Timers {
  /*
   * CLOCK_REALTIME serves both: a relative timer of it goes by the monotonic clock, POSIX
   * clock_settime(3p), so that only the arming says which it is.
   */
  private static final String PART = "files"; // whose descriptors they are
  private static final Profile PROFILE = Profile.current();
  private static final MethodHandle CREATE = Native.function(PART, "timerfd_create");
  private static final MethodHandle SETTIME = Native.function(PART, "timerfd_settime");
  private static final MethodHandle GETTIME = Native.function(PART, "timerfd_gettime");
  private static final MethodHandle READ = Native.function(PART, "read");
  private static final int ABSOLUTE =
      PROFILE.constant("TFD_TIMER_ABSTIME") | PROFILE.constant("TFD_TIMER_CANCEL_ON_SET");
  private static final int INTERVAL = PROFILE.offset("itimerspec", "it_interval");
  private static final int VALUE = PROFILE.offset("itimerspec", "it_value");
  private static final int SECONDS = PROFILE.offset("timespec", "tv_sec");
  private static final int NANOS = PROFILE.offset("timespec", "tv_nsec");
  private static final long NANOS_PER_SECOND = 1_000_000_000;

  @Override
  public int create() {
    CallState state = CallState.enter();
    int flags = PROFILE.constant("TFD_CLOEXEC") | PROFILE.constant("TFD_NONBLOCK");
    int result =
        NativeCall.callInt(CREATE, state, PROFILE.constant("CLOCK_REALTIME"), flags, 0, 0, 0);
    state.exit();
    return result;
  }

  @Override
  public int set(int timer, long first, long interval, boolean absolute) {
    CallState state = CallState.enter();
    MemorySegment memory = state.scratch();
    // Zero would disarm.
    lay(memory, VALUE, first < 0 ? 0 : Math.max(first, 1));
    lay(memory, INTERVAL, interval);
    int flags = absolute && first >= 0 ? ABSOLUTE : 0;
    int result = NativeCall.callInt(SETTIME, state, timer, flags, memory.address(), 0, 0);
    state.exit();
    return result;
  }

  private static void lay(MemorySegment memory, long at, long nanos) {
    memory.set(ValueLayout.JAVA_LONG, at + SECONDS, nanos / NANOS_PER_SECOND);
    memory.set(ValueLayout.JAVA_LONG, at + NANOS, nanos % NANOS_PER_SECOND);
  }

  @Override
  public int isTimer(int descriptor) {
    CallState state = CallState.enter();
    int result = NativeCall.callInt(GETTIME, state, descriptor, state.scratch().address(), 0);
    state.exit();
    return result == Result.EINVAL ? 0 : result < 0 ? result : 1;
  }

  @Override
  public long expirations(int timer) {
    CallState state = CallState.enter();
    MemorySegment memory = state.scratch();
    long result = NativeCall.call(READ, state, timer, memory.address(), Long.BYTES, 0);
    long count = memory.get(ValueLayout.JAVA_LONG, 0);
    state.exit();
    return result < 0 ? result : count;
  }
}
