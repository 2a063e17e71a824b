package dev.selkie.runtime;

import dev.selkie.Event;
import dev.selkie.Source;

/**
 * What a {@link Watch} calls at each event.
 *
 * @param <S> the type of source
 */
@FunctionalInterface
public interface ReadyHandler<S extends Source> {
  /**
   * The source has an event; on the loop's thread, which it must not block.
   *
   * @param event the queue's own object: it holds until this returns
   * @throws Exception anything: it goes to the loop's handler, and the watch goes on
   */
  void ready(S source, Event<?> event) throws Exception;
}
