package dev.selkie.kernel;

/** {@link Epoll} through the hook of a {@link ForwardingKernel}. */
final class ForwardingEpoll implements Epoll {
  private final ForwardingKernel kernel;
  private final Epoll part;

  ForwardingEpoll(ForwardingKernel kernel, Epoll part) {
    this.kernel = kernel;
    this.part = part;
  }

  @Override
  public int create() {
    return (int) kernel.call(SystemCall.EPOLL_CREATE, -1, 0, _ -> part.create());
  }

  @Override
  public int add(int queue, int descriptor, int events, long token) {
    return (int)
        kernel.call(
            SystemCall.EPOLL_CTL, descriptor, 0, _ -> part.add(queue, descriptor, events, token));
  }

  @Override
  public int modify(int queue, int descriptor, int events, long token) {
    return (int)
        kernel.call(
            SystemCall.EPOLL_CTL,
            descriptor,
            0,
            _ -> part.modify(queue, descriptor, events, token));
  }

  @Override
  public int delete(int queue, int descriptor) {
    return (int)
        kernel.call(SystemCall.EPOLL_CTL, descriptor, 0, _ -> part.delete(queue, descriptor));
  }

  @Override
  public int await(int queue, EventBatch batch, long timeoutNanos) {
    return (int)
        kernel.await(
            SystemCall.EPOLL_WAIT,
            queue,
            timeoutNanos,
            _ -> part.await(queue, batch, timeoutNanos));
  }

  @Override
  public EventBatch newBatch(int capacity) {
    return part.newBatch(capacity);
  }
}
