package dev.selkie.conformance;

import dev.selkie.kernel.Kernel;
import java.util.List;

/** What the contract is run on here. */
public final class Configurations {
  private Configurations() {}

  /** All configurations that this machine can run. */
  public static List<Configuration> all() {
    return List.of(new Configuration("epoll", Kernel::system, "epoll"));
  }
}
