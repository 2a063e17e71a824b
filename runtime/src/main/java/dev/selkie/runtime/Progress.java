package dev.selkie.runtime;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * How far a loop has come, for the {@link Watchdog} to see: its thread writes, without a fence, and
 * others read what they see some time later.
 */
final class Progress {
  private static final VarHandle STEPS;
  private static final VarHandle MOUNTED;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      STEPS = lookup.findVarHandle(Progress.class, "steps", long.class);
      MOUNTED = lookup.findVarHandle(Progress.class, "mounted", Thread.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private long steps;

  @SuppressWarnings("unused") // by MOUNTED
  private @Nullable Thread mounted;

  /** The loop goes on to the next that it does; the owner. */
  void step() {
    STEPS.setOpaque(this, steps + 1);
  }

  /**
   * A virtual thread is about to be mounted, or null: none is any more; the owner. Who sees it also
   * sees what the owner did before.
   */
  void mount(@Nullable Thread thread) {
    MOUNTED.setRelease(this, thread);
  }

  long steps() {
    return (long) STEPS.getOpaque(this);
  }

  @Nullable Thread mounted() {
    return (Thread) MOUNTED.getAcquire(this);
  }
}
