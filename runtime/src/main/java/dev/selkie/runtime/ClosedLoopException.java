package dev.selkie.runtime;

import java.nio.channels.AsynchronousCloseException;

/** An operation ended, or did not begin, because its event loop was closed. */
public final class ClosedLoopException extends AsynchronousCloseException {
  private static final long serialVersionUID = 1;

  /** For what belongs to a loop that was closed. */
  public ClosedLoopException() {}

  @Override
  public String getMessage() {
    return "the event loop was closed";
  }
}
