package dev.selkie.runtime;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** A number that one thread writes, without a fence, and others read some time later. */
final class Count {
  private static final VarHandle VALUE;

  static {
    try {
      VALUE = MethodHandles.lookup().findVarHandle(Count.class, "value", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private long value;

  /** Adds to it; the one thread. */
  void add(long n) {
    set(value + n);
  }

  /** Sets it; the one thread. */
  void set(long n) {
    VALUE.setOpaque(this, n);
  }

  /** What it is, without tearing; any thread. */
  long get() {
    return (long) VALUE.getOpaque(this);
  }
}
