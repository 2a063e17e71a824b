package dev.selkie.kernel;

/** Changes of a {@link Kqueue}, in the kernel's own layout. Not thread-safe. */
public interface ChangeBatch extends AutoCloseable {
  /** How many changes it can hold. */
  int capacity();

  /**
   * Lays a change, EV_SET(3).
   *
   * @param index where, from 0
   * @param ident what the filter watches: a descriptor's number, or an identifier of the caller's
   * @param filter an {@code EVFILT_} of {@link Kqueue}
   * @param flags {@code EV_} bits
   * @param fflags {@code NOTE_} bits
   * @param data the filter's parameter
   * @param token comes back with the events
   */
  void set(int index, long ident, int filter, int flags, int fflags, long data, long token);

  /** Frees its memory. */
  @Override
  void close();
}
