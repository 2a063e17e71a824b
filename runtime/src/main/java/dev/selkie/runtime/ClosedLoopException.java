package dev.selkie.runtime;

import java.nio.channels.AsynchronousCloseException;

/** An operation ended, or did not begin, because its event loop was closed. */
public final class ClosedLoopException extends AsynchronousCloseException {
  private static final long serialVersionUID = 1;

  ClosedLoopException() {}

  @Override
  public String getMessage() {
    return "the event loop was closed";
  }
}
