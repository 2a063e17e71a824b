package dev.selkie.descriptor;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

/** Addresses as messages show them. */
public final class AddressText {
  private AddressText() {}

  /** The address as {@code 127.0.0.1:80} or {@code [::1]:80}; one of another family as it is. */
  public static String of(SocketAddress any) {
    if (!(any instanceof InetSocketAddress address) || address.getAddress() == null) {
      return any.toString();
    }
    InetAddress host = address.getAddress();
    String literal = host.getHostAddress();
    return (host instanceof Inet6Address ? "[" + literal + "]:" : literal + ":")
        + address.getPort();
  }
}
