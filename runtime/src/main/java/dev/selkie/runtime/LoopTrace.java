package dev.selkie.runtime;

import dev.selkie.Events;
import dev.selkie.runtime.jfr.BatchEvent;
import dev.selkie.runtime.jfr.SlowCallbackEvent;
import dev.selkie.runtime.jfr.SpuriousEvent;
import dev.selkie.runtime.jfr.WaitEvent;

/** What the flight recorder is told of a loop's turns; the owner's. */
final class LoopTrace {
  private final String loop;
  private final WaitEvent wait;
  private final BatchEvent batch;
  private final SlowCallbackEvent slow;

  /** What was begun while it was enabled: it may be enabled meanwhile, and then has no begin. */
  private boolean waits;

  private boolean turns;
  private boolean runs;

  /** Whether a callback of this turn has begun. */
  private boolean began;

  LoopTrace(String loop) {
    this.loop = loop;
    this.wait = new WaitEvent(loop);
    this.batch = new BatchEvent(loop);
    this.slow = new SlowCallbackEvent(loop);
  }

  void waitBegins(long nanos) {
    waits = wait.isEnabled();
    if (waits) {
      wait.timeout = nanos == Engine.NO_END ? Long.MAX_VALUE : nanos;
      wait.begin();
    }
  }

  void waitEnded(Events<?> events) {
    if (waits) {
      wait.end();
      if (wait.shouldCommit()) {
        wait.events = events.size();
        wait.cause = events.cause().name();
        wait.commit();
      }
    }
    if (events.cause() == Events.Cause.SPURIOUS) {
      new SpuriousEvent(loop).commit();
    }
  }

  void callbackBegins() {
    if (!began) {
      began = true;
      turns = batch.isEnabled();
      if (turns) {
        batch.begin();
      }
    }
    runs = slow.isEnabled();
    if (runs) {
      slow.begin();
    }
  }

  void callbackEnded(Object callback) {
    if (runs) {
      slow.end();
      if (slow.shouldCommit()) {
        slow.callback = nameOf(callback);
        slow.commit();
      }
    }
  }

  void turnEnded(int events, int timers, int runnables) {
    if (turns) {
      batch.end();
      if (batch.shouldCommit()) {
        batch.events = events;
        batch.timers = timers;
        batch.runnables = runnables;
        batch.commit();
      }
    }
    turns = false;
    began = false;
  }

  /** What something that a loop runs is called: the fiber, the source, or the class. */
  static String nameOf(Object callback) {
    if (callback instanceof Runnable runnable && Mounting.isContinuation(runnable)) {
      return Mounting.threadOf(runnable).getName();
    }
    return callback instanceof Target target
        ? target.state().source()
        : callback.getClass().getName();
  }
}
