package dev.selkie.kernel.ffm;

import dev.selkie.kernel.Names;
import dev.selkie.kernel.Result;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.function.Consumer;

/** {@link Names} by the JDK, which asks getaddrinfo(3). */
final class SystemNames implements Names {
  @Override
  public int resolve(String host, Consumer<? super InetAddress> addresses) {
    try {
      InetAddress[] found = InetAddress.getAllByName(host);
      for (InetAddress address : found) {
        addresses.accept(address);
      }
      return found.length;
    } catch (UnknownHostException e) {
      return Result.ENOENT;
    }
  }
}
