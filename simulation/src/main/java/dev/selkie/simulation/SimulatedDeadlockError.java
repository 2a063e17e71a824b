package dev.selkie.simulation;

/**
 * Nothing is left that could end a wait on a stepping network: no delivery under way, no deadline
 * and nobody else to step. The message names the waits.
 */
public final class SimulatedDeadlockError extends Error {
  private static final long serialVersionUID = 1L;

  SimulatedDeadlockError(String message) {
    super(message);
  }
}
