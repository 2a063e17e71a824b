package dev.selkie.kernel.ffm;

import java.lang.foreign.Arena;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The native memory of one call at a time: where errno is captured, and scratch space.
 *
 * <p>A platform thread has its own. Virtual threads share a pool, since a segment for each of them,
 * or for each call, would cost more than the call.
 */
final class CallState {
  /** Heap data crosses to native memory in pieces of this many bytes. */
  static final int SCRATCH_BYTES = 1 << 16;

  /** The first bytes of the scratch space hold structs, the rest data. */
  static final int STRUCT_BYTES = 2048;

  private static final long NO_THREAD = -1;
  private static final Profile PROFILE = Profile.current();
  private static final StructLayout CAPTURE = Linker.Option.captureStateLayout();
  private static final long ERRNO_OFFSET =
      CAPTURE.byteOffset(MemoryLayout.PathElement.groupElement("errno"));
  private static final ThreadLocal<CallState> OWN =
      ThreadLocal.withInitial(() -> new CallState(Thread.currentThread().threadId()));

  /**
   * The states of some platform threads by number, since a look here is cheaper than at a
   * thread-local. Racy, and right all the same: a thread takes only what bears its own number.
   */
  private static final @Nullable CallState[] RECENT = new CallState[16];

  private static final CallState[] POOL =
      new CallState[4 * Runtime.getRuntime().availableProcessors()];

  static {
    for (int i = 0; i < POOL.length; i++) {
      POOL[i] = new CallState(NO_THREAD);
    }
  }

  private final long thread;
  private final Arena arena = Arena.ofAuto();

  /** Where a call leaves errno. */
  final MemorySegment capture = arena.allocate(CAPTURE);

  private final AtomicInteger taken = new AtomicInteger();
  private boolean pooled;
  private @Nullable MemorySegment scratch;
  private ByteBuffer scratchBuffer = ByteBuffer.allocate(0);
  private @Nullable Vectors vectors;

  private CallState(long thread) {
    this.thread = thread;
  }

  /** The calling thread's state, to be given back by {@link #exit}. */
  static CallState enter() {
    long thread = Thread.currentThread().threadId();
    CallState recent = RECENT[(int) thread & (RECENT.length - 1)];
    return recent != null && recent.thread == thread ? recent : find(thread);
  }

  private static CallState find(long thread) {
    if (Thread.currentThread().isVirtual()) {
      return takePooled();
    }
    CallState own = OWN.get();
    RECENT[(int) thread & (RECENT.length - 1)] = own;
    return own;
  }

  private static CallState takePooled() {
    int start = (int) Thread.currentThread().threadId();
    for (int i = 0; i < POOL.length; i++) {
      CallState state = POOL[Math.floorMod(start + i, POOL.length)];
      if (state.taken.getPlain() == 0 && state.taken.compareAndSet(0, 1)) {
        state.pooled = true;
        return state;
      }
    }
    return new CallState(NO_THREAD);
  }

  /** Ends the call. */
  void exit() {
    if (pooled) {
      taken.setRelease(0);
    }
  }

  /** The error of the call that failed, as a negative canonical code. */
  int error() {
    return -PROFILE.canonicalErrno(capture.get(ValueLayout.JAVA_INT, ERRNO_OFFSET));
  }

  /** Scratch space of {@link #STRUCT_BYTES} for structs, then {@link #SCRATCH_BYTES} for data. */
  MemorySegment scratch() {
    MemorySegment memory = scratch;
    if (memory == null) {
      memory = arena.allocate(STRUCT_BYTES + SCRATCH_BYTES, Long.BYTES);
      scratchBuffer = memory.asSlice(STRUCT_BYTES).asByteBuffer();
      scratch = memory;
    }
    return memory;
  }

  /** The vectors of a vectored call, in the scratch space. */
  Vectors vectors() {
    Vectors made = vectors;
    if (made == null) {
      made = new Vectors(this);
      vectors = made;
    }
    return made;
  }

  /** The data part of the scratch space. */
  ByteBuffer scratchData() {
    scratch();
    return scratchBuffer;
  }
}
