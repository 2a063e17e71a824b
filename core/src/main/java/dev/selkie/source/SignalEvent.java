package dev.selkie.source;

import java.util.Objects;

/**
 * What a {@link SignalSource} has to tell: that a signal has come.
 *
 * @param name its name without {@code SIG}: {@code HUP}
 * @param count how often it came since the source last told of it: more than 1 if it was not taken
 *     in time
 */
public record SignalEvent(String name, long count) {
  /** An arrival at least. */
  public SignalEvent {
    Objects.requireNonNull(name, "name");
    if (count < 1) {
      throw new IllegalArgumentException(count + " arrivals of the signal " + name);
    }
  }
}
