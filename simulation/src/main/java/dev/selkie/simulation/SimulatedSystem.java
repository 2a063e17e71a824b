package dev.selkie.simulation;

/** The systems whose kernels can be simulated. */
public enum SimulatedSystem {
  /** Linux 6. */
  LINUX("Linux"),
  /** macOS. */
  MACOS("macOS"),
  /** FreeBSD 12 and later. */
  FREEBSD("FreeBSD"),
  /** OpenBSD. */
  OPENBSD("OpenBSD"),
  /** NetBSD. */
  NETBSD("NetBSD"),
  /** DragonFly BSD. */
  DRAGONFLY("DragonFly");

  private final String label;

  SimulatedSystem(String label) {
    this.label = label;
  }

  /** The system's name as messages show it. */
  public String label() {
    return label;
  }

  boolean isLinux() {
    return this == LINUX;
  }
}
