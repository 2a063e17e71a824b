package dev.selkie.kernel;

/** A kernel's time. */
public interface Clock {
  /** Nanoseconds since an arbitrary origin, never set back, CLOCK_MONOTONIC. */
  default long nanoTime() {
    return Result.ENOSYS;
  }

  /** Milliseconds since 1970-01-01T00:00Z, CLOCK_REALTIME. */
  default long currentTimeMillis() {
    return Result.ENOSYS;
  }

  /** Blocks the calling thread; {@link Result#EINTR} when it was interrupted. */
  default int sleep(long nanos) {
    return Result.ENOSYS;
  }
}
