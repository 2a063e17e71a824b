package dev.selkie.kernel;

/** {@link Clock} through the hook of a {@link ForwardingKernel}. */
final class ForwardingClock implements Clock {
  private final ForwardingKernel kernel;
  private final Clock part;

  ForwardingClock(ForwardingKernel kernel, Clock part) {
    this.kernel = kernel;
    this.part = part;
  }

  @Override
  public long nanoTime() {
    return part.nanoTime();
  }

  @Override
  public long currentTimeMillis() {
    return part.currentTimeMillis();
  }

  @Override
  public int sleep(long nanos) {
    return (int) kernel.call(SystemCall.SLEEP, -1, 0, _ -> part.sleep(nanos));
  }
}
