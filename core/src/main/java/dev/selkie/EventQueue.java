package dev.selkie;

import dev.selkie.backend.Backend;
import dev.selkie.backend.Readiness;
import dev.selkie.descriptor.DescriptorLifetime;
import dev.selkie.kernel.Clock;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SystemCallException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The operating system's readiness queue: register interest in sources, wait, act on what is ready.
 *
 * {@snippet class="dev.selkie.Samples" region="connect"}
 *
 * <h2>Waiting</h2>
 *
 * A wait asks the system once, returns the queue's own {@link Events} batch, filled anew, and makes
 * no garbage. It ends when something registered is ready, at its timeout (never before), by {@link
 * #wake}, by {@link Thread#interrupt} (whose status stays set), by {@link #close}, or for no reason
 * that can be named; {@link Events#cause} says which. A wait with zero timeout asks the system
 * whatever the thread's interrupt status, and does not tell of it. More sources ready than the
 * batch holds come with the next waits, none of them starved. Signals neither shorten nor lengthen
 * a wait.
 *
 * <h2>Spurious events</h2>
 *
 * An event is a hint. A source may turn out not to be ready, and a wait may return empty; what is
 * ready is never left out.
 *
 * <h2>Draining readiness</h2>
 *
 * A level-triggered source is reported as long as it is ready. An edge-triggered one is reported
 * once an arrival: read or write it until it answers {@link Io#NOT_READY}. A count that falls short
 * of what was asked is no sign of that.
 *
 * <h2>Concurrency</h2>
 *
 * One thread at a time waits, and reads the batch; a second waiter is refused with {@link
 * IllegalStateException}, the first undisturbed. On a virtual thread only a wait with zero timeout
 * is allowed, since a blocked system call would hold its carrier. Everything else may be called
 * from any thread, also while the queue waits, and takes effect in that wait.
 *
 * <h2>Memory consistency</h2>
 *
 * What a thread does before it registers, modifies or wakes happens-before the return of the wait
 * that shows it.
 *
 * <h2>Closing</h2>
 *
 * {@link #close} ends a wait in progress and returns when the waiting thread has freed the
 * descriptors; called from within the wait, such as by what a simulated kernel steps meanwhile, it
 * returns at once. Registrations end; the sources stay open. Sources may be closed before or after
 * the queue. An operation on a closed queue throws {@link ClosedQueueException}, except {@link
 * #wake} and {@link #close}, which do nothing.
 *
 * <h2>A queue as a source</h2>
 *
 * A queue can be registered in another queue, readable when a wait on it would not block, and its
 * {@link #descriptor} can be handed to a foreign loop. A wake is then written through even if
 * nobody waits inside. Take what a nested queue has by {@link #poll}.
 *
 * <h2>Implementation notes</h2>
 *
 * On Linux the queue is epoll(7), with nanosecond timeouts by epoll_pwait2(2) where the system has
 * it and milliseconds, rounded up, otherwise. Sources that epoll refuses because they are always
 * ready (regular files, some devices) are reported by the queue itself. If the registration of a
 * descriptor that was closed while a duplicate lives on keeps reporting, the queue replaces its
 * epoll instance by a fresh one with the live registrations, which may report one-shot and
 * edge-triggered sources once more.
 *
 * @param <A> the type of the attachment that each registration carries and its events give back
 */
public final class EventQueue<A> implements Source {
  /** Waits in a row that show the same event of nobody before the system's queue is replaced. */
  private static final int STALE_LIMIT = 16;

  private static final long NO_END = -1;

  private final Kernel kernel;
  private final Clock clock;
  private final Backend backend;
  private final @Nullable Descriptor descriptor;
  private final WakeState state = new WakeState();
  private final InterruptHook interruptHook = new InterruptHook(this::onInterrupt);
  private final CountDownLatch freed = new CountDownLatch(1);
  private final Registry<A> registry;
  private final AlwaysReady<A> alwaysReady;
  private final int batch;

  // used by the waiting thread alone
  private final Events<A> events = new Events<>();
  private long staleToken;
  private boolean staleSeen;
  private int staleWaits;
  private volatile int rebuilds;

  /**
   * The thread inside a wait. Racy, and right all the same: it is compared with the reading thread
   * alone, which has seen what itself wrote last.
   */
  private @Nullable Thread waiter;

  EventQueue(
      Kernel kernel, Backend backend, int batch, Consumer<? super Registration<A>> sourceClosed) {
    this.kernel = kernel;
    this.clock = kernel.clock();
    this.backend = backend;
    DescriptorLifetime lifetime = backend.descriptor();
    this.descriptor = lifetime == null ? null : Descriptor.of(lifetime);
    this.registry = new Registry<>(kernel, backend, state, sourceClosed);
    this.alwaysReady = registry.alwaysReady();
    this.batch = batch;
  }

  /**
   * Opens a queue on the {@linkplain Kernel#current() current} kernel.
   *
   * @throws SystemCallException if the system refuses, such as EMFILE
   */
  public static <A> EventQueue<A> open() throws IOException {
    return EventQueue.<A>builder().open();
  }

  /** Opens a queue on a kernel. */
  public static <A> EventQueue<A> open(Kernel kernel) throws IOException {
    return EventQueue.<A>builder().kernel(kernel).open();
  }

  /** A queue with settings of its own. */
  public static <A> EventQueueBuilder<A> builder() {
    return new EventQueueBuilder<>();
  }

  /**
   * Registers a source.
   *
   * <p>If the source is ready already, the next wait says so, in every mode.
   *
   * @param attachment comes back with each event of the source; not null
   * @return the registration, by which it is modified and cancelled
   * @throws IllegalStateException if the source, or another one with the same descriptor number, is
   *     registered in this queue
   * @throws IllegalArgumentException if the source belongs to another kernel, or is this queue
   * @throws UnsupportedOperationException if the system does not have such interest in such a
   *     source; see {@link #supports}
   * @throws ClosedChannelException if the source is closed
   * @throws SystemCallException if the system refuses; nothing is left behind then
   * @throws ClosedQueueException if the queue is closed
   */
  public Registration<A> register(Source source, Interest interest, A attachment)
      throws IOException {
    return registry.register(
        Objects.requireNonNull(source, "source"),
        Objects.requireNonNull(interest, "interest"),
        Objects.requireNonNull(attachment, "attachment"));
  }

  /** Waits without end; otherwise like {@link #await(Duration)}. */
  public Events<A> await() {
    return awaitEvents(NO_END);
  }

  /**
   * Waits for at most a duration.
   *
   * @param timeout zero or negative: asks and returns, like {@link #poll}
   * @return the batch, empty when the wait ended without an event
   * @throws IllegalStateException if another thread waits on this queue, or on a virtual thread
   * @throws ClosedQueueException if the queue is closed, before the call or during it
   * @throws UncheckedIOException if the system refuses to wait
   */
  public Events<A> await(Duration timeout) {
    return awaitNanos(nanos(timeout));
  }

  /** Waits for at most a number of nanoseconds; see {@link #await(Duration)}. */
  public Events<A> awaitNanos(long timeout) {
    return awaitEvents(Math.max(timeout, 0));
  }

  /**
   * Asks the system and returns what is ready now; allowed on virtual threads too. Otherwise like
   * {@link #await(Duration)}.
   */
  public Events<A> poll() {
    return awaitEvents(0);
  }

  /**
   * Ends the wait in progress, or makes the next one return at once, with {@link
   * Events.Cause#WAKE}.
   *
   * <p>Wakes before a wait has returned are one. Unless a thread is blocked in a wait, or the queue
   * is nested or exported, a wake makes no system call.
   */
  public void wake() {
    if (state.wake()) {
      backend.wake();
    }
  }

  /** The backend's name: {@code epoll}, {@code kqueue} or {@code poll}. */
  public String backend() {
    return backend.name();
  }

  /**
   * Whether this backend takes such interest in an ordinary source: a {@link #register} or {@link
   * Registration#modify} with it is not refused with {@link UnsupportedOperationException} then,
   * except that no queue takes exclusive interest in another queue, nor a modify to or from it. It
   * makes no system call, and answers after close too.
   */
  public boolean supports(Interest interest) {
    return backend.refusal(Objects.requireNonNull(interest, "interest").bits(), false) == null;
  }

  /** How many registrations live. */
  public int size() {
    return registry.size();
  }

  /** The registrations that live, as they are at this moment, in no particular order. */
  public List<Registration<A>> registrations() {
    return registry.snapshot();
  }

  /** The kernel that the queue belongs to, and whose sources it takes. */
  public Kernel kernel() {
    return kernel;
  }

  /**
   * The queue's own descriptor, readable when a wait would not block: to nest the queue in another
   * one, or to hand the number to a foreign loop.
   *
   * @throws UnsupportedOperationException if the queue has none: the backend poll
   */
  @Override
  public Descriptor descriptor() {
    if (descriptor == null) {
      throw noDescriptor();
    }
    export();
    return descriptor;
  }

  /** From now on somebody else may wait for the descriptor. */
  void export() {
    if (state.export()) {
      backend.exported();
      if (state.isWoken() || isAnyHeld()) {
        backend.wake(); // the kernel was not told so far
      }
    }
  }

  /** The queue's descriptor. */
  DescriptorLifetime lifetime() {
    DescriptorLifetime own = backend.descriptor();
    if (own == null) {
      throw noDescriptor();
    }
    return own;
  }

  private UnsupportedOperationException noDescriptor() {
    return new UnsupportedOperationException(
        "the backend " + backend.name() + " has no descriptor of the queue to nest or to export");
  }

  @Override
  public boolean isOpen() {
    return !state.isClosed();
  }

  @Override
  public void close() {
    int before = state.close();
    if ((before & WakeState.CLOSED) == 0) {
      if (!WakeState.isInside(before)) {
        free();
        return;
      }
      backend.wake();
    }
    if (waiter != Thread.currentThread()) { // whose wait frees the descriptors when it returns
      awaitFreed();
    }
  }

  @Override
  public String toString() {
    return "EventQueue(%s on %s, %s, %s%s)"
        .formatted(
            backend.name(),
            kernel.name(),
            counted(registry.size(), "registration"),
            counted(rebuilds, "rebuild"),
            isOpen() ? "" : ", closed");
  }

  private static String counted(int count, String noun) {
    return count + " " + noun + (count == 1 ? "" : "s");
  }

  private Events<A> awaitEvents(long timeout) {
    if (timeout != 0 && Thread.currentThread().isVirtual()) {
      throw new IllegalStateException(
          "a wait would hold the carrier of this virtual thread: only poll() is allowed on one;"
              + " wait on a platform thread");
    }
    int before = state.enter(timeout != 0);
    if ((before & WakeState.CLOSED) != 0) {
      events.tellClosed();
      throw new ClosedQueueException();
    }
    waiter = Thread.currentThread();
    int count = 0;
    int notes = 0;
    try {
      boolean woken = (before & WakeState.WOKEN) != 0;
      if (timeout == 0 || woken) {
        count = ask();
      } else if (alwaysReady.anyDue()) {
        noteInterrupt(); // what a wait that may block learns by the hook
        count = ask();
      } else {
        count = block(timeout);
      }
      if (count >= 0) {
        fill(count);
      }
    } finally {
      waiter = null;
      notes = state.leave();
      if ((notes & WakeState.CLOSED) != 0) {
        free();
      }
    }
    return outcome(count, notes | (before & WakeState.WOKEN));
  }

  private int ask() {
    int count;
    do {
      count = backend.await(0);
    } while (count == Result.EINTR);
    return count;
  }

  private int block(long timeout) {
    interruptHook.beginWait();
    try {
      return timeout == NO_END ? awaitWithoutEnd() : awaitDeadline(timeout);
    } finally {
      interruptHook.endWait();
    }
  }

  private int awaitWithoutEnd() {
    int count;
    do {
      count = backend.await(NO_END);
    } while (count == Result.EINTR || count == 0); // the system's longest wait may have an end
    return count;
  }

  private int awaitDeadline(long timeout) {
    long last = clock.nanoTime();
    long left = timeout;
    while (true) {
      int count = backend.await(left);
      if (count != 0 && count != Result.EINTR) {
        return count;
      }
      long now = clock.nanoTime();
      left -= Math.max(now - last, 0); // a clock that was set back costs no more than one wait
      last = now;
      if (left <= 0) {
        return 0;
      }
    }
  }

  private void fill(int count) {
    events.clear();
    staleSeen = false;
    for (int i = 0; i < count; i++) {
      long token = backend.token(i);
      Registration<A> registration = registry.find(token);
      if (registration == null) {
        unknown(token);
        continue;
      }
      // The look at the descriptor also fetches it, for all events side by side, to where the
      // handlers will find it.
      int raw = backend.rawFlags(i);
      int ready = backend.ready(i, registration.lifetime().isSocket());
      if (Readiness.visible(ready, registration.interestBits()) != 0) {
        events.add(registration, ready, raw);
      }
    }
    alwaysReady.report(events);
    countStale(count);
    if (state.isExported() && isAnyHeld()) {
      backend.wake(); // nothing else keeps the exported descriptor ready
    }
  }

  private boolean isAnyHeld() {
    return alwaysReady.anyDue() || backend.holdsEvents();
  }

  /** A token of nobody: the waker's, or one whose registration has ended. */
  private void unknown(long token) {
    if (token == Backend.WAKER) {
      backend.consumeWake();
    } else if (staleWaits == 0) {
      staleToken = token;
      staleSeen = true;
    } else if (token == staleToken) {
      staleSeen = true;
    }
  }

  /**
   * Now and then an event of nobody is normal, when a change crosses a wait. One that comes again
   * and again is of an open file whose descriptor was closed while a duplicate lives on.
   */
  private void countStale(int count) {
    if (staleSeen) {
      if (++staleWaits == STALE_LIMIT) {
        staleWaits = 0;
        rebuild();
      }
    } else if (count < batch) {
      staleWaits = 0;
    }
  }

  @SuppressWarnings("NonAtomicVolatileUpdate") // the waiting thread alone writes it
  private void rebuild() {
    if (registry.rebuild() && rebuilds++ == 0) {
      System.getLogger("dev.selkie")
          .log(
              System.Logger.Level.WARNING,
              "a descriptor was closed while a duplicate of it lives on and keeps the event queue"
                  + " awake; the queue was rebuilt (this is said once a queue)");
    }
  }

  private Events<A> outcome(int count, int notes) {
    if ((notes & WakeState.CLOSED) != 0) {
      events.clear();
      events.seal(Events.Cause.CLOSED);
      throw new ClosedQueueException();
    }
    if (count < 0) {
      if ((notes & WakeState.WOKEN) != 0) {
        state.wake(); // the wait that failed tells nobody of it
      }
      events.clear();
      events.seal(Events.Cause.SPURIOUS);
      throw new UncheckedIOException(
          new SystemCallException(
              backend.name() + " wait",
              Objects.requireNonNullElse(backend.descriptor(), "queue"),
              count,
              kernel));
    }
    events.seal(cause(count, notes));
    return events;
  }

  private Events.Cause cause(int count, int notes) {
    if ((notes & WakeState.WOKEN) != 0) {
      return Events.Cause.WAKE;
    }
    // A hook that ran late may have meant an earlier wait, whose interrupt has been dealt with.
    if ((notes & WakeState.INTERRUPTED) != 0 && Thread.currentThread().isInterrupted()) {
      return Events.Cause.INTERRUPT;
    }
    if (!events.isEmpty()) {
      return Events.Cause.READY;
    }
    return count == 0 ? Events.Cause.TIMEOUT : Events.Cause.SPURIOUS;
  }

  private void noteInterrupt() {
    if (Thread.currentThread().isInterrupted()) {
      state.interrupt();
    }
  }

  private void onInterrupt() {
    if (state.interrupt()) {
      backend.wake();
    }
  }

  private void free() {
    registry.endAll();
    backend.close();
    freed.countDown();
  }

  private void awaitFreed() {
    boolean interrupted = false;
    while (true) {
      try {
        freed.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private static long nanos(Duration timeout) {
    try {
      return Objects.requireNonNull(timeout, "timeout").toNanos();
    } catch (ArithmeticException e) {
      return timeout.isNegative() ? 0 : Long.MAX_VALUE;
    }
  }
}
