package dev.selkie.runtime;

import dev.selkie.kernel.Clock;
import java.util.concurrent.TimeUnit;

/** How long a loop works and its callbacks take, while somebody wants to know. */
final class Stopwatch {
  /*
   * Nobody pays for the clock who does not ask: the first question sets wanted, which the owner
   * finds at its next turn, and after some minutes without another one takes back. A callback lasts
   * from one step to the next, so that it takes one look at the clock each.
   */
  private static final long PATIENCE = TimeUnit.MINUTES.toNanos(5);

  private final Clock clock;

  /** When it was asked last; before {@link #wanted}. */
  private volatile long asked;

  private volatile boolean wanted;

  /** What it has measured in all, but for what is under way; the owner's. */
  private final Count timed = new Count();

  private final Count worked = new Count();
  private final Count longest = new Count();
  private final Peak callbacks = new Peak();
  private final Peak turns = new Peak();

  /** 1 while it measures, 1 while the loop does not wait, and since when; the owner's. */
  private final Count measuring = new Count();

  private final Count working = new Count();
  private final Count accounted = new Count();
  private final Count turnBegan = new Count();
  private final Count callbackBegan = new Count();

  /** Whether a callback has begun in this turn; the owner's. */
  private boolean inCallback;

  Stopwatch(Clock clock) {
    this.clock = clock;
  }

  /** Whether it measures; the owner. */
  boolean isOn() {
    return measuring.get() != 0;
  }

  /** Begins or ends, as it is wanted; the owner, as a turn begins. */
  void look() {
    if (wanted != isOn()) {
      long now = clock.nanoTime();
      if (wanted) {
        accounted.set(now);
        measuring.set(1);
        goOn(now);
      } else {
        account(now);
        measuring.set(0);
      }
    }
  }

  /** The loop begins to work, or goes on after a wait; the owner, while it measures. */
  void goOn() {
    goOn(clock.nanoTime());
  }

  private void goOn(long now) {
    account(now);
    turnBegan.set(now);
    callbackBegan.set(now);
    inCallback = false;
    working.set(1);
  }

  /** The loop waits, or is left; the owner, while it measures. */
  void rest() {
    working.set(0); // a turn has just ended: the time until the loop goes on is that of the wait
  }

  /** The next callback begins; the owner, while it measures. */
  void lap() {
    if (inCallback) {
      lap(clock.nanoTime());
    }
    inCallback = true; // the first of a turn begins with it
  }

  private void lap(long now) {
    long took = now - callbackBegan.get();
    callbacks.add(now, took);
    if (took > longest.get()) {
      longest.set(took);
    }
    callbackBegan.set(now);
  }

  /** A turn has ended, and the next begins; the owner, while it measures. */
  void turned() {
    long now = clock.nanoTime();
    if (inCallback) {
      lap(now);
    }
    turns.add(now, now - turnBegan.get());
    goOn(now);
    if (now - asked > PATIENCE) {
      wanted = false;
    }
  }

  /** Books the time until now. */
  private void account(long now) {
    long passed = now - accounted.get();
    timed.add(passed);
    worked.add(working.get() * passed);
    accounted.set(now);
  }

  /** What it has measured; any thread. The first question has it begin. */
  LoopTimes times() {
    long now = clock.nanoTime();
    asked = now;
    wanted = true;
    boolean works = isOn() && working.get() != 0;
    long passed = isOn() ? Math.max(now - accounted.get(), 0) : 0;
    long callback = works ? now - callbackBegan.get() : 0;
    long turn = works ? now - turnBegan.get() : 0;
    return new LoopTimes(
        timed.get() + passed,
        worked.get() + (works ? passed : 0),
        Math.max(longest.get(), callback),
        Math.max(callbacks.get(now), callback),
        Math.max(turns.get(now), turn));
  }

  /** In nanoseconds. */
  record LoopTimes(long timed, long worked, long longest, long longestRecent, long lag) {}
}
