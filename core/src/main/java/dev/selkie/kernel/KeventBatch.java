package dev.selkie.kernel;

/**
 * The events that one call of a {@link Kqueue} returned, in the kernel's own layout; numbers are
 * those of {@link Kqueue}. Not thread-safe.
 */
public interface KeventBatch extends AutoCloseable {
  /** How many events it can hold. */
  int capacity();

  /** What the filter watches. */
  long ident(int index);

  /** The {@code EVFILT_} number; 0 for one that has no number in {@link Kqueue}. */
  int filter(int index);

  /** The {@code EV_} bits. */
  int flags(int index);

  /** The {@code NOTE_} bits; with {@link Kqueue#EV_EOF} of a socket they are its error instead. */
  int fflags(int index);

  /** The filter's value; with {@link Kqueue#EV_ERROR} it is the change's error instead. */
  long data(int index);

  /**
   * The error of a change ({@link Kqueue#EV_ERROR}) or of a socket whose direction is over ({@link
   * Kqueue#EV_EOF} of {@link Kqueue#EVFILT_READ} and {@link Kqueue#EVFILT_WRITE}), as a positive
   * canonical number; 0 for none.
   */
  int error(int index);

  /** The token that the filter was last added with. */
  long token(int index);

  /** Frees its memory. */
  @Override
  void close();
}
