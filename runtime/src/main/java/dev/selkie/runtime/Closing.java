package dev.selkie.runtime;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
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

  private final Engine engine;
  private final Fibers fibers;
  private final AtomicReference<Phase> phase = new AtomicReference<>(Phase.OPEN);
  private final CompletableFuture<@Nullable Void> terminated = new CompletableFuture<>();

  private volatile boolean cancelled;

  /** When a cancelled loop ends, whatever is left; the owner's. */
  private long abandonAt;

  Closing(Engine engine, Fibers fibers) {
    this.engine = engine;
    this.fibers = fibers;
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
      fibers.interruptAll();
      engine.arm(new Abandonment());
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
    boolean quiet = engine.isQuiet() && fibers.size() == 0;
    if (quiet || (now == Phase.CANCELLED && engine.nanoTime() - abandonAt >= 0)) {
      terminate();
    }
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
      engine.close();
    } finally {
      phase.set(Phase.TERMINATED);
      terminated.complete(null);
      Afterlife.run(engine::runRemains);
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
