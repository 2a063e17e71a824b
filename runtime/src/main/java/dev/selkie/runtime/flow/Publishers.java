package dev.selkie.runtime.flow;

import dev.selkie.runtime.Incoming;
import dev.selkie.runtime.Input;
import java.nio.ByteBuffer;
import java.util.concurrent.Flow;

/**
 * Inputs and arrivals as publishers of reactive streams.
 *
 * <p>A publisher has one subscriber, since what is read is read once; another one gets {@link
 * IllegalStateException}. It reads no more than was requested, on the loop's thread, where it also
 * calls the subscriber: that must not block. Who cancels stops the reading, and leaves the source
 * open. When the loop is closed the subscriber gets {@link dev.selkie.runtime.ClosedLoopException}.
 */
public final class Publishers {
  private Publishers() {}

  /**
   * The bytes that come in, until their end.
   *
   * @param bufferBytes the capacity of a buffer. Each is a new one, which the subscriber may keep,
   *     and holds what one read has brought
   * @throws IllegalArgumentException if that is less than 1
   */
  public static Flow.Publisher<ByteBuffer> of(Input input, int bufferBytes) {
    if (bufferBytes < 1) {
      throw new IllegalArgumentException("buffers of " + bufferBytes + " bytes: at least 1");
    }
    return new Unicast<>(input.loop(), new Reading(input, bufferBytes));
  }

  /** What arrives, until it is closed: that is the end. */
  public static <T> Flow.Publisher<T> of(Incoming<T> incoming) {
    return new Unicast<>(incoming.loop(), new Arriving<>(incoming));
  }
}
