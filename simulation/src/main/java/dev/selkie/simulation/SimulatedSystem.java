package dev.selkie.simulation;

import org.jspecify.annotations.Nullable;

/** The systems whose kernels can be simulated. */
public enum SimulatedSystem {
  /** Linux 6. */
  LINUX("Linux", null),
  /** macOS. */
  MACOS("macOS", KeventAbi.MACOS),
  /** FreeBSD 12 and later. */
  FREEBSD("FreeBSD", KeventAbi.FREEBSD),
  /** OpenBSD. */
  OPENBSD("OpenBSD", KeventAbi.OPENBSD),
  /** NetBSD. */
  NETBSD("NetBSD", KeventAbi.NETBSD),
  /** DragonFly BSD. */
  DRAGONFLY("DragonFly", KeventAbi.DRAGONFLY);

  private final String label;
  private final @Nullable KeventAbi kevents;

  SimulatedSystem(String label, @Nullable KeventAbi kevents) {
    this.label = label;
    this.kevents = kevents;
  }

  /** The system's name as messages show it. */
  public String label() {
    return label;
  }

  /** How its kqueue speaks, or null if it has none. */
  @Nullable KeventAbi kevents() {
    return kevents;
  }

  boolean isLinux() {
    return this == LINUX;
  }
}
