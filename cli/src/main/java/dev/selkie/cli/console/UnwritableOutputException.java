package dev.selkie.cli.console;

import java.io.IOException;
import java.io.Serial;
import java.io.UncheckedIOException;

/** The standard output cannot be written: the cause says why. */
final class UnwritableOutputException extends UncheckedIOException {
  @Serial private static final long serialVersionUID = 1;

  UnwritableOutputException(IOException cause) {
    super(
        "cannot write to the standard output: %s; check where it goes, or send it elsewhere"
            .formatted(cause.getMessage() == null ? cause.toString() : cause.getMessage()),
        cause);
  }

  /** Whether nobody reads the output any more. */
  boolean isClosed() {
    return getCause() instanceof ClosedOutputException;
  }
}
