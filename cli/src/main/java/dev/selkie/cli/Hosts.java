package dev.selkie.cli;

import dev.selkie.cli.console.Failure;
import dev.selkie.cli.console.Output;
import dev.selkie.kernel.Kernel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/** Addresses of host names, by the kernel's resolver. */
final class Hosts {
  private Hosts() {}

  /** The preferred address of a host. */
  static InetSocketAddress resolve(Kernel kernel, String host, int port, String option)
      throws Failure {
    List<InetAddress> addresses = new ArrayList<>();
    int count = host.isBlank() ? 0 : kernel.names().resolve(host, addresses::add);
    if (count <= 0 || addresses.isEmpty()) {
      throw Failure.failed(
          "unknown host '%s': check the name given with %s"
              .formatted(Output.printable(host), option));
    }
    return new InetSocketAddress(addresses.getFirst(), port);
  }
}
