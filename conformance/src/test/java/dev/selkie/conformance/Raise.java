package dev.selkie.conformance;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/** Sends this process signals without allocating. */
final class Raise {
  private static final MethodHandle RAISE;
  private static final Object URGENT;

  static {
    try {
      // By reflection: the compiler warns of every mention of this API, and cannot be told not to.
      Class<?> signals = Class.forName("sun.misc.Signal");
      RAISE =
          MethodHandles.publicLookup()
              .findStatic(signals, "raise", MethodType.methodType(void.class, signals))
              .asType(MethodType.methodType(void.class, Object.class));
      URGENT = signals.getConstructor(String.class).newInstance("URG");
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private Raise() {}

  /** Sends SIGURG, which does nothing to a process that does not take it. */
  static void urgent() {
    try {
      RAISE.invokeExact(URGENT);
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
  }
}
