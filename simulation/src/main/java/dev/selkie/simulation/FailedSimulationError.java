package dev.selkie.simulation;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A program failed in a {@link Simulation}. The message tells the seed with which it fails again,
 * and the virtual time; the cause is the failure itself, if the program threw one.
 */
public final class FailedSimulationError extends AssertionError {
  private static final long serialVersionUID = 1L;

  FailedSimulationError(long seed, long nanos, String what, @Nullable Throwable cause) {
    super("%s, virtual time %s: %s".formatted(replay(seed), Duration.ofNanos(nanos), what), cause);
  }

  /** How to have the same run again. */
  static String replay(long seed) {
    return "seed %d (replay with -D%s=%d)".formatted(seed, Simulation.SEED_PROPERTY, seed);
  }
}
