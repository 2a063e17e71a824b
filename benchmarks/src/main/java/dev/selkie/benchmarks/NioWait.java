package dev.selkie.benchmarks;

import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.Iterator;
import java.util.function.Consumer;

/** One wait of a {@link Selector}. */
final class NioWait {
  private NioWait() {}

  /**
   * Waits and hands out the ready keys, by {@link Selector#select(Consumer)} or through the set of
   * selected keys.
   */
  static void once(Selector selector, boolean byAction, Consumer<SelectionKey> action)
      throws IOException {
    if (byAction) {
      selector.select(action);
      return;
    }
    selector.select();
    Iterator<SelectionKey> keys = selector.selectedKeys().iterator();
    while (keys.hasNext()) {
      SelectionKey key = keys.next();
      keys.remove();
      action.accept(key);
    }
  }
}
