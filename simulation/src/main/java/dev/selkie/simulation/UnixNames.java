package dev.selkie.simulation;

import dev.selkie.kernel.Files;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.Sockets;
import dev.selkie.kernel.UnixAddress;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The names of a host's Unix sockets: paths of its files, and on Linux abstract names. */
final class UnixNames {
  /** sun_path with its NUL. */
  private static final int LINUX_BYTES = 108;

  private static final int BSD_BYTES = 104;
  private static final int WRITE = 0200;

  private final SimulatedKernel kernel;
  private final Map<UnixAddress, UnixSocket> abstractNames = new HashMap<>();
  private int chosen;

  UnixNames(SimulatedKernel kernel) {
    this.kernel = kernel;
  }

  int longestPath() {
    return (kernel.system().isLinux() ? LINUX_BYTES : BSD_BYTES) - 1;
  }

  private boolean fits(UnixAddress address) {
    return address.length() <= longestPath() + (address.isAbstract() ? 1 : 0)
        && (kernel.system().isLinux() || address.isPath());
  }

  /** A free name, as Linux chooses one for a socket that is bound to none: five digits. */
  UnixAddress choose() {
    return UnixAddress.abstractName("%05x".formatted(++chosen));
  }

  /** Gives a socket a name: 0 or a negative code. */
  int add(UnixAddress name, UnixSocket socket) {
    String path = name.path();
    if (!fits(name)) {
      return Result.EINVAL;
    }
    if (path != null) {
      return kernel.fileTree().makeSocket(path, socket);
    }
    return abstractNames.putIfAbsent(name, socket) == null ? 0 : Codes.EADDRINUSE;
  }

  /** A socket has ended: an abstract name is free again, a path stays and leads to nobody. */
  void remove(UnixAddress name) {
    abstractNames.remove(name);
  }

  /** The socket that a name leads to, if it is of a type. */
  @Nullable UnixSocket find(UnixAddress name, Sockets.Type type) {
    UnixSocket socket = find(name);
    return socket != null && socket.is(type) ? socket : null;
  }

  private @Nullable UnixSocket find(UnixAddress name) {
    String path = name.path();
    if (path == null) {
      return abstractNames.get(name);
    }
    FileNode node = kernel.fileTree().find(path);
    if (node == null || (node.permissions & WRITE) == 0) {
      return null;
    }
    return node.occupant instanceof UnixSocket socket && socket.isOpen() ? socket : null;
  }

  /** Why there is no such socket. */
  int whyNot(UnixAddress name) {
    String path = name.path();
    if (!fits(name)) {
      return Result.EINVAL;
    }
    if (path != null) {
      SimulatedFileTree.Place place = kernel.fileTree().resolve(path, true);
      FileNode node = place.node();
      if (node == null) {
        return place.error();
      }
      if ((node.permissions & WRITE) == 0) {
        return Codes.EACCES;
      }
      if (node.kind != Files.S_IFSOCK) {
        return Codes.ECONNREFUSED;
      }
    }
    return find(name) == null ? Codes.ECONNREFUSED : Codes.EPROTOTYPE;
  }
}
