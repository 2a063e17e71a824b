package dev.selkie.simulation;

import dev.selkie.kernel.Names;
import dev.selkie.kernel.Result;
import java.net.InetAddress;
import java.util.List;
import java.util.function.Consumer;

/** {@link Names} of a network: literals, localhost, and the names of its hosts. */
final class SimulatedNames implements Names {
  private final SimulatedKernel kernel;

  SimulatedNames(SimulatedKernel kernel) {
    this.kernel = kernel;
  }

  @Override
  public int resolve(String host, Consumer<? super InetAddress> addresses) {
    SimulatedNetwork network = kernel.network();
    List<InetAddress> found;
    network.enter();
    try {
      found = network.internet().resolve(host);
      kernel.traced("getaddrinfo " + host, 0, 0, found.size());
    } finally {
      network.exit();
    }
    found.forEach(addresses);
    return found.isEmpty() ? Result.ENOENT : found.size();
  }
}
