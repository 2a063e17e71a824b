package dev.selkie.source;

import dev.selkie.kernel.SystemCallException;
import java.io.IOException;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The time in which a terminal is in raw mode, which {@link Terminal#enterRawMode} begins and
 * {@link #close} ends; so does the close of the terminal. Of several, close the inner one first.
 */
public final class RawMode implements AutoCloseable {
  /** Those that the end of the JVM would find open, the last one first to be restored. */
  private static final Set<RawMode> OPEN = ConcurrentHashMap.newKeySet();

  private static long begun; // guarded by the class
  private static boolean ended; // guarded by the class

  private final Terminal terminal;
  private final byte[] before;
  private final long order;
  private boolean over; // guarded by this

  private RawMode(Terminal terminal, byte[] before, long order) {
    this.terminal = terminal;
    this.before = before;
    this.order = order;
  }

  /** Notes what is to be restored; from here on the end of the JVM does it. */
  static synchronized RawMode begin(Terminal terminal, byte[] before) {
    requireRunning(!ended);
    if (begun == 0) {
      Runtime.getRuntime().addShutdownHook(new Thread(RawMode::restoreAll, "selkie-terminals"));
    }
    RawMode mode = new RawMode(terminal, before, ++begun);
    OPEN.add(mode);
    return mode;
  }

  /** Those of a terminal, or all, the last one first. */
  @SuppressWarnings("ReferenceEquality") // a terminal is itself
  private static List<RawMode> open(@Nullable Terminal terminal) {
    return OPEN.stream()
        .filter(mode -> terminal == null || mode.terminal == terminal)
        .sorted(Comparator.comparingLong((RawMode mode) -> mode.order).reversed())
        .toList();
  }

  private static void requireRunning(boolean running) {
    if (!running) {
      throw new IllegalStateException(
          "the JVM shuts down, or the terminal is closed: nothing would end raw mode");
    }
  }

  private static synchronized void end() {
    ended = true;
  }

  private static void restoreAll() {
    end();
    for (RawMode mode : open(null)) {
      try {
        mode.close();
      } catch (IOException e) {
        System.getLogger("dev.selkie")
            .log(System.Logger.Level.WARNING, "a terminal is left in raw mode", e);
      }
    }
  }

  /** Restores a terminal that is about to be closed, as far as there is still one. */
  static void restore(Terminal terminal) {
    for (RawMode mode : open(terminal)) {
      try {
        mode.close();
      } catch (IOException e) {
        // it was hung up, or closed by another thread: nobody sees its mode any more
      }
    }
  }

  interface Change {
    void make() throws IOException;
  }

  /**
   * Sets the mode; who restores it meanwhile waits, so that it comes after.
   *
   * @throws IllegalStateException if it has been restored already
   */
  synchronized void enter(Change change) throws IOException {
    requireRunning(!over);
    try {
      change.make();
    } catch (IOException e) {
      over = true;
      OPEN.remove(this);
      throw e;
    }
  }

  /**
   * Gives the terminal back its mode of before; the second time it does nothing.
   *
   * @throws SystemCallException if the system refuses, such as EIO: the terminal was hung up
   */
  @Override
  public synchronized void close() throws IOException {
    if (!over) {
      over = true;
      OPEN.remove(this);
      terminal.restore(before);
    }
  }
}
