package dev.selkie.simulation;

import dev.selkie.kernel.EventBatch;
import org.jspecify.annotations.Nullable;

/** A queue, or a set, on which a thread may wait. */
interface Collector {
  /** Takes what is ready: the count of events, 0 for none, or a negative code. */
  int collect(@Nullable EventBatch batch);

  /** Where threads wait for it. */
  WaitPoint waitPoint();
}
