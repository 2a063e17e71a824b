package dev.selkie.conformance;

import dev.selkie.kernel.Errno;

/** Calls of a kernel that a test makes itself. */
public final class SystemCalls {
  private SystemCalls() {}

  /** The result of a call that must not fail. */
  public static int check(String call, int result) {
    if (result < 0) {
      throw new AssertionError(call + ": " + Errno.of(result));
    }
    return result;
  }
}
