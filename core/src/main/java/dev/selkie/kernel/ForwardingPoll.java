package dev.selkie.kernel;

/** {@link Poll} through the hook of a {@link ForwardingKernel}. */
final class ForwardingPoll implements Poll {
  private final ForwardingKernel kernel;
  private final Poll part;

  ForwardingPoll(ForwardingKernel kernel, Poll part) {
    this.kernel = kernel;
    this.part = part;
  }

  @Override
  public boolean hasPeerClosed() {
    return part.hasPeerClosed();
  }

  @Override
  public boolean hasNanoseconds() {
    return part.hasNanoseconds();
  }

  @Override
  public PollSet newSet(int capacity) {
    return part.newSet(capacity);
  }

  @Override
  public int await(PollSet set, int count, long timeoutNanos) {
    return (int)
        kernel.await(SystemCall.POLL, -1, timeoutNanos, _ -> part.await(set, count, timeoutNanos));
  }
}
