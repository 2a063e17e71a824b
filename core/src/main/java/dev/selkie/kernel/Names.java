package dev.selkie.kernel;

import java.net.InetAddress;
import java.util.function.Consumer;

/** A kernel's host names. */
public interface Names {
  /**
   * Resolves a host name or a literal address, getaddrinfo(3); may block for seconds.
   *
   * @param addresses receives the addresses in order of preference
   * @return the count of addresses, or ENOENT for an unknown host
   */
  default int resolve(String host, Consumer<? super InetAddress> addresses) {
    return Result.ENOSYS;
  }
}
