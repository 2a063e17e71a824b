package dev.selkie.kernel;

/**
 * The descriptors of a {@link Poll#await}, in the system's layout: places numbered from 0.
 *
 * <p>It belongs to one thread at a time; during a wait nobody changes it.
 */
public interface PollSet {
  /** How many places there are. */
  int capacity();

  /** Makes room for so many places, and keeps what is set. */
  void grow(int capacity);

  /**
   * Says what a place asks for: the {@link Poll} bits of a descriptor; a negative one is passed
   * over.
   */
  void set(int place, int descriptor, int events);

  /** The {@link Poll} bits that the last wait found at a place, asked for or not. */
  int happened(int place);

  /** Frees the memory. */
  void close();
}
