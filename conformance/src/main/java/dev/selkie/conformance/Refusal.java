package dev.selkie.conformance;

import java.io.IOException;

/** That a backend refuses what it lacks by name. */
public final class Refusal {
  private Refusal() {}

  /** What is refused. */
  @FunctionalInterface
  public interface Action {
    /** Does it. */
    void run() throws IOException;
  }

  /** Fails unless the action throws an UnsupportedOperationException that names the backend. */
  public static void of(Configuration configuration, Action action) throws IOException {
    try {
      action.run();
    } catch (UnsupportedOperationException e) {
      if (e.getMessage() == null || !e.getMessage().contains(configuration.backend())) {
        throw new AssertionError("the refusal does not name " + configuration.backend(), e);
      }
      return;
    }
    throw new AssertionError("not refused on " + configuration);
  }
}
