package dev.selkie.runtime;

import dev.selkie.kernel.Kernel;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** A producer's thread, and the one who asks it for items. */
final class Production<T> implements Generator.Yielder<T>, Executor {
  /*
   * One of the two has the turn. Who asks gives it to the producer, and has it back with an item or
   * the end. The producer's thread has this as its scheduler: its continuation, when it can go on,
   * is run by the platform thread that asks, which so mounts it, or by the scheduler of the virtual
   * thread that asks, since one virtual thread cannot be mounted on another. Between two turns it
   * stays where it was left for who asks next. What is there to run is noted before the asker is
   * looked for, and the asker noted before it looks for that: one of the two sees the other.
   *
   * Threads that the producer starts would have this as their scheduler too, after its end even:
   * they are given to the JDK's.
   */
  private static final ScopedValue<Production<?>> CURRENT = ScopedValue.newInstance();
  private static final VarHandle ASKER;
  private static final VarHandle READY;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      ASKER = lookup.findVarHandle(Production.class, "asker", Thread.class);
      READY = lookup.findVarHandle(Production.class, "ready", Runnable.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final Generator.Producer<T> producer;
  private final boolean mounted;
  private final Kernel kernel = Kernel.current();

  /** Whether all of its loop is to happen on one thread. */
  private final boolean confined = Confinement.holds(Mounting.carrier());

  /** The producer's thread; null before the first item is asked for. Of who asks. */
  private volatile @Nullable Thread thread;

  /** Who asks; null if nobody does. */
  private volatile @Nullable Thread asker;

  /** The production whose producer asks; null if somebody else does. Of who asks. */
  private @Nullable Production<?> outer;

  /** Who was seen to ask where it can be unmounted. Of who asks. */
  private @Nullable Thread unpinned;

  private volatile boolean producing;

  /** The producer's continuation; its scheduler is handed the same one each time. */
  private volatile @Nullable Runnable own;

  /** The same when it can go on. */
  private volatile @Nullable Runnable ready;

  /** Continuations of the producers of other generators that this one's producer asks. */
  private final Queue<Runnable> guests = new ConcurrentLinkedQueue<>();

  // of whoever has the turn
  private @Nullable T item;
  private @Nullable Throwable failure;
  private boolean closing;
  private boolean yielded;

  /** Who asks was interrupted while the producer was mounted on it. */
  private boolean overheard;

  private volatile boolean over;

  Production(Generator.Producer<T> producer, boolean mounted) {
    this.producer = producer;
    this.mounted = mounted;
  }

  boolean isOver() {
    return over;
  }

  // Who asks

  /** Has the next item made, unless it is there; whether there is one. */
  boolean hasNext() {
    if (item == null && !over) {
      advance(false);
    }
    return item != null;
  }

  /** The item that is there. */
  T take() {
    T taken = Objects.requireNonNull(item);
    item = null;
    return taken;
  }

  void close() {
    if (!over) {
      advance(true);
    }
  }

  /**
   * Closes what nobody knows any more; not if that would have a confined loop depend on the pace of
   * the collector and of another thread.
   */
  void abandon() {
    if (confined && thread != null) {
      System.getLogger("dev.selkie.runtime")
          .log(
              System.Logger.Level.WARNING,
              "a generator of a loop that is confined to a thread was abandoned, and its producer"
                  + " is left where it is: close it");
      return;
    }
    try {
      close();
    } catch (Throwable e) {
      System.getLogger("dev.selkie.runtime")
          .log(System.Logger.Level.WARNING, "the producer of an abandoned generator has failed", e);
    }
  }

  /** Lets the producer go on to its next item or its end. */
  private void advance(boolean toTheEnd) {
    Thread caller = Thread.currentThread();
    if (!ASKER.compareAndSet(this, null, caller)) {
      throw new IllegalStateException(
          "a generator is asked by one at a time, and this one by " + asker);
    }
    try {
      if (caller.isVirtual() && caller != unpinned) {
        refuseIfPinned(caller);
        unpinned = caller;
      }
      outer = ofCaller(caller);
      if (toTheEnd) {
        item = null;
        closing = true;
        if (thread == null) {
          over = true;
          return;
        }
      }
      producing = true;
      if (thread == null) {
        thread =
            Mounting.builder(mounted ? this : null).name("selkie-generator").unstarted(this::run);
        thread.start();
      } else {
        LockSupport.unpark(thread);
      }
      awaitTurn(caller, thread);
    } finally {
      asker = null;
    }
    rethrow();
  }

  /**
   * Refuses the calling thread, one of the two, where the JVM does not unmount it, if the other one
   * needs its carrier. That walks its stack, so it is called once a thread: what is pinned later is
   * not found.
   */
  private void refuseIfPinned(Thread asking) {
    if (mounted
        && isCarriedWith(asking)
        && StackWalker.getInstance().walk(frames -> frames.anyMatch(Production::pins))) {
      throw new IllegalStateException(
          Thread.currentThread()
              + " cannot take turns with another inside a class initialiser or a native method,"
              + " where the JVM does not unmount it");
    }
  }

  /** Whether the producer is mounted where who asks is. */
  private static boolean isCarriedWith(Thread asking) {
    return !asking.isVirtual()
        || switch (Mounting.schedulerOf(asking)) {
          case Fibers _ -> true;
          case Production<?> asker -> asker.thread == asking;
          default -> false;
        };
  }

  private static boolean pins(StackWalker.StackFrame frame) {
    return frame.isNativeMethod() || frame.getMethodName().equals("<clinit>");
  }

  /** Waits for the turn; an interrupt is the producer's too, which may wait for something else. */
  private void awaitTurn(Thread caller, Thread other) {
    boolean interrupted = false;
    while (producing) {
      if (Thread.interrupted()) {
        interrupted = true;
        other.interrupt();
      }
      if (!letGoOn(caller)) {
        LockSupport.park(this);
      }
    }
    if (interrupted || overheard) {
      overheard = false;
      caller.interrupt();
    }
  }

  /** Has the next thread go on that can; for who asks. */
  private boolean letGoOn(Thread waiting) {
    Runnable next = ready == null ? null : (Runnable) READY.getAndSet(this, null);
    if (next == null) {
      next = guests.poll();
    }
    if (next == null) {
      return false;
    }
    if (!waiting.isVirtual()) {
      next.run();
      return true;
    }
    switch (Mounting.schedulerOf(waiting)) {
      case Fibers fibers -> fibers.resumeAside(next);
      case Production<?> outer when outer.thread == waiting -> outer.host(next);
      case Production<?> _ -> Mounting.jdkScheduler().execute(next); // a thread that it started
      case Executor scheduler -> scheduler.execute(next);
    }
    return true;
  }

  private void rethrow() {
    Throwable thrown = failure;
    failure = null;
    switch (thrown) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new CompletionException(thrown);
    }
  }

  // The producer

  private void run() {
    try {
      Kernel.where(kernel)
          .where(CURRENT, this)
          .call(() -> {
            producer.produce(this);
            return null;
          });
    } catch (Throwable e) {
      failure = closing && e instanceof Closed ? null : e; // otherwise it is of another generator
    }
    over = true;
    giveTurn();
  }

  @Override
  public void yield(T given) {
    if (Thread.currentThread() != thread) {
      throw new IllegalStateException(
          "items are yielded by the generator's thread, and not by " + Thread.currentThread());
    }
    Objects.requireNonNull(given, "item");
    if (closing) {
      throw new Closed();
    }
    if (!yielded) {
      refuseIfPinned(Objects.requireNonNull(asker));
      yielded = true;
    }
    item = given;
    giveTurn();
    boolean interrupted = false;
    while (!producing) {
      LockSupport.park(this);
      interrupted |= Thread.interrupted();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (closing) {
      throw new Closed();
    }
  }

  private void giveTurn() {
    Thread carrier = Mounting.carrier();
    if (carrier.isInterrupted() && !Thread.currentThread().isInterrupted()) {
      // A mounted thread sets it for itself. Unmounting clears it: it is who's asked first.
      Production<?> first = this;
      while (first.outer != null) {
        first = first.outer;
      }
      first.overheard |= first.asker == carrier;
    }
    Thread waiting = Objects.requireNonNull(asker);
    producing = false;
    if (waiting != carrier) {
      LockSupport.unpark(waiting);
    }
  }

  /** The scheduler of the producer's thread: it can go on. */
  @Override
  @SuppressWarnings("ReferenceEquality") // a continuation is one object
  public void execute(Runnable continuation) {
    if (own == null) {
      own = continuation;
    } else if (own != continuation) {
      Mounting.jdkScheduler().execute(continuation);
      return;
    }
    ready = continuation;
    tell();
  }

  private void host(Runnable continuation) {
    guests.add(continuation);
    tell();
  }

  private void tell() {
    Thread waiting = asker;
    if (waiting == null) {
      return;
    }
    if (waiting.isVirtual()) {
      letGoOn(waiting);
    } else if (waiting != Thread.currentThread()) {
      LockSupport.unpark(waiting);
    }
  }

  /** The platform thread that asks the generator, and is to wait, whose producer calls; or null. */
  static @Nullable Thread askerOfCaller() {
    Thread thread = Thread.currentThread();
    for (Production<?> asked = ofCaller(thread); asked != null; asked = asked.outer) {
      thread = asked.asker;
    }
    return thread == null || thread.isVirtual() ? null : thread;
  }

  /** The production whose producer calls; null if somebody else does. */
  private static @Nullable Production<?> ofCaller(Thread caller) {
    Production<?> bound = caller.isVirtual() && CURRENT.isBound() ? CURRENT.get() : null;
    return bound != null && bound.thread == caller ? bound : null; // not who it forked in a scope
  }

  /** Ends the producer. */
  private static final class Closed extends CancellationException {
    @java.io.Serial private static final long serialVersionUID = 1;

    Closed() {
      super("the generator was closed");
    }
  }
}
