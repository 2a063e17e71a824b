package dev.selkie.kernel;

import java.nio.ByteBuffer;

/**
 * Messages that one call receives or sends, in the kernel's own layout, with room for the bytes and
 * the header of each. Made by {@link Sockets#newBatch} and good for that kernel's calls alone.
 * Nothing but its making allocates. Not thread-safe.
 */
public interface MessageBatch {
  /** How many messages it can hold. */
  int capacity();

  /**
   * The memory of message {@code index}, the same object each time: a receive or a send uses it
   * from its beginning, whatever its position.
   */
  ByteBuffer memory(int index);

  /** How many bytes of message {@code index} the last receive has put into its memory. */
  int length(int index);

  /** Whether message {@code index} was longer than its memory. */
  boolean isTruncated(int index);

  /** Puts what came with message {@code index} into a header. */
  void read(int index, MessageHeader header);

  /**
   * Makes the beginning of its memory message {@code index} of the next send, to whom the header
   * names and with its outgoing control data.
   *
   * @throws IllegalArgumentException for an address that is not of the Internet
   * @throws UnsupportedOperationException for control data that the system does not take
   */
  void write(int index, int length, MessageHeader header);
}
