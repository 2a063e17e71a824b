package dev.selkie.kernel;

import java.net.InetAddress;
import java.util.function.Consumer;

/** {@link Names} through the hook of a {@link ForwardingKernel}. */
final class ForwardingNames implements Names {
  private final ForwardingKernel kernel;
  private final Names part;

  ForwardingNames(ForwardingKernel kernel, Names part) {
    this.kernel = kernel;
    this.part = part;
  }

  @Override
  public int resolve(String host, Consumer<? super InetAddress> addresses) {
    return (int) kernel.call(SystemCall.RESOLVE, -1, 0, _ -> part.resolve(host, addresses));
  }
}
