package dev.selkie.simulation;

import dev.selkie.kernel.AddressBuffer;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** A socket with Internet addresses. */
abstract sealed class InternetSocket extends SocketFile permits TcpSocket, UdpSocket {
  final boolean v6;
  private @Nullable InetSocketAddress local;
  private @Nullable InetSocketAddress remote;

  InternetSocket(SimulatedKernel kernel, boolean v6, SocketOptions options) {
    super(kernel, options);
    this.v6 = v6;
  }

  /** Its own address, or null while it has none. */
  final @Nullable InetSocketAddress local() {
    return local;
  }

  final void setLocal(@Nullable InetSocketAddress address) {
    local = address;
  }

  /** The address that it is, or is being, connected to. */
  final @Nullable InetSocketAddress remote() {
    return remote;
  }

  final void setRemote(@Nullable InetSocketAddress address) {
    remote = address;
  }

  @Override
  final int localAddress(AddressBuffer address) {
    address.set(local == null ? Internet.unbound(v6) : local);
    return 0;
  }

  @Override
  public final String toString() {
    return kind() + " " + Internet.text(local) + " of " + kernel.hostName();
  }
}
