package dev.selkie.simulation;

import dev.selkie.kernel.Result;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The groups that one socket has joined, and of whom it hears there; ip(7), RFC 3678. */
final class Memberships {
  /** A group by an interface. */
  private record Key(InetAddress group, int interfaceIndex) {}

  /** The senders that are wanted, none for all. */
  private final Map<Key, Set<InetAddress>> joined = new HashMap<>();

  int join(InetAddress group, int index, @Nullable InetAddress source) {
    Key key = new Key(group, index);
    Set<InetAddress> sources = joined.get(key);
    if (source == null) {
      if (sources != null) {
        return Codes.EADDRINUSE;
      }
      joined.put(key, new LinkedHashSet<>());
      return 0;
    }
    if (sources == null) {
      sources = new LinkedHashSet<>();
      joined.put(key, sources);
    } else if (sources.isEmpty()) {
      return Result.EINVAL; // all are wanted
    }
    return sources.add(source) ? 0 : Codes.EADDRNOTAVAIL;
  }

  int leave(InetAddress group, int index, @Nullable InetAddress source) {
    Key key = new Key(group, index);
    Set<InetAddress> sources = joined.get(key);
    if (sources == null) {
      boolean v4 = group instanceof Inet4Address;
      return source != null && v4 ? Result.EINVAL : Codes.EADDRNOTAVAIL;
    }
    if (source == null) {
      joined.remove(key);
      return 0;
    }
    if (!sources.remove(source)) {
      return Codes.EADDRNOTAVAIL;
    }
    if (sources.isEmpty()) {
      joined.remove(key);
    }
    return 0;
  }

  boolean has(InetAddress group, int index) {
    return joined.containsKey(new Key(group, index));
  }

  /**
   * Whether what came to a group is for this socket. One that has not joined it hears it all the
   * same on Linux, once another one of the host has (IP_MULTICAST_ALL).
   */
  boolean take(InetAddress group, int index, InetAddress from, boolean strict) {
    Set<InetAddress> sources = joined.get(new Key(group, index));
    return sources == null ? !strict : sources.isEmpty() || sources.contains(from);
  }
}
