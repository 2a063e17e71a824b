package dev.selkie;

import dev.selkie.kernel.MessageHeader;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * What goes with a datagram beside its bytes: whom it came from and whether it was cut, or whom it
 * is sent to.
 *
 * <p>An envelope belongs to the program, which uses it for one datagram after the other: {@link
 * DatagramSource#receive(java.nio.ByteBuffer, Envelope)} fills it anew, and a {@link
 * DatagramSource#send(java.nio.ByteBuffer, Envelope) send} with it answers the sender. Neither
 * allocates, and {@link #address} does only when the sender is another one than that of the last
 * call. Keep the address of a datagram, not its envelope.
 *
 * <p>Not thread-safe.
 */
public final class Envelope {
  private final MessageHeader header = new MessageHeader();

  /** An envelope without an address. */
  public Envelope() {}

  /** An envelope to somebody; the same as {@link #address(SocketAddress)} on a new one. */
  public static Envelope to(SocketAddress address) {
    return new Envelope().address(address);
  }

  /**
   * Whom the last datagram came from, or the next one goes to; null if nobody was named, as by an
   * unnamed Unix socket.
   */
  public @Nullable SocketAddress address() {
    return header.address().address();
  }

  /** Names whom the next datagram goes to; null for the peer of a connected socket. */
  public Envelope address(@Nullable SocketAddress address) {
    header.address().set(address);
    return this;
  }

  /** Whether the last datagram was longer than the room that it was received to. */
  public boolean isTruncated() {
    return header.isTruncated();
  }

  /** As the kernel fills and reads it: for who implements {@link DatagramSource}. */
  public MessageHeader header() {
    return header;
  }

  @Override
  public String toString() {
    return address() + (isTruncated() ? ", truncated" : "");
  }
}
