package dev.selkie;

import java.io.IOException;
import java.net.SocketAddress;
import java.nio.ByteBuffer;

/**
 * A source and a sink of datagrams that never waits: one of the shapes of source.
 *
 * <p>Each call makes one system call and moves one datagram whole. It returns the count of bytes,
 * where 0 is an empty datagram and no end, or {@link Io#NOT_READY} when it would have had to wait.
 * The buffer is heap or direct; its position advances by the count. Only {@link Io#NOT_READY} says
 * that nothing waits to be received.
 *
 * <p>What a datagram needs more room for than remains in the buffer is lost: an {@link Envelope}
 * tells that, and the sender. Of a heap buffer a datagram has 64 KiB at most.
 *
 * <p>Calls may come from any thread, with a buffer and an envelope of their own each. A failed call
 * throws a {@link dev.selkie.kernel.SystemCallException} and moves nothing; after close, {@link
 * java.nio.channels.ClosedChannelException}. A read-only target throws {@link
 * java.nio.ReadOnlyBufferException}.
 */
public interface DatagramSource extends Source {
  /** Receives a datagram, of whose sender nothing is asked. */
  int receive(ByteBuffer target) throws IOException;

  /** Receives a datagram, and fills the envelope; which stays as it is if there was none. */
  int receive(ByteBuffer target, Envelope envelope) throws IOException;

  /** Sends what remains in the buffer as one datagram, to the peer of a connected socket. */
  int send(ByteBuffer source) throws IOException;

  /** Sends to whom the envelope names: after a receive with it, that datagram's sender. */
  int send(ByteBuffer source, Envelope envelope) throws IOException;

  /**
   * Whether the source becomes writable when whom the envelope names has room again. Of a Unix
   * socket that is not connected it does not: who found that "not ready" tries again now and then.
   */
  default boolean tellsOfRoom(Envelope envelope) {
    return true;
  }

  /** Sends to an address. An {@link Envelope} that is kept saves what this allocates. */
  default int send(ByteBuffer source, SocketAddress to) throws IOException {
    return send(source, Envelope.to(to));
  }

  /**
   * Room for datagrams that one call receives or sends, where the source has such calls.
   *
   * @param capacity how many datagrams, 1 to 1024
   * @param bytes how long each may be, 1 to 65535
   * @throws UnsupportedOperationException if the source moves single datagrams only
   */
  default DatagramBatch newBatch(int capacity, int bytes) {
    throw new UnsupportedOperationException("no batches of datagrams: " + this);
  }

  /**
   * Receives what datagrams there are, as many as the batch has room for, in place of those that it
   * had.
   *
   * @return how many, at least 1, or {@link Io#NOT_READY}
   */
  default int receive(DatagramBatch batch) throws IOException {
    throw new UnsupportedOperationException("no batches of datagrams: " + this);
  }

  /**
   * Sends what datagrams remain in the batch, in order, as many as the system takes; the others
   * remain. An error is told by the call that begins with the datagram that met it, which remains
   * too: {@link DatagramBatch#skip} leaves it out. But of a peer's refusal (ECONNREFUSED), which
   * comes some time after the datagram that was refused, nobody is told if Linux meets it amid a
   * batch: sendmmsg(2) takes it off the socket then, and returns how many were sent.
   *
   * @return how many were sent, 0 if none remained, or {@link Io#NOT_READY}
   */
  default int send(DatagramBatch batch) throws IOException {
    throw new UnsupportedOperationException("no batches of datagrams: " + this);
  }
}
