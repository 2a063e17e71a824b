package dev.selkie.runtime;

import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;

/** The threads to which loops are confined that have not ended. */
final class Confinement {
  private static final Map<Thread, Integer> LOOPS =
      Collections.synchronizedMap(new WeakHashMap<>());

  private Confinement() {}

  /** A loop is confined to a thread. */
  static void begin(Thread thread) {
    LOOPS.merge(thread, 1, Integer::sum);
  }

  /** One of them has ended. */
  static void end(Thread thread) {
    LOOPS.computeIfPresent(thread, (_, loops) -> loops == 1 ? null : loops - 1);
  }

  /** Whether all of some loop happens on a thread. */
  static boolean holds(Thread thread) {
    return LOOPS.containsKey(thread);
  }
}
