package dev.selkie;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * A source of whole items that never waits: connections, signals, ticks, changes.
 *
 * @param <T> the type of item
 */
public interface ItemSource<T> extends Source {
  /**
   * The next item, or null when there is none now.
   *
   * @throws java.nio.channels.ClosedChannelException after close
   */
  @Nullable T poll() throws IOException;
}
