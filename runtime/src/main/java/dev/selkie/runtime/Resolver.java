package dev.selkie.runtime;

import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Finds the addresses of a host, for {@link EventLoop#connect(String, int, java.time.Duration)}:
 * what {@link EventLoopBuilder#resolver} takes in place of the kernel's names, which are asked for
 * on a thread elsewhere.
 *
 * <p>It is not asked for literal addresses, nor for {@code localhost} and names below it, which are
 * those of the machine itself (RFC 6761, section 6.3).
 */
@FunctionalInterface
public interface Resolver {
  /**
   * Begins to find the addresses of a name. It is called on whatever thread connects, and must not
   * block.
   *
   * @return the addresses, those to be preferred first; empty, or a failure with {@link
   *     java.net.UnknownHostException}, for an unknown host. It is cancelled when nobody wants it
   *     any more
   */
  CompletableFuture<List<InetAddress>> resolve(String host);
}
