package dev.selkie.benchmarks;

import dev.selkie.EventQueue;
import java.io.IOException;

/** An {@link EventQueue}. */
final class SelkieWaiter implements Waiter {
  private final EventQueue<Object> queue;

  SelkieWaiter() throws IOException {
    queue = EventQueue.open();
  }

  @Override
  public void await() {
    queue.await();
  }

  @Override
  public void wake() {
    queue.wake();
  }
}
