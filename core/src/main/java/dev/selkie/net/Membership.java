package dev.selkie.net;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Membership in a multicast group: {@code Membership.of(group).by("eth0").from(sender)}.
 *
 * @param group the group's address
 * @param interfaceName the network interface that its datagrams come by; null to let the system
 *     choose
 * @param source the one sender that is wanted; null for all
 */
public record Membership(
    InetAddress group, @Nullable String interfaceName, @Nullable InetAddress source) {
  /**
   * A membership.
   *
   * @throws IllegalArgumentException if the group is none, or the source not of its family
   */
  public Membership {
    if (!Objects.requireNonNull(group, "group").isMulticastAddress()) {
      throw new IllegalArgumentException(
          "%s is no multicast group: those are 224.0.0.0/4 and ff00::/8"
              .formatted(group.getHostAddress()));
    }
    if (source != null && source instanceof Inet4Address != group instanceof Inet4Address) {
      throw new IllegalArgumentException(
          "the group %s and the source %s are not of one family"
              .formatted(group.getHostAddress(), source.getHostAddress()));
    }
  }

  /** All that is sent to a group, by the interface that the system chooses. */
  public static Membership of(InetAddress group) {
    return new Membership(group, null, null);
  }

  /** The same by a network interface of that name. */
  public Membership by(String interfaceName) {
    return new Membership(group, Objects.requireNonNull(interfaceName, "interfaceName"), source);
  }

  /** The same of one sender alone (RFC 4607; not on OpenBSD, NetBSD and DragonFly). */
  public Membership from(InetAddress source) {
    return new Membership(group, interfaceName, Objects.requireNonNull(source, "source"));
  }

  /** Group, interface and source as far as they are named: {@code 239.1.2.3 by eth0}. */
  @Override
  public String toString() {
    return group.getHostAddress()
        + (interfaceName == null ? "" : " by " + interfaceName)
        + (source == null ? "" : " from " + source.getHostAddress());
  }
}
