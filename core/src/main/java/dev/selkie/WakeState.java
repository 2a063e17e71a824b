package dev.selkie;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** The word on which the waiting thread, wakers, interrupters and the closer agree. */
final class WakeState {
  /*
   * The phase says who is inside: nobody (IDLE), a wait that asks only (POLLING), or one that may
   * block (WAITING). WOKEN, INTERRUPTED and CLOSED are notes to whoever is inside, or to the next.
   *
   *   IDLE --enter--> WAITING, or POLLING if it asks only or finds WOKEN, which it consumes
   *   WAITING, POLLING --leave--> IDLE, consuming WOKEN and INTERRUPTED, keeping CLOSED
   *
   * A waker writes to the kernel only if its note was the first and a blocked wait must end, or if
   * a foreign loop may wait on the queue's descriptor. The wait it meant may have ended by itself
   * before the write: then the write ends a later one early, which is a spurious return.
   */
  static final int IDLE = 0;
  static final int POLLING = 1;
  static final int WAITING = 2;
  static final int WOKEN = 4;
  static final int INTERRUPTED = 8;
  static final int CLOSED = 16;

  private static final int PHASE = POLLING | WAITING;
  private static final VarHandle STATE;

  static {
    try {
      STATE = MethodHandles.lookup().findVarHandle(WakeState.class, "state", int.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private volatile int state;
  private volatile boolean exported;

  /**
   * Begins a wait.
   *
   * @return the notes found; with {@link #CLOSED} the wait has not begun
   * @throws IllegalStateException if another thread waits
   */
  int enter(boolean blocking) {
    while (true) {
      int s = state;
      if ((s & CLOSED) != 0) {
        return s;
      }
      if ((s & PHASE) != 0) {
        throw new IllegalStateException(
            "another thread waits on this event queue: one thread at a time may");
      }
      int phase = blocking && (s & WOKEN) == 0 ? WAITING : POLLING;
      if (STATE.compareAndSet(this, s, phase)) {
        return s;
      }
    }
  }

  /** Ends a wait and returns the notes left during it. */
  int leave() {
    return (int) STATE.getAndBitwiseAnd(this, CLOSED);
  }

  /** Leaves the note of a wake; whether the caller must write to the kernel. */
  boolean wake() {
    int before = note(WOKEN, WOKEN | CLOSED);
    return (before & (WOKEN | CLOSED)) == 0 && ((before & WAITING) != 0 || exported);
  }

  /** Leaves the note of an interrupt; whether the caller must write to the kernel. */
  boolean interrupt() {
    int before = note(INTERRUPTED, WOKEN | INTERRUPTED | CLOSED);
    return (before & (WOKEN | INTERRUPTED | CLOSED)) == 0 && (before & WAITING) != 0;
  }

  /** Closes: the word before. */
  int close() {
    return note(CLOSED, CLOSED);
  }

  /** From now on a foreign loop may wait on the queue's descriptor; false if it might before. */
  boolean export() {
    if (exported) {
      return false;
    }
    exported = true;
    return true;
  }

  boolean isWoken() {
    return (state & WOKEN) != 0;
  }

  /** Whether a change that the kernel does not see must be written to it, to be seen at once. */
  boolean needsWrite() {
    return (state & WAITING) != 0 || exported;
  }

  boolean isExported() {
    return exported;
  }

  boolean isClosed() {
    return (state & CLOSED) != 0;
  }

  static boolean isInside(int state) {
    return (state & PHASE) != 0;
  }

  /** Sets a bit unless one of {@code unless} is set, and returns the word before. */
  private int note(int bit, int unless) {
    int s = state;
    while ((s & unless) == 0) {
      int witness = (int) STATE.compareAndExchange(this, s, s | bit);
      if (witness == s) {
        return s;
      }
      s = witness;
    }
    return s;
  }
}
