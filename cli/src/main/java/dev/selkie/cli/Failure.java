package dev.selkie.cli;

import java.io.Serial;

/** What ends a command: one line that says what, why and what to do, and the exit status. */
final class Failure extends Exception {
  /** The exit status of a command that could not do its work. */
  static final int FAILED = 1;

  /** The exit status of a command that was called wrongly. */
  static final int USAGE = 2;

  @Serial private static final long serialVersionUID = 1;

  private final int status;

  private Failure(int status, String line, Throwable cause) {
    super(line, cause);
    this.status = status;
  }

  private Failure(int status, String line) {
    super(line);
    this.status = status;
  }

  /** The command could not do its work. */
  static Failure failed(String line) {
    return new Failure(FAILED, line);
  }

  /** The command could not do its work because of an exception. */
  static Failure failed(String line, Throwable cause) {
    return new Failure(FAILED, line, cause);
  }

  /** The command was called wrongly. */
  static Failure usage(String line) {
    return new Failure(USAGE, line);
  }

  /** The exit status. */
  int status() {
    return status;
  }

  /** The line. */
  String line() {
    return String.valueOf(getMessage());
  }
}
