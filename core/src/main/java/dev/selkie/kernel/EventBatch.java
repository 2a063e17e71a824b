package dev.selkie.kernel;

/** The events that one wait returned, in the kernel's own layout. Not thread-safe. */
public interface EventBatch extends AutoCloseable {
  /** How many events it can hold. */
  int capacity();

  /** The token that event {@code index} was registered with. */
  long token(int index);

  /** The bits of event {@code index}, as {@link Epoll} names them. */
  int events(int index);

  /** Frees its memory. */
  @Override
  void close();
}
