package dev.selkie.kernel;

import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** Where a kernel call puts the socket address that it returns beside its result. */
public final class AddressBuffer {
  private @Nullable SocketAddress address;

  /** A buffer without an address. */
  public AddressBuffer() {}

  /** The address of the last call, or null when that had none (an unnamed Unix socket). */
  public @Nullable SocketAddress address() {
    return address;
  }

  /** Called by the kernel. */
  public void set(@Nullable SocketAddress address) {
    this.address = address;
  }
}
