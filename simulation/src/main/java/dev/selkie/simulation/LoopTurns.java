package dev.selkie.simulation;

import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.Wait;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** The turns of a simulation's loops: a step is one of each, in an order that the seed decides. */
final class LoopTurns implements Stepped {
  private final SimulatedNetwork network;
  private final List<EventLoop> loops = new CopyOnWriteArrayList<>();

  /** Whose turn it is; others look as well. */
  private volatile @Nullable EventLoop turning;

  /** What a loop was told that nobody catches, until a step throws it. */
  private @Nullable Throwable fault;

  LoopTurns(SimulatedNetwork network) {
    this.network = network;
  }

  void add(EventLoop loop) {
    loops.add(loop);
  }

  List<EventLoop> loops() {
    return List.copyOf(loops);
  }

  boolean isTurning() {
    return turning != null;
  }

  /** Whether the caller is carried by the thread of the turns. */
  boolean carriesCaller() {
    EventLoop loop = turning;
    return (loop != null && loop.isOnLoop()) || loops.stream().anyMatch(EventLoop::isOnLoop);
  }

  /** Something that nobody catches; from inside a turn. */
  void fault(Throwable thrown) {
    if (fault == null) {
      fault = thrown;
    } else if (!fault.equals(thrown)) {
      fault.addSuppressed(thrown);
    }
  }

  @Override
  public boolean step() {
    boolean progress = false;
    for (EventLoop loop : shuffled()) {
      progress |= turn(loop);
    }
    return progress;
  }

  private List<EventLoop> shuffled() {
    List<EventLoop> order = new ArrayList<>(loops);
    for (int i = order.size() - 1; i > 0; i--) {
      int other = network.random().below(i + 1);
      order.set(i, order.set(other, order.get(i)));
    }
    return order;
  }

  /** Gives a loop a turn; whether it did anything, or has more to do at once. */
  private boolean turn(EventLoop loop) {
    if (loop.isOnLoop()) {
      return false; // it runs further down on this thread: it is being closed
    }
    EventLoop outer = turning;
    turning = loop;
    boolean active;
    try {
      active = loop.runOnce(Duration.ZERO);
    } finally {
      turning = outer;
    }
    if (loop.isTerminated()) {
      loops.remove(loop);
      active = true;
    }
    Throwable thrown = fault;
    if (thrown != null) {
      fault = null;
      throw new FailedSimulationError(
          network.seed(), network.nanoTime(), "uncaught on " + loop + ": " + thrown, thrown);
    }
    return active || loop.nanosToNextDeadline() == 0;
  }

  @Override
  public long nanosToNextDeadline() {
    long nearest = -1;
    for (EventLoop loop : loops) {
      long nanos = loop.nanosToNextDeadline();
      if (nanos >= 0 && (nearest < 0 || nanos < nearest)) {
        nearest = nanos;
      }
    }
    return nearest;
  }

  /** The fibers that the machine would have to wake: they sleep, or contend for a monitor. */
  List<Wait> foreignWaits() {
    return loops.stream()
        .flatMap(loop -> loop.waits().stream())
        .filter(wait -> wait.thread() != null && wait.thread().getState() != Thread.State.WAITING)
        .toList();
  }

  /** The seed, and what waits for each loop. */
  @Override
  public String toString() {
    StringJoiner text = new StringJoiner("; ", "simulation of ", "");
    text.add(FailedSimulationError.replay(network.seed()));
    for (EventLoop loop : loops) {
      List<Wait> waits = loop.waits();
      text.add("loop " + loop + ": " + (waits.isEmpty() ? "nothing waits" : waits));
    }
    return text.toString();
  }
}
