package dev.selkie.kernel;

import dev.selkie.kernel.ffm.NativeKernel;

/** The kernel in force: the bound one, else the machine's own. */
final class CurrentKernel {
  static final ScopedValue<Kernel> CURRENT = ScopedValue.newInstance();

  private CurrentKernel() {}

  static Kernel system() {
    return System.KERNEL;
  }

  /** Delays the load of the native kernel until something asks for it. */
  private static final class System {
    static final Kernel KERNEL = NativeKernel.open();
  }
}
