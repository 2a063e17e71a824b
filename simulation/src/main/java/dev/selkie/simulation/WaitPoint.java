package dev.selkie.simulation;

import java.util.concurrent.locks.Condition;
import org.jspecify.annotations.Nullable;

/** Where threads block until a queue has something; guarded by the network's lock. */
final class WaitPoint {
  final Condition condition;

  /** How many threads wait here. */
  int waiting;

  /** The neighbours in the network's list of points where threads wait. */
  @Nullable WaitPoint next;

  @Nullable WaitPoint previous;

  /** Who waits here is to go on with EINTR. */
  boolean signalled;

  /** The host whose calls wait here, or null for the network's own. */
  final @Nullable SimulatedKernel host;

  private final Object owner;

  /** A point named by its owner's {@code toString}. */
  WaitPoint(SimulatedNetwork network, @Nullable SimulatedKernel host, Object owner) {
    this.host = host;
    this.condition = network.newCondition();
    this.owner = owner;
  }

  /** Wakes one of those who wait here; whether there was one. */
  boolean wake() {
    if (waiting == 0) {
      return false;
    }
    condition.signal();
    return true;
  }

  @Override
  public String toString() {
    return owner.toString();
  }
}
