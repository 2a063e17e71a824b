package dev.selkie.kernel.ffm;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.ref.Reference;
import org.jspecify.annotations.Nullable;

/** kqueue(2) and kevent(2) by the library that the profile names for them. */
final class NativeKevent implements KeventFunction {
  /*
   * The counts are int, or size_t on NetBSD: a word of the one shape serves both, as they are never
   * negative.
   */
  private static final String PART = "kqueue";
  private static final Profile PROFILE = Profile.current();
  private static final MethodHandle KQUEUE = Native.function(PART, "kqueue");
  private static final MethodHandle KEVENT = Native.function(PART, "kevent");
  private static final @Nullable MethodHandle KQUEUE1 = Native.optional(PART, "kqueue1");

  @Override
  public int kqueue() {
    CallState state = CallState.enter();
    int result =
        KQUEUE1 == null
            ? NativeFiles.closeOnExec(NativeCall.callInt(KQUEUE, state, 0, 0, 0))
            : NativeCall.callInt(KQUEUE1, state, PROFILE.constant("O_CLOEXEC"), 0, 0);
    state.exit();
    return result;
  }

  @Override
  public int kevent(
      int queue,
      MemorySegment changes,
      int changeCount,
      MemorySegment events,
      int eventCount,
      MemorySegment timeout) {
    CallState state = CallState.enter();
    try {
      return NativeCall.callInt(
          KEVENT,
          state,
          queue,
          changes.address(),
          changeCount,
          events.address(),
          eventCount,
          timeout.address());
    } finally {
      state.exit();
      Reference.reachabilityFence(changes);
      Reference.reachabilityFence(events);
      Reference.reachabilityFence(timeout);
    }
  }
}
