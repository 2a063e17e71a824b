package dev.selkie.conformance;

import java.util.List;

/** What the contract is run on here. */
public final class Configurations {
  private static final List<Configuration> ALL = List.of(Configuration.machine("epoll", "epoll"));

  private Configurations() {}

  /** All configurations that this machine can run. */
  public static List<Configuration> all() {
    return ALL;
  }
}
