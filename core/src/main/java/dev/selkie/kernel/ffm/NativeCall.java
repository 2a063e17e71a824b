package dev.selkie.kernel.ffm;

import java.lang.invoke.MethodHandle;

/** Calls of a handle that {@link Native} made, with the words that the function takes. */
final class NativeCall {
  private NativeCall() {}

  /** Calls a function that returns a long: the result, or the negative canonical error. */
  static long call(MethodHandle function, CallState state, long a, long b, long c, long d) {
    long result;
    try {
      result = (long) function.invokeExact(state.capture, a, b, c, d, 0L, 0L);
    } catch (Throwable e) {
      throw impossible(e);
    }
    return result < 0 ? state.error() : result;
  }

  /** Calls a function of six words that returns a long. */
  static long call(
      MethodHandle function, CallState state, long a, long b, long c, long d, long e, long f) {
    long result;
    try {
      result = (long) function.invokeExact(state.capture, a, b, c, d, e, f);
    } catch (Throwable t) {
      throw impossible(t);
    }
    return result < 0 ? state.error() : result;
  }

  /** Calls a function that returns an int: the result, or the negative canonical error. */
  static int callInt(
      MethodHandle function, CallState state, long a, long b, long c, long d, long e, long f) {
    int result;
    try {
      result = (int) (long) function.invokeExact(state.capture, a, b, c, d, e, f);
    } catch (Throwable t) {
      throw impossible(t);
    }
    return result < 0 ? state.error() : result;
  }

  static int callInt(
      MethodHandle function, CallState state, long a, long b, long c, long d, long e) {
    // Not by way of the next: a frame more on the way down can be one too many to be inlined.
    int result;
    try {
      result = (int) (long) function.invokeExact(state.capture, a, b, c, d, e, 0L);
    } catch (Throwable t) {
      throw impossible(t);
    }
    return result < 0 ? state.error() : result;
  }

  static int callInt(MethodHandle function, CallState state, long a, long b, long c) {
    return callInt(function, state, a, b, c, 0, 0);
  }

  /** Calls a variadic function that returns an int. */
  static int callVariadic(MethodHandle function, CallState state, long a, long b, long c) {
    int result;
    try {
      result = (int) (long) function.invokeExact(state.capture, a, b, c);
    } catch (Throwable t) {
      throw impossible(t);
    }
    return result < 0 ? state.error() : result;
  }

  /** A downcall throws nothing of its own. */
  private static Error impossible(Throwable t) {
    return t instanceof Error error ? error : new AssertionError(t);
  }
}
