package dev.selkie.runtime;

import java.io.InterruptedIOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.SocketTimeoutException;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** One direction of a source: who operates in it, and who waits for it. */
final class Direction implements Waker {
  private static final VarHandle BUSY;
  private static final VarHandle WAITER;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      BUSY = lookup.findVarHandle(Direction.class, "busy", boolean.class);
      WAITER = lookup.findVarHandle(Direction.class, "waiter", Waker.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  final ReadinessWord cell;

  /** The conditions for which it is worth an attempt. */
  final int conditions;

  @SuppressWarnings("unused") // by BUSY
  private volatile boolean busy;

  private volatile @Nullable Waker waiter;

  /** The thread that waits, if it does so by parking: this object is its waker then. */
  private volatile @Nullable Thread parked;

  Direction(ReadinessWord cell, int conditions) {
    this.cell = cell;
    this.conditions = conditions;
  }

  /** Begins an operation, unless one is under way. */
  boolean begin() {
    return BUSY.compareAndSet(this, false, true);
  }

  void end() {
    BUSY.setRelease(this, false);
  }

  boolean isReady() {
    return cell.has(conditions);
  }

  /**
   * Has a waker called at the next event, once.
   *
   * @return false if it is ready already: the waker is not called then, or was called for it
   */
  boolean await(Waker waker) {
    waiter = waker;
    return !isReady() || !WAITER.compareAndSet(this, waker, null);
  }

  /** Takes back what {@link #await} was given. */
  void forget(Waker waker) {
    WAITER.compareAndSet(this, waker, null);
  }

  void wakeWaiter() {
    if (waiter != null) {
      Waker waker = (Waker) WAITER.getAndSet(this, null);
      if (waker != null) {
        waker.wake();
      }
    }
  }

  /**
   * Parks the calling thread until it is worth an attempt.
   *
   * @param most nanoseconds, 0 without a limit: no longer either than the scopes allow that the
   *     thread owns
   * @throws IllegalStateException on the loop's own thread outside a fiber
   */
  void park(long most, String instead)
      throws InterruptedIOException, SocketTimeoutException, ClosedChannelException {
    cell.loop.refuseToBlock(instead);
    long nanos = Children.limit(most);
    Alarm alarm = nanos == 0 ? null : cell.loop.engine().alarm(this, nanos);
    try {
      park(alarm, nanos);
    } finally {
      if (alarm != null) {
        alarm.cancel();
      }
    }
    cell.checkNotEnded(true);
  }

  /** Parks until it is worth an attempt, or an alarm that was set for some time is over. */
  void park(@Nullable Alarm alarm, long nanos)
      throws InterruptedIOException, SocketTimeoutException {
    parked = Thread.currentThread();
    try {
      while (await(this)) {
        if (alarm != null && alarm.isOver()) {
          throw new SocketTimeoutException(cell + ": nothing came for " + nanos + " ns");
        }
        if (Thread.interrupted()) {
          throw new InterruptedIOException(cell + ": interrupted; it stays usable");
        }
        LockSupport.park(cell);
      }
    } finally {
      forget(this);
      parked = null;
    }
  }

  /** Names who waits. */
  void tell(String what, Consumer<? super Wait> waits) {
    Waker waker = waiter;
    if (waker != null) {
      Thread thread = waker == this ? parked : null;
      String style =
          waker == this ? "" : waker instanceof AsyncOperation ? "a future, " : "a waker, ";
      waits.accept(new Wait(thread, style + "for " + what + cell));
    }
  }

  @Override
  public void wake() {
    Thread thread = parked;
    if (thread != null) {
      LockSupport.unpark(thread);
    }
  }
}
