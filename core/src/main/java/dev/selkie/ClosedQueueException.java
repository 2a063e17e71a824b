package dev.selkie;

import java.io.Serial;

/** The event queue is closed: before the call, or while it waited. */
public final class ClosedQueueException extends IllegalStateException {
  @Serial private static final long serialVersionUID = 1;

  ClosedQueueException() {
    super("the event queue is closed");
  }
}
