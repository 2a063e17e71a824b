package dev.selkie.runtime.task;

import org.jspecify.annotations.Nullable;

/** What comes, or goes wrong, when nobody asks for it any more. */
final class Late {
  private Late() {}

  /** Closes a result that nobody takes, if it is something to close. */
  static void close(@Nullable Object result) {
    if (result instanceof AutoCloseable open) {
      try {
        open.close();
      } catch (Throwable e) {
        tell("a result that came too late was not closed", e);
      }
    }
  }

  /** Says what there is nobody to throw at. */
  static void tell(String what, Throwable thrown) {
    System.getLogger("dev.selkie.runtime").log(System.Logger.Level.WARNING, what, thrown);
  }
}
