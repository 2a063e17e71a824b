package dev.selkie.simulation;

import dev.selkie.kernel.Result;
import dev.selkie.kernel.Timers;

/** {@link Timers} of a Linux host: timerfd_create(2). */
final class SimulatedTimers implements Timers {
  private final SimulatedKernel kernel;
  private final SimulatedNetwork network;
  private final SimulatedClock clock;

  SimulatedTimers(SimulatedKernel kernel, SimulatedClock clock) {
    this.kernel = kernel;
    this.network = kernel.network();
    this.clock = clock;
  }

  @Override
  public int create() {
    network.enter();
    try {
      int result = kernel.table().add(new TimerFile(kernel, clock));
      return kernel.traced("timerfd_create", -1, 0, result);
    } finally {
      network.exit();
    }
  }

  @Override
  public int set(int timer, long first, long interval, boolean absolute) {
    network.enter();
    try {
      int result = Result.EBADF;
      OpenFile file = kernel.table().get(timer);
      if (file != null) {
        boolean fits = file instanceof TimerFile && interval >= 0;
        result = fits ? ((TimerFile) file).set(first, interval, absolute) : Result.EINVAL;
      }
      return kernel.traced("timerfd_settime", timer, first, result);
    } finally {
      network.exit();
    }
  }

  @Override
  public int isTimer(int descriptor) {
    network.enter();
    try {
      OpenFile file = kernel.table().get(descriptor);
      int result = file == null ? Result.EBADF : file instanceof TimerFile ? 1 : 0;
      return kernel.traced("timerfd_gettime", descriptor, 0, result);
    } finally {
      network.exit();
    }
  }

  @Override
  public long expirations(int timer) {
    network.enter();
    try {
      OpenFile file = kernel.table().get(timer);
      long result =
          file == null
              ? Result.EBADF
              : file instanceof TimerFile expiring ? expiring.expirations() : Result.EINVAL;
      return kernel.traced("read", timer, Long.BYTES, result);
    } finally {
      network.exit();
    }
  }
}
