package dev.selkie.kernel;

import dev.selkie.kernel.ffm.NativeKernel;
import org.jspecify.annotations.Nullable;

/** The kernel in force: the bound one, else the machine's own. */
final class CurrentKernel {
  static final ScopedValue<Kernel> CURRENT = ScopedValue.newInstance();

  /** Set once; opened late, and again after a failure, so that each caller is told the reason. */
  private static volatile @Nullable Kernel system;

  private CurrentKernel() {}

  static Kernel system() {
    Kernel known = system;
    return known == null ? open() : known;
  }

  private static synchronized Kernel open() {
    Kernel kernel = system;
    if (kernel == null) {
      kernel = NativeKernel.open();
      system = kernel;
    }
    return kernel;
  }
}
