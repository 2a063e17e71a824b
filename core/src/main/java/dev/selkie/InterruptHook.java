package dev.selkie;

import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.spi.AbstractSelectableChannel;
import java.nio.channels.spi.AbstractSelector;
import java.nio.channels.spi.SelectorProvider;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What makes {@link Thread#interrupt} end a wait in a foreign call.
 *
 * <p>The JDK calls {@link #wakeup} of the selector between whose {@code begin} and {@code end} the
 * interrupted thread is, at once when it is interrupted already; there is no other hook. It is used
 * as nothing but that hook.
 */
final class InterruptHook extends AbstractSelector {
  /** A hook has no channels: to ask for the JDK's provider would only load it. */
  private static final @Nullable SelectorProvider NO_PROVIDER = null;

  private final Runnable onInterrupt;

  InterruptHook(Runnable onInterrupt) {
    super(NO_PROVIDER);
    this.onInterrupt = onInterrupt;
  }

  void beginWait() {
    begin();
  }

  void endWait() {
    end();
  }

  @Override
  public Selector wakeup() {
    onInterrupt.run();
    return this;
  }

  @Override
  protected void implCloseSelector() {}

  @Override
  protected SelectionKey register(AbstractSelectableChannel channel, int ops, Object attachment) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Set<SelectionKey> keys() {
    throw new UnsupportedOperationException();
  }

  @Override
  public Set<SelectionKey> selectedKeys() {
    throw new UnsupportedOperationException();
  }

  @Override
  public int selectNow() {
    throw new UnsupportedOperationException();
  }

  @Override
  public int select(long timeout) {
    throw new UnsupportedOperationException();
  }

  @Override
  public int select() {
    throw new UnsupportedOperationException();
  }
}
