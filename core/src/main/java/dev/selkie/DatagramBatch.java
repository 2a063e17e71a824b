package dev.selkie;

import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.MessageBatch;
import dev.selkie.kernel.MessageHeader;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * Datagrams that one system call receives or sends, in native memory of the batch's own: made by
 * {@link DatagramSource#newBatch}, and used for call after call of that source.
 *
 * <p>{@link DatagramSource#receive(DatagramBatch)} fills it anew. {@link #data} then shows the
 * bytes of a datagram and {@link #envelope} what came with it, until the next receive. To send,
 * {@link #clear} it, {@link #add} datagrams, and call {@link DatagramSource#send(DatagramBatch)}
 * until none {@linkplain #remaining() remain}.
 *
 * <p>Nothing but its making allocates; the memory is freed when the batch is no longer reachable.
 * Not thread-safe, and good for one call at a time.
 */
public final class DatagramBatch {
  /** What recvmmsg(2) and sendmmsg(2) take at most, UIO_MAXIOV. */
  private static final int MOST_DATAGRAMS = 1024;

  private static final int MOST_BYTES = 65_535;

  private final Source source;
  private final int bytes;
  private final MessageBatch messages;
  private final Consumer<? super MessageHeader> fitting;
  private final int[] lengths;
  private final Envelope toPeer = new Envelope();
  private int size;
  private int sent;

  /**
   * For who implements {@link DatagramSource}.
   *
   * @param source that it is good for
   * @param fitting makes an envelope's header one that the source can send
   * @throws IllegalArgumentException for a capacity or a count of bytes that no batch has
   */
  public DatagramBatch(
      Source source,
      Kernel kernel,
      int capacity,
      int bytes,
      Consumer<? super MessageHeader> fitting) {
    if (capacity < 1 || capacity > MOST_DATAGRAMS) {
      throw new IllegalArgumentException("a batch holds 1 to 1024 datagrams, not " + capacity);
    }
    if (bytes < 1 || bytes > MOST_BYTES) {
      throw new IllegalArgumentException("a datagram has room of 1 to 65535 bytes, not " + bytes);
    }
    this.source = source;
    this.bytes = bytes;
    this.messages = kernel.sockets().newBatch(capacity, bytes);
    this.fitting = fitting;
    this.lengths = new int[capacity];
  }

  /** How many datagrams it can hold. */
  public int capacity() {
    return lengths.length;
  }

  /** How many datagrams it holds, received or added. */
  public int size() {
    return size;
  }

  /** How many of those that were added are still to be sent. */
  public int remaining() {
    return size - sent;
  }

  /** How many bytes datagram {@code index} has. */
  public int length(int index) {
    return lengths[Objects.checkIndex(index, size)];
  }

  /**
   * The bytes of datagram {@code index}, from position 0 to the limit: a direct buffer, the same
   * object each time.
   */
  public ByteBuffer data(int index) {
    return messages.memory(Objects.checkIndex(index, size)).clear().limit(lengths[index]);
  }

  /** Whether received datagram {@code index} was longer than the room for it. */
  public boolean isTruncated(int index) {
    return messages.isTruncated(Objects.checkIndex(index, size));
  }

  /** Fills an envelope with what came with received datagram {@code index}, and returns it. */
  public Envelope envelope(int index, Envelope envelope) {
    messages.read(Objects.checkIndex(index, size), envelope.header());
    return envelope;
  }

  /** Forgets all datagrams. */
  public DatagramBatch clear() {
    size = 0;
    sent = 0;
    return this;
  }

  /** Adds a datagram to the peer of a connected socket; see {@link #add(ByteBuffer, Envelope)}. */
  public DatagramBatch add(ByteBuffer source) {
    return add(source, toPeer);
  }

  /**
   * Adds a copy of what remains in a buffer as a datagram to whom the envelope names. The buffer's
   * position moves to its limit.
   *
   * @throws IllegalStateException if the batch is full
   * @throws IllegalArgumentException if the datagram is longer than the room for it, or for an
   *     address that is unresolved or not of the Internet
   */
  public DatagramBatch add(ByteBuffer source, Envelope envelope) {
    int length = source.remaining();
    if (length > bytes) {
      throw new IllegalArgumentException(
          "a datagram of %d bytes for room of %d".formatted(length, bytes));
    }
    if (size == lengths.length) {
      throw new IllegalStateException(
          "the batch is full with %d datagrams: send it, then clear it".formatted(size));
    }
    fitting.accept(envelope.header());
    messages.write(size, length, envelope.header());
    messages.memory(size).clear().put(source);
    lengths[size++] = length;
    return this;
  }

  /** Leaves out the first datagrams of those that are to be sent. */
  public void skip(int count) {
    sent += Objects.checkIndex(count, size - sent + 1);
  }

  /**
   * The messages as the kernel has them: for who implements {@link DatagramSource}.
   *
   * @throws IllegalArgumentException if another source made the batch
   */
  @SuppressWarnings("ReferenceEquality") // a source is itself alone
  public MessageBatch of(Source source) {
    if (source != this.source) {
      throw new IllegalArgumentException(
          "a batch of " + this.source + " cannot be used with " + source);
    }
    return messages;
  }

  /** Says that a receive has ended with a count, none if negative: for who implements it. */
  public void received(int count) {
    size = Math.max(count, 0);
    sent = size;
    for (int i = 0; i < size; i++) {
      lengths[i] = messages.length(i);
    }
  }

  @Override
  public String toString() {
    return "%d of %d datagrams of %s".formatted(size, lengths.length, source);
  }
}
