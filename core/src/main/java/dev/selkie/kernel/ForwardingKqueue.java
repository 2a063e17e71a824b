package dev.selkie.kernel;

import org.jspecify.annotations.Nullable;

/** {@link Kqueue} through the hook of a {@link ForwardingKernel}. */
final class ForwardingKqueue implements Kqueue {
  private final ForwardingKernel kernel;
  private final Kqueue part;

  ForwardingKqueue(ForwardingKernel kernel, Kqueue part) {
    this.kernel = kernel;
    this.part = part;
  }

  @Override
  public int create() {
    return (int) kernel.call(SystemCall.KQUEUE, -1, 0, _ -> part.create());
  }

  @Override
  public boolean has(int filter) {
    return part.has(filter);
  }

  @Override
  public ChangeBatch newChanges(int capacity) {
    return part.newChanges(capacity);
  }

  @Override
  public KeventBatch newBatch(int capacity) {
    return part.newBatch(capacity);
  }

  @Override
  public int change(int queue, ChangeBatch changes, int count, KeventBatch receipts) {
    return (int)
        kernel.call(
            SystemCall.KEVENT_CHANGE, queue, 0, _ -> part.change(queue, changes, count, receipts));
  }

  @Override
  public int await(
      int queue, @Nullable ChangeBatch changes, int count, KeventBatch batch, long timeoutNanos) {
    return (int)
        kernel.await(
            SystemCall.KEVENT,
            queue,
            timeoutNanos,
            _ -> part.await(queue, changes, count, batch, timeoutNanos));
  }
}
