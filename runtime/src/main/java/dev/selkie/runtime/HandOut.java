package dev.selkie.runtime;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

/** How an {@link EventLoopGroup} chooses the loop for what is new. */
@FunctionalInterface
public interface HandOut {
  /**
   * Chooses one of the loops; called by any thread, also by several at a time.
   *
   * @param loops of the group, in their order
   */
  EventLoop choose(List<EventLoop> loops);

  /** One after the other. */
  static HandOut roundRobin() {
    AtomicInteger next = new AtomicInteger();
    return loops -> loops.get(Math.floorMod(next.getAndIncrement(), loops.size()));
  }

  /** The one that has the fewest sources registered at the moment; among equals in turn. */
  static HandOut fewestSources() {
    AtomicInteger next = new AtomicInteger();
    return loops -> {
      int first = next.getAndIncrement();
      EventLoop best = loops.get(Math.floorMod(first, loops.size()));
      for (int i = 1; i < loops.size(); i++) {
        EventLoop loop = loops.get(Math.floorMod(first + i, loops.size()));
        if (loop.engine().queue().size() < best.engine().queue().size()) {
          best = loop;
        }
      }
      return best;
    };
  }
}
