package dev.selkie.descriptor;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** Addresses as messages show them. */
public final class AddressText {
  private AddressText() {}

  /** The address as {@code 127.0.0.1:80} or {@code [::1]:80}. */
  public static String of(InetSocketAddress address) {
    InetAddress host = address.getAddress();
    if (host == null) {
      return address.toString();
    }
    String literal = host.getHostAddress();
    return (host instanceof Inet6Address ? "[" + literal + "]:" : literal + ":")
        + address.getPort();
  }
}
