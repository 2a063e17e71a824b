package dev.selkie.runtime;

/** A deadline of a loop that wakes whoever set it. */
final class Alarm extends LoopDeadline {
  private final Engine engine;
  private final Waker waker;
  private boolean early; // before over is set
  private volatile boolean over;
  private volatile boolean cancelled;

  Alarm(Engine engine, Waker waker) {
    this.engine = engine;
    this.waker = waker;
  }

  /** Whether the time has come, or the loop has ended. */
  boolean isOver() {
    return over;
  }

  /** Whether it is over because the loop has ended, and its time had not come. */
  boolean isEarly() {
    return over && early;
  }

  /** Any thread. */
  void cancel() {
    if (!over) {
      cancelled = true;
      engine.disarm(this);
    }
  }

  @Override
  boolean isRevoked() {
    return cancelled;
  }

  @Override
  void expired() {
    over = true;
    waker.wake();
  }

  @Override
  void closed() {
    early = true;
    expired();
  }
}
