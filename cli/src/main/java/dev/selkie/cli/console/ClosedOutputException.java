package dev.selkie.cli.console;

import java.io.IOException;
import java.io.Serial;

/** Nobody reads the standard output any more: the command ends without a word. */
public final class ClosedOutputException extends IOException {
  /** What a shell shows of a program that SIGPIPE ended: 128 + 13. */
  static final int STATUS = 141;

  @Serial private static final long serialVersionUID = 1;

  public ClosedOutputException() {
    super("the standard output is closed");
  }
}
