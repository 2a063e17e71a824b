package dev.selkie.cli.console;

import java.io.Serial;

/** What ends a command: one line that says what, why and what to do, and the exit status. */
public final class Failure extends Exception {
  /** The exit status of a command that could not do its work. */
  public static final int FAILED = 1;

  /** The exit status of a command that was called wrongly. */
  public static final int USAGE = 2;

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
  public static Failure failed(String line) {
    return new Failure(FAILED, line);
  }

  /** The command could not do its work because of an exception. */
  public static Failure failed(String line, Throwable cause) {
    return new Failure(FAILED, line, cause);
  }

  /** The command was called wrongly. */
  public static Failure usage(String line) {
    return new Failure(USAGE, line);
  }

  /** The exit status. */
  public int status() {
    return status;
  }

  /** The line. */
  public String line() {
    return String.valueOf(getMessage());
  }
}
