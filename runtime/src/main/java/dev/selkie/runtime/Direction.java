package dev.selkie.runtime;

import dev.selkie.Io;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.Serial;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ReadPendingException;
import java.nio.channels.WritePendingException;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One direction of a source: who operates in it, and who waits for it.
 *
 * <p>An operation is given by what one attempt at it does. To begin, to attempt and to wait is the
 * same for all of them, in each style: {@link #call} parks a thread, {@link #start} makes a future,
 * {@link #poll} leaves the wait to a waker.
 */
final class Direction implements Waker {
  private static final VarHandle BUSY;
  private static final VarHandle WAITER;
  private static final VarHandle MOVED;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      BUSY = lookup.findVarHandle(Direction.class, "busy", boolean.class);
      WAITER = lookup.findVarHandle(Direction.class, "waiter", Waker.class);
      MOVED = lookup.findVarHandle(Direction.class, "moved", long.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  /**
   * What one attempt at an operation does: a call that does not wait.
   *
   * @param <A> the type of what it works on
   */
  @FunctionalInterface
  interface Attempt<A> {
    /**
     * Tries once.
     *
     * @param seen the cell's word before the attempt
     * @return what came of it, or {@link Io#NOT_READY}, which takes the readiness back
     */
    long once(A subject, int seen) throws IOException;

    /** Whether it has a result at once, whatever is ready. */
    default boolean isTrivial(A subject) {
      return false;
    }
  }

  /** A call of the program's own. */
  static final Attempt<SourceCall> CALL = (call, _) -> call.attempt();

  /** An attempt to move bytes: to move none is done at once. */
  @FunctionalInterface
  interface Moving extends Attempt<ByteBuffer> {
    @Override
    default boolean isTrivial(ByteBuffer buffer) {
      return !buffer.hasRemaining();
    }
  }

  /**
   * How the result of a future is made of that of an attempt.
   *
   * @param <A> the type of what the attempt works on
   * @param <R> the type of the result
   */
  @FunctionalInterface
  interface Outcome<A, R extends @Nullable Object> {
    /** The result, on the thread of the last attempt and after it. */
    R of(A subject, long n) throws IOException;
  }

  final ReadinessWord cell;

  /** Operations in a row that may go on at once without a wait, before others have their turn. */
  static final int RESULTS = 64;

  /** Futures in a row that the loop completes after so many that were done at once. */
  private static final int BY_LOOP = 16;

  /** READABLE or WRITABLE. */
  private final int readiness;

  /**
   * The conditions for which it is worth an attempt, and which one that finds nothing takes back;
   * unless a layer {@linkplain ReadinessWord#lacks says otherwise}.
   */
  final int conditions;

  /** Those of the next attempt; of who operates, before it waits. */
  private volatile int awaited;

  @SuppressWarnings("unused") // by BUSY
  private volatile boolean busy;

  private volatile @Nullable Waker waiter;

  /** Operations that have gone on at once since one has had to wait; of who operates. */
  private int results;

  /** Wakes who waits, in the loop's next turn; of who operates, once it was needed. */
  private Engine.@Nullable Request nextTurn;

  /** Bytes, or items, that were moved; of who operates, others see it some time later. */
  @SuppressWarnings("unused") // by MOVED
  private long moved;

  /** The thread that waits, if it does so by parking: this object is its waker then. */
  private volatile @Nullable Thread parked;

  Direction(ReadinessWord cell, int readiness, int conditions) {
    this.cell = cell;
    this.readiness = readiness;
    this.conditions = conditions;
    this.awaited = conditions;
  }

  /** Makes the first attempt, and parks the calling thread before each other one. */
  <A> long call(Attempt<A> attempt, A subject, long most, String instead) throws IOException {
    beginOrThrow();
    try {
      goOn();
      long n = attempt(attempt, subject, false);
      return n == Io.NOT_READY ? parked(attempt, subject, most, instead) : n;
    } finally {
      end();
    }
  }

  /**
   * Makes attempts until one has a result, or has a waker called when the next is worth it: after
   * so many in a row in the loop's next turn, though it is ready.
   */
  <A> long poll(Attempt<A> attempt, A subject, Waker waker) throws IOException {
    Objects.requireNonNull(waker, "waker");
    beginOrThrow();
    try {
      if (results++ >= RESULTS && !attempt.isTrivial(subject)) {
        results = 0;
        awaitTurn(waker);
        return Io.NOT_READY;
      }
      while (true) {
        long n = attempt(attempt, subject, false);
        if (n != Io.NOT_READY) {
          return n;
        }
        if (await(waker)) {
          results = 0;
          return n;
        }
      }
    } finally {
      end();
    }
  }

  /** Makes the first attempt, and the others as the loop is told of readiness. */
  <A, R extends @Nullable Object> CompletableFuture<R> start(
      Attempt<A> attempt, A subject, Outcome<A, R> outcome) {
    beginOrThrow();
    return new AsyncOperation<R>(this) {
      private long n;

      @Override
      boolean attempt(boolean waited) throws IOException {
        n = Direction.this.attempt(attempt, subject, waited);
        return n != Io.NOT_READY;
      }

      @Override
      R result() throws IOException {
        return outcome.of(subject, n);
      }
    }.startedOn(cell.loop.engine());
  }

  /** Makes an attempt, if it is worth one; for who has begun an operation. */
  <A> long attempt(Attempt<A> attempt, A subject, boolean waited) throws IOException {
    int seen = cell.word();
    if (!isReady() && !attempt.isTrivial(subject)) {
      return Io.NOT_READY;
    }
    cell.checkNotEnded(waited);
    long n;
    try {
      n = attempt.once(subject, seen);
    } catch (ClosedChannelException e) {
      cell.checkNotEnded(waited); // says more, if it has been told
      throw e;
    } finally {
      cell.attempted(seen);
    }
    int lacking = n == Io.NOT_READY ? cell.lacks(this) : conditions;
    if (awaited != lacking) {
      awaited = lacking;
    }
    if (n == Io.NOT_READY) {
      cell.clear(lacking, seen);
    } else if (n > 0) {
      move(n);
    }
    return n;
  }

  /** So many bytes were moved, or if that is negative, given back; for who operates. */
  void move(long bytes) {
    MOVED.setOpaque(this, moved + bytes);
  }

  /** How many bytes, or items, were moved so far. */
  long moved() {
    return (long) MOVED.getOpaque(this);
  }

  int awaited() {
    return awaited;
  }

  /**
   * Begins an operation.
   *
   * @throws ReadPendingException if one is under way, or {@link WritePendingException}
   */
  void beginOrThrow() {
    if (!begin()) {
      throw readiness == ReadinessWord.READABLE ? new ReadPending(cell) : new WritePending(cell);
    }
  }

  /** One that says where; {@link ReadPendingException} takes no message. */
  private static final class ReadPending extends ReadPendingException {
    @Serial private static final long serialVersionUID = 1;
    private final String message;

    ReadPending(ReadinessWord cell) {
      message = cell + ": a read is under way; a timeout of a stage behind it does not end it";
    }

    @Override
    public String getMessage() {
      return message;
    }
  }

  private static final class WritePending extends WritePendingException {
    @Serial private static final long serialVersionUID = 1;
    private final String message;

    WritePending(ReadinessWord cell) {
      message = cell + ": a write is under way; a timeout of a stage behind it does not end it";
    }

    @Override
    public String getMessage() {
      return message;
    }
  }

  /** Begins an operation, unless one is under way. */
  boolean begin() {
    if (!BUSY.compareAndSet(this, false, true)) {
      return false;
    }
    if (awaited != conditions) {
      awaited |= conditions; // what another operation has waited for, and was given up
    }
    return true;
  }

  void end() {
    BUSY.setRelease(this, false);
  }

  boolean isReady() {
    return cell.has(awaited);
  }

  /**
   * Has a waker called at the next event, once.
   *
   * @return false if it is ready already: the waker is not called then, or was called for it
   */
  boolean await(Waker waker) {
    enter(waker);
    return !isReady() || !forget(waker);
  }

  private void enter(Waker waker) {
    waits(true);
    if (WAITER.getAndSet(this, waker) != null) {
      waits(false); // one at a time
    }
  }

  /** Has a waker called in the loop's next turn; not from here, where its owner has not waited. */
  private void awaitTurn(Waker waker) {
    enter(waker);
    if (nextTurn == null) {
      nextTurn = new Engine.Request(this::wakeWaiter);
    }
    cell.loop.engine().request(nextTurn);
  }

  /** Takes back what {@link #await} was given, and returns whether it was still there. */
  boolean forget(Waker waker) {
    boolean waited = WAITER.compareAndSet(this, waker, null);
    if (waited) {
      waits(false);
    }
    return waited;
  }

  private void waits(boolean begins) {
    if (readiness == ReadinessWord.WRITABLE) {
      cell.writes(begins);
    }
  }

  void wakeWaiter() {
    if (waiter != null) {
      Waker waker = (Waker) WAITER.getAndSet(this, null);
      if (waker != null) {
        wake(waker, cell.loop);
        waits(false);
      }
    }
  }

  /** Calls a waker that may be the user's: what it throws does not keep others from being woken. */
  static void wake(Waker waker, EventLoop loop) {
    try {
      waker.wake();
    } catch (Throwable e) {
      loop.fault(e);
    }
  }

  /**
   * Parks the calling thread before each attempt.
   *
   * @param most nanoseconds for all of it, 0 without a limit: no longer either than the scopes
   *     allow that the thread owns
   * @throws IllegalStateException on the loop's own thread outside a fiber
   */
  private <A> long parked(Attempt<A> attempt, A subject, long most, String instead)
      throws IOException {
    cell.loop.refuseToBlock(instead);
    long nanos = Children.limit(most);
    Alarm alarm = nanos == 0 ? null : cell.loop.engine().alarm(this, nanos);
    try {
      long n;
      do {
        park(alarm, nanos);
        n = attempt(attempt, subject, true);
      } while (n == Io.NOT_READY);
      return n;
    } finally {
      if (alarm != null) {
        alarm.cancel();
      }
    }
  }

  /**
   * Parks the calling thread until it is worth an attempt, for so many nanoseconds at most.
   *
   * @see #parked
   */
  void park(long most, String instead) throws InterruptedIOException, SocketTimeoutException {
    if (isReady()) {
      goOn();
      return;
    }
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
  }

  /**
   * Goes on without a wait: now and then only after the others of the loop, whom a source that is
   * always ready would keep from going on, and after a look at what else ends a wait.
   */
  private void goOn() throws InterruptedIOException, SocketTimeoutException {
    if (results++ < RESULTS) {
      return;
    }
    results = 0;
    if (Thread.currentThread().isVirtual()) {
      Fiber.yieldNow();
    }
    if (Thread.interrupted()) {
      throw interrupted();
    }
    if (Children.isTimeOver()) {
      throw new SocketTimeoutException(cell + ": the deadline of the scope has passed");
    }
  }

  /**
   * Whether an operation that has begun off the loop may go on at once: not after so many in a row,
   * for a chain of futures, each of which is done at once, would grow the stack without end. Then
   * several go by the loop: it may be done with one before the caller has added a stage, which runs
   * in the caller all the same.
   */
  boolean mayGoOn() {
    if (results++ < RESULTS) {
      return true;
    }
    if (results == RESULTS + BY_LOOP) {
      results = 0;
    }
    return false;
  }

  private InterruptedIOException interrupted() {
    return new InterruptedIOException(cell + ": interrupted; it stays usable");
  }

  /** Parks until it is worth an attempt, or an alarm that was set for some time is over. */
  private void park(@Nullable Alarm alarm, long nanos)
      throws InterruptedIOException, SocketTimeoutException {
    parked = Thread.currentThread();
    results = 0;
    try {
      while (await(this)) {
        if (alarm != null && alarm.isOver()) {
          throw new SocketTimeoutException(
              cell
                  + (Children.isTimeOver()
                      ? ": the deadline of the scope has passed"
                      : ": nothing came for " + Durations.text(nanos)));
        }
        if (Thread.interrupted()) {
          throw interrupted();
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
      waits.accept(new Wait(thread, (waker == this ? "" : nameOf(waker)) + "for " + what + cell));
    }
  }

  private static String nameOf(Waker waker) {
    if (waker instanceof AsyncOperation) {
      return "a future, ";
    }
    return waker.getClass().isHidden() ? "a waker, " : waker + ", "; // hidden: a lambda
  }

  @Override
  public void wake() {
    Thread thread = parked;
    if (thread != null) {
      LockSupport.unpark(thread);
    }
  }
}
