package dev.selkie;

/**
 * What can be ready: an object that has a descriptor.
 *
 * <p>A queue registers the descriptor; the source reads, writes and closes it. A type of your own
 * implements this by handing on the descriptor of a {@link dev.selkie.source.RawSource}.
 *
 * <p><b>Closing.</b> Closing a source cancels its registrations in every queue first, in whatever
 * order sources and queues are closed. It is idempotent and may come from any thread: an operation
 * that is under way ends before the descriptor's number goes back to the system, and a later one
 * throws {@link java.nio.channels.ClosedChannelException}.
 */
public interface Source extends AutoCloseable {
  /** The descriptor; the same object at each call, also after close. */
  Descriptor descriptor();

  /** Whether the source was not closed. */
  default boolean isOpen() {
    return descriptor().isOpen();
  }

  @Override
  void close();
}
