package dev.selkie.benchmarks;

import java.io.IOException;
import java.nio.channels.Selector;

/** A {@link Selector}. */
final class NioWaiter implements Waiter {
  private final Selector selector;

  NioWaiter() throws IOException {
    selector = Selector.open();
  }

  @Override
  public void await() throws IOException {
    selector.select();
  }

  @Override
  public void wake() {
    selector.wakeup();
  }
}
