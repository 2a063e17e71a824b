package dev.selkie.runtime;

import dev.selkie.EventQueue;
import dev.selkie.Registration;
import java.time.Duration;
import java.util.List;

/** What can be seen of an event loop. */
abstract class VisibleLoop extends LoopExecutor {
  abstract Fibers fibers();

  abstract Promises promises();

  /** The name, which its thread and its fibers bear. */
  public abstract String name();

  /** Whether fibers are mounted on the loop's own thread. */
  public boolean mountsFibers() {
    return fibers().areMounted();
  }

  /**
   * What waits for something of the loop: fibers, in the order in which they were made, and what
   * was begun by futures and handlers. For messages and dumps; other threads may change it.
   */
  public List<Wait> waits() {
    return Wait.of(engine().queue().registrations(), fibers().threads());
  }

  /**
   * What the loop has counted, and how it is; any thread. It takes no lock that the loop's turns
   * take, and steps by the number of fibers and sources. From the first on, until five minutes
   * after the last, the loop looks at the clock for each thing that it runs.
   */
  public LoopSnapshot snapshot() {
    Engine engine = engine();
    Progress progress = engine.progress();
    Stopwatch.LoopTimes times = progress.times();
    EventQueue<Target> queue = engine.queue();
    List<LoopSnapshot.Source> sources =
        queue.registrations().stream().map(Registration::attachment).map(Target::state).toList();
    return new LoopSnapshot(
        name(),
        progress.turns.get(),
        progress.runnables.get(),
        engine.waitingRunnables(),
        fibers().size(),
        fibers().parked(),
        Duration.ofNanos(times.timed()),
        Duration.ofNanos(times.worked()),
        Duration.ofNanos(times.longest()),
        Duration.ofNanos(times.longestRecent()),
        Duration.ofNanos(times.lag()),
        new LoopSnapshot.Queue(
            queue.backend(),
            sources.size(),
            progress.waits.get(),
            progress.events.get(),
            progress.wakes.get(),
            progress.spurious.get()),
        new LoopSnapshot.Timers(
            engine.pendingTimers(), engine.overdueTimers(), progress.timers.get()),
        engine.traffic().with(sources),
        sources);
  }

  /**
   * All fibers with their stacks and what they wait for, the tasks, the sources and who waits for
   * them, in lines of text; any thread. The loop's thread writes it, between two of the things that
   * it runs; if it does not come to that within a second, the caller does, with what can be told of
   * a loop that goes on, and with what the loop does instead.
   */
  public String dump() {
    return Dump.of(List.of((EventLoop) this));
  }
}
