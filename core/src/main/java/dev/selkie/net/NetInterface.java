package dev.selkie.net;

import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SystemCallException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A network interface of a host, if_nameindex(3).
 *
 * @param name its name, such as {@code eth0}
 * @param index its number, at least 1
 */
public record NetInterface(String name, int index) {
  /** An interface. */
  public NetInterface {
    Objects.requireNonNull(name, "name");
  }

  /** The interfaces of the current kernel's host. */
  public static List<NetInterface> all() throws IOException {
    return all(Kernel.current());
  }

  /** The interfaces of a host. */
  public static List<NetInterface> all(Kernel kernel) throws IOException {
    Map<String, Integer> found = new LinkedHashMap<>();
    int result = kernel.sockets().interfaces(found);
    if (result < 0) {
      throw new SystemCallException("if_nameindex", "", result, kernel);
    }
    List<NetInterface> all = new ArrayList<>();
    found.forEach((name, index) -> all.add(new NetInterface(name, index)));
    return all;
  }

  /** The interface of a name on the current kernel's host; see {@link #named(Kernel, String)}. */
  public static NetInterface named(String name) throws IOException {
    return named(Kernel.current(), name);
  }

  /**
   * The interface of a name.
   *
   * @throws SystemCallException ENODEV if there is none, with the names of those that there are
   */
  public static NetInterface named(Kernel kernel, String name) throws IOException {
    Objects.requireNonNull(name, "name");
    List<NetInterface> all = all(kernel);
    for (NetInterface one : all) {
      if (one.name.equals(name)) {
        return one;
      }
    }
    List<String> names = all.stream().map(NetInterface::name).toList();
    throw new SystemCallException(
        "if_nametoindex", name + ", there are " + names, Result.ENODEV, kernel);
  }
}
