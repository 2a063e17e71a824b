package dev.selkie.runtime;

import dev.selkie.Events;
import dev.selkie.kernel.Clock;
import dev.selkie.runtime.Stopwatch.LoopTimes;
import dev.selkie.runtime.jfr.Recorder;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * How far a loop has come, for the {@link Watchdog} and whoever else looks: its thread writes,
 * without a fence, and others read what they see some time later.
 */
final class Progress {
  private static final VarHandle MOUNTED;

  static {
    try {
      MOUNTED = MethodHandles.lookup().findVarHandle(Progress.class, "mounted", Thread.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final String loop;
  private final Count steps = new Count();
  private final Stopwatch watch;

  /** Counted as a turn ends. */
  final Count turns = new Count();

  final Count waits = new Count();
  final Count events = new Count();
  final Count wakes = new Count();
  final Count spurious = new Count();
  final Count timers = new Count();
  final Count runnables = new Count();

  /** For the flight recorder, once it is used; the owner's. */
  private @Nullable LoopTrace trace;

  @SuppressWarnings("unused") // by MOUNTED
  private @Nullable Thread mounted;

  Progress(String loop, Clock clock) {
    this.loop = loop;
    this.watch = new Stopwatch(clock);
  }

  /** A thread enters the loop; the owner, as all that follows. */
  void enter() {
    steps.add(1);
    if (watch.isOn()) {
      watch.goOn();
    }
  }

  void leave() {
    if (watch.isOn()) {
      watch.rest();
    }
  }

  void turnBegins() {
    watch.look();
    if (trace == null && Recorder.isOn()) {
      trace = new LoopTrace(loop);
    }
  }

  void waitBegins(long nanos) {
    if (watch.isOn()) {
      watch.rest();
    }
    if (trace != null) {
      trace.waitBegins(nanos);
    }
  }

  void waitEnded(Events<?> found) {
    steps.add(1);
    waits.add(1);
    if (found.cause() == Events.Cause.WAKE) {
      wakes.add(1);
    } else if (found.cause() == Events.Cause.SPURIOUS) {
      spurious.add(1);
    }
    if (watch.isOn()) {
      watch.goOn();
    }
    if (trace != null) {
      trace.waitEnded(found);
    }
  }

  /** The loop goes on to the next that it does. */
  void callbackBegins() {
    steps.add(1);
    if (watch.isOn()) {
      watch.lap();
    }
    if (trace != null) {
      trace.callbackBegins();
    }
  }

  void callbackEnded(Object callback) {
    if (trace != null) {
      trace.callbackEnded(callback);
    }
  }

  /** A turn has ended, in which so many were run. */
  void turnEnded(int foundEvents, int expired, int ran) {
    turns.add(1);
    events.add(foundEvents);
    timers.add(expired);
    runnables.add(ran);
    if (watch.isOn()) {
      watch.turned();
    }
    if (trace != null) {
      trace.turnEnded(foundEvents, expired, ran);
    }
  }

  /**
   * A virtual thread is about to be mounted, or null: none is any more; the owner. Who sees it also
   * sees what the owner did before.
   */
  void mount(@Nullable Thread thread) {
    MOUNTED.setRelease(this, thread);
  }

  long steps() {
    return steps.get();
  }

  @Nullable Thread mounted() {
    return (Thread) MOUNTED.getAcquire(this);
  }

  LoopTimes times() {
    return watch.times();
  }
}
