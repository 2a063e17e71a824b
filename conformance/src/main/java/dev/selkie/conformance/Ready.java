package dev.selkie.conformance;

import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.Source;
import java.io.IOException;
import java.time.Duration;

/** Waiting for a source in a test, with a deadline. */
public final class Ready {
  /** Long enough for a loaded machine, short enough for a test that fails. */
  public static final Duration DEADLINE = Duration.ofSeconds(10);

  private Ready() {}

  /** Waits until a source is ready, by a queue made for that. */
  public static void await(Configuration configuration, Source source, Interest interest)
      throws IOException {
    if (!within(configuration, source, interest, DEADLINE)) {
      throw new AssertionError(source + " is not " + interest + " after " + DEADLINE);
    }
  }

  /** Whether a source is ready before a time is over. */
  public static boolean within(
      Configuration configuration, Source source, Interest interest, Duration time)
      throws IOException {
    try (EventQueue<String> queue = configuration.queue(source.descriptor().kernel())) {
      queue.register(source, interest, "source");
      return !queue.await(time).isEmpty();
    }
  }
}
