package dev.selkie.cli.watch;

import dev.selkie.EventQueue;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Something that is watched: one source, or several that belong together. */
interface Watched extends AutoCloseable {
  /** How it is called in what is printed of it: its option, and what was given with that. */
  String name();

  /** Registers its sources, level-triggered, each with this as its attachment. */
  void register(EventQueue<Watched> queue) throws IOException;

  /** Takes the next that has happened, or null if there is nothing now. */
  @Nullable Happening next() throws IOException;

  /** Whether nothing more can come. */
  default boolean isOver() {
    return false;
  }

  @Override
  void close();
}
