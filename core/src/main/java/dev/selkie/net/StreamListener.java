package dev.selkie.net;

import dev.selkie.ItemSource;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.UnixAddress;
import java.io.IOException;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * A socket that accepts connections, of whatever family of addresses.
 *
 * @param <S> the type of connection
 */
public sealed interface StreamListener<S extends StreamSocket> extends ItemSource<S>
    permits TcpListener, UnixListener {
  /**
   * Listens at an address, in its family: {@link TcpListener#bind(Kernel, SocketAddress)} or {@link
   * UnixListener#bind(Kernel, SocketAddress)}.
   */
  static StreamListener<?> bind(Kernel kernel, SocketAddress address) throws IOException {
    return UnixAddress.of(address) == null
        ? TcpListener.bind(kernel, address)
        : UnixListener.bind(kernel, address);
  }

  /** The next connection of the backlog, or null if none waits. */
  @Nullable S accept() throws IOException;

  /** The address that it listens at. */
  SocketAddress localAddress();
}
