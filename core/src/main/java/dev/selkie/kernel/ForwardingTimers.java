package dev.selkie.kernel;

/** {@link Timers} through the hook of a {@link ForwardingKernel}. */
final class ForwardingTimers implements Timers {
  private final ForwardingKernel kernel;
  private final Timers part;

  ForwardingTimers(ForwardingKernel kernel, Timers part) {
    this.kernel = kernel;
    this.part = part;
  }

  @Override
  public int create() {
    return (int) kernel.call(SystemCall.TIMER_CREATE, -1, 0, _ -> part.create());
  }

  @Override
  public int set(int timer, long first, long interval, boolean absolute) {
    return (int)
        kernel.call(
            SystemCall.TIMER_SET, timer, 0, _ -> part.set(timer, first, interval, absolute));
  }

  @Override
  public int isTimer(int descriptor) {
    return (int) kernel.call(SystemCall.TIMER_GET, descriptor, 0, _ -> part.isTimer(descriptor));
  }

  @Override
  public long expirations(int timer) {
    return kernel.call(SystemCall.TIMER_READ, timer, 0, _ -> part.expirations(timer));
  }
}
