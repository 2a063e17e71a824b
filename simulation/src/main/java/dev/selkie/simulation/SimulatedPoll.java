package dev.selkie.simulation;

import dev.selkie.kernel.Poll;
import dev.selkie.kernel.PollSet;

/** {@link Poll} of a host. */
final class SimulatedPoll implements Poll {
  private final SimulatedKernel kernel;

  SimulatedPoll(SimulatedKernel kernel) {
    this.kernel = kernel;
  }

  @Override
  public boolean hasPeerClosed() {
    return kernel.system().isLinux() || kernel.system() == SimulatedSystem.FREEBSD;
  }

  @Override
  public boolean hasNanoseconds() {
    return true;
  }

  @Override
  public PollSet newSet(int capacity) {
    return new SimulatedPollSet(kernel, capacity);
  }

  @Override
  public int await(PollSet set, int count, long timeoutNanos) {
    SimulatedNetwork network = kernel.network();
    network.enter();
    try {
      int result = SimulatedPollSet.await(set, count, timeoutNanos);
      return kernel.traced("poll", count, timeoutNanos, result);
    } finally {
      network.exit();
    }
  }
}
