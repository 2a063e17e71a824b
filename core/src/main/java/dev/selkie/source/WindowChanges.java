package dev.selkie.source;

import dev.selkie.Descriptor;
import dev.selkie.ItemSource;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The changes of a terminal's window, each as its new size; {@link Terminal#windowChanges} makes
 * it. Several in quick succession are one.
 *
 * <p><b>Draining readiness.</b> It is readable until {@link #poll} has returned null, and may be
 * readable without a change.
 */
public final class WindowChanges implements ItemSource<WindowSize> {
  private final Terminal terminal;
  private final SignalSource signal;
  private volatile WindowSize last;

  private WindowChanges(Terminal terminal, SignalSource signal) throws IOException {
    this.terminal = terminal;
    this.signal = signal;
    this.last = terminal.windowSize();
  }

  static WindowChanges of(Terminal terminal) throws IOException {
    SignalSource signal = SignalSource.of(terminal.descriptor().kernel(), "WINCH");
    try {
      return new WindowChanges(terminal, signal);
    } catch (IOException e) {
      signal.close();
      throw e;
    }
  }

  /** The size that the window has now, if it has changed since this last told; null if not. */
  @Override
  public @Nullable WindowSize poll() throws IOException {
    while (signal.poll() != null) {
      // how many there were does not matter
    }
    WindowSize before = last;
    WindowSize now = terminal.windowSize();
    last = now;
    return now.equals(before) ? null : now;
  }

  @Override
  public Descriptor descriptor() {
    return signal.descriptor();
  }

  /** Leaves the terminal open. */
  @Override
  public void close() {
    signal.close();
  }

  @Override
  public String toString() {
    return "WindowChanges of " + terminal;
  }
}
