package dev.selkie.simulation;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * Nothing is left that could end a wait on a stepping network: no delivery under way, no deadline
 * and nobody else to step. The message names the waits.
 */
public final class SimulatedDeadlockError extends Error {
  private static final long serialVersionUID = 1L;

  private SimulatedDeadlockError(String message) {
    super(message);
  }

  /** The error of a wait: what waits, would be stepped, and is held. */
  @SuppressWarnings("ReferenceEquality") // a point is itself
  static SimulatedDeadlockError of(
      WaitPoint now,
      @Nullable WaitPoint waits,
      List<Stepped> attached,
      Collection<Flow> held,
      long nanos) {
    StringJoiner text =
        new StringJoiner(
            "; ",
            "nothing is left that could end a wait, ",
            " (virtual time " + Duration.ofNanos(nanos) + ")");
    text.add("waiting: " + now);
    for (WaitPoint point = waits; point != null; point = point.next) {
      if (point != now) {
        text.add("waiting: " + point);
      }
    }
    for (Stepped loop : attached) {
      text.add("attached: " + loop);
    }
    for (Flow flow : held) {
      text.add("held by a lost route: " + flow.describe());
    }
    if (attached.isEmpty()) {
      text.add("no loop is attached");
    }
    return new SimulatedDeadlockError(text.toString());
  }
}
