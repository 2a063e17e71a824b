package dev.selkie.net;

import dev.selkie.ByteInput;
import dev.selkie.ByteOutput;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.UnixAddress;
import java.io.IOException;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** A socket with one peer, of whatever family of addresses: what connects, or was accepted. */
public sealed interface StreamSocket extends ByteInput, ByteOutput permits TcpStream, UnixStream {
  /**
   * Starts a connection of the family that the address is of: {@link TcpStream#connect(Kernel,
   * SocketAddress)} or {@link UnixStream#connect(Kernel, SocketAddress)}.
   */
  static StreamSocket connect(Kernel kernel, SocketAddress address) throws IOException {
    return UnixAddress.of(address) == null
        ? TcpStream.connect(kernel, address)
        : UnixStream.connect(kernel, address);
  }

  /**
   * The outcome of the connection attempt.
   *
   * @return true once connected, false while the outcome is open
   * @throws dev.selkie.kernel.SystemCallException if the attempt failed, at each call
   */
  boolean finishConnect() throws IOException;

  /** The socket's own address. */
  SocketAddress localAddress() throws IOException;

  /** The peer's address; null if it was never told. */
  @Nullable SocketAddress remoteAddress();
}
