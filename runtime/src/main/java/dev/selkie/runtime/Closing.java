package dev.selkie.runtime;

import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** The end of a loop. */
final class Closing {
  /*
   *   OPEN --shutdown--> SHUTDOWN --cancel--> CANCELLED --> ENDING --> TERMINATED
   *                         '------------------------------^
   *
   * SHUTDOWN takes no more tasks and listeners, ends periodic tasks, and is over when nothing is
   * left to run. CANCELLED takes no more sources, has closed those that were attached, cancelled
   * what was delayed and interrupted the fibers, and is over when nothing is left or its time is.
   * ENDING takes nothing at all. The owner makes the last three steps: each sets the phase first,
   * and ends then what may not be there in it, by the rules by which it is refused from now on. So
   * what comes meanwhile is either found or refused. Nothing that throws keeps a step from its end.
   */
  enum Phase {
    OPEN,
    SHUTDOWN,
    CANCELLED,
    ENDING,
    TERMINATED
  }

  /** How long fibers may take to end when they are cancelled at once. */
  static final long UNWINDING_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Engine engine;
  private final Fibers fibers;
  private final Promises promises;
  private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.OPEN);
  private final Termination<@Nullable Void> terminated;

  /** Threads that wait for the end. */
  private final Queue<Thread> waiting = new ConcurrentLinkedQueue<>();

  /** Who waits for room to write, or to be connected. */
  private final AtomicInteger writing = new AtomicInteger();

  private volatile boolean cancelled;

  /** When a cancelled loop ends, whatever is left; the owner's. */
  private long abandonAt;

  Closing(EventLoop loop, Fibers fibers, Promises promises) {
    this.engine = loop.engine();
    this.fibers = fibers;
    this.promises = promises;
    this.terminated = new Termination<>(List.of(loop));
  }

  Phase phase() {
    return phase.get();
  }

  /** Whether the end has come to a phase, or further. */
  boolean hasReached(Phase step) {
    Phase now = phase.get();
    return now != Phase.OPEN && now.compareTo(step) >= 0;
  }

  CompletableFuture<@Nullable Void> terminated() {
    return terminated;
  }

  /** Takes no more tasks; any thread. */
  void shutdown() {
    if (phase.compareAndSet(Phase.OPEN, Phase.SHUTDOWN)) {
      engine.request(engine::end);
    }
  }

  /** Cancels what is left, which has some time to end; any thread. */
  void cancel(long patienceNanos) {
    shutdown();
    engine.request(() -> cancelHere(patienceNanos));
  }

  /** Shuts down, and cancels when three quarters of the time are over; any thread. */
  void closeWithin(long nanos) {
    shutdown();
    engine.arm(new Ultimatum(engine.timeAfter(nanos - (nanos >> 2)), nanos >> 2));
  }

  /** Whether it was cancelled, and did not end by itself. */
  boolean wasCancelled() {
    return cancelled;
  }

  private void cancelHere(long patienceNanos) {
    if (phase.compareAndSet(Phase.SHUTDOWN, Phase.CANCELLED)) {
      cancelled = true;
      abandonAt = engine.nanoTime() + patienceNanos;
      engine.end();
      promises.end();
      engine.arm(new Abandonment());
      fibers.interruptAll();
    }
  }

  /**
   * Has the owner make a turn, after which it looks whether the end has come. It must be handed in:
   * a bare wake would be lost on an owner that has looked, and is about to wait because the run
   * queue is empty.
   */
  private static void look() {}

  /** After each turn, by the owner. */
  void proceed() {
    Phase now = phase.get();
    if (now == Phase.OPEN) {
      return;
    }
    if (isQuiet() || (now == Phase.CANCELLED && engine.nanoTime() - abandonAt >= 0)) {
      terminate();
    }
  }

  /** Whether nothing is under way: who waits for input waits for others. */
  private boolean isQuiet() {
    return engine.isQuiet() && fibers.size() == 0 && promises.areKept() && writing.get() == 0;
  }

  /** Ends at once, whatever is left; by the owner, who cannot go on. */
  void terminateNow() {
    shutdown();
    cancelled = true;
    fibers.interruptAll();
    terminate();
  }

  private void terminate() {
    phase.set(Phase.ENDING);
    try {
      promises.end();
      engine.close();
    } finally {
      phase.set(Phase.TERMINATED);
    }
  }

  /** The owner has left the loop, and does nothing of it any more; by the same thread. */
  void left() {
    if (phase.get() == Phase.TERMINATED && terminated.complete(null)) {
      Afterlife.run(engine::runRemains);
    }
    waiting.forEach(LockSupport::unpark);
  }

  /**
   * Waits for the end.
   *
   * @param run makes the loop's turns to the end, unless another thread does
   */
  void await(BooleanSupplier run) {
    Thread caller = Thread.currentThread();
    boolean interrupted = false;
    waiting.add(caller);
    while (!terminated.isDone()) {
      if (!run.getAsBoolean()) {
        LockSupport.park(this);
        interrupted |= Thread.interrupted();
      }
    }
    waiting.remove(caller);
    if (interrupted) {
      caller.interrupt();
    }
  }

  /** Somebody waits for room to write, or does so no longer; any thread. */
  void writes(boolean waits) {
    if (waits) {
      writing.incrementAndGet();
    } else if (writing.decrementAndGet() == 0) {
      somethingEnded();
    }
  }

  /** Has the owner look whether the end has come. */
  void somethingEnded() {
    Phase now = phase.get();
    if (now == Phase.SHUTDOWN || now == Phase.CANCELLED) {
      engine.request(Closing::look);
    }
  }

  /** The end of the time in which a loop may end by itself. */
  private final class Ultimatum extends LoopDeadline {
    private final long patience;

    Ultimatum(long nanos, long patience) {
      this.nanos = nanos;
      this.patience = patience;
    }

    @Override
    void expired() {
      cancelHere(patience);
    }

    @Override
    void closed() {
      // The loop has ended by itself.
    }
  }

  private final class Abandonment extends LoopDeadline {
    Abandonment() {
      nanos = abandonAt;
    }

    @Override
    void expired() {
      // The turn that it makes ends the loop.
    }

    @Override
    void closed() {
      // So has the loop.
    }
  }
}
