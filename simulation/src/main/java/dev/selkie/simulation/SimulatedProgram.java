package dev.selkie.simulation;

/** What a simulated process does, see {@link SimulatedKernel#program}. */
@FunctionalInterface
public interface SimulatedProgram {
  /**
   * The process begins. It goes on after this returns, by what it has asked to be called for, until
   * it exits or a signal ends it; {@code process -> process.exit(3)} is all that some do.
   *
   * <p>Runs on the thread that delivers, holding the network's lock: it must not block.
   */
  void start(SimulatedProcess process);
}
