package dev.selkie.cli.queue;

import dev.selkie.Event;

/** What a loop calls when a source is ready: the attachment of every registration here. */
interface ReadyHandler {
  /** Acts on the event; deals with its own failures. */
  void ready(Event<ReadyHandler> event);
}
