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

  /** Sends to an address. An {@link Envelope} that is kept saves what this allocates. */
  default int send(ByteBuffer source, SocketAddress to) throws IOException {
    return send(source, Envelope.to(to));
  }
}
