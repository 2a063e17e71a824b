package dev.selkie.simulation;

import dev.selkie.kernel.EventBatch;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** A wait of the network's own: for a condition, or for time alone. */
final class OwnWait implements Collector {
  private final WaitPoint point;
  private final BooleanSupplier done;

  OwnWait(SimulatedNetwork network, String what, BooleanSupplier done) {
    this.point = new WaitPoint(network, null, what);
    this.done = done;
  }

  @Override
  public int collect(@Nullable EventBatch batch) {
    return done.getAsBoolean() ? 1 : 0;
  }

  @Override
  public WaitPoint waitPoint() {
    return point;
  }
}
