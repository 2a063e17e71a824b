package dev.selkie.simulation;

import dev.selkie.kernel.Epoll;
import dev.selkie.kernel.EventBatch;
import dev.selkie.kernel.Result;

/** {@link Epoll} of a host. */
final class SimulatedEpoll implements Epoll {
  private static final int ADD = 1;
  private static final int DELETE = 2;
  private static final int MODIFY = 3;

  private final SimulatedKernel kernel;
  private final SimulatedNetwork network;

  SimulatedEpoll(SimulatedKernel kernel) {
    this.kernel = kernel;
    this.network = kernel.network();
  }

  @Override
  public int create() {
    network.enter();
    try {
      return kernel.traced("epoll_create", -1, 0, kernel.table().add(new EpollInstance(kernel)));
    } finally {
      network.exit();
    }
  }

  @Override
  public int add(int queue, int descriptor, int events, long token) {
    return control(ADD, queue, descriptor, events, token);
  }

  @Override
  public int modify(int queue, int descriptor, int events, long token) {
    return control(MODIFY, queue, descriptor, events, token);
  }

  @Override
  public int delete(int queue, int descriptor) {
    return control(DELETE, queue, descriptor, 0, 0);
  }

  private int control(int operation, int queue, int descriptor, int events, long token) {
    network.enter();
    try {
      int result = apply(operation, queue, descriptor, events, token);
      if (kernel.isTraced()) {
        network.trace(
            kernel.hostName(),
            "epoll_ctl(%d, %d, %d, 0x%x) = %s"
                .formatted(queue, operation, descriptor, events, Results.text(result)));
      }
      return result;
    } finally {
      network.exit();
    }
  }

  private int apply(int operation, int queue, int descriptor, int events, long token) {
    OpenFile file = kernel.table().get(queue);
    OpenFile target = kernel.table().get(descriptor);
    if (file == null || target == null) {
      return Result.EBADF;
    }
    if (!target.isPollable()) {
      return Result.EPERM;
    }
    if (target.is(file) || !(file instanceof EpollInstance instance)) {
      return Result.EINVAL;
    }
    return switch (operation) {
      case ADD -> instance.add(target, descriptor, events, token);
      case MODIFY -> instance.modify(target, descriptor, events, token);
      default -> instance.delete(target, descriptor);
    };
  }

  @Override
  public EventBatch newBatch(int capacity) {
    return new EpollEvents(capacity);
  }

  @Override
  public int await(int queue, EventBatch batch, long timeoutNanos) {
    network.enter();
    try {
      OpenFile file = kernel.table().get(queue);
      int result;
      if (file == null) {
        result = Result.EBADF;
      } else if (file instanceof EpollInstance instance) {
        result = network.await(instance, batch, timeoutNanos);
      } else {
        result = Result.EINVAL;
      }
      return kernel.traced("epoll_wait", queue, timeoutNanos, result);
    } finally {
      network.exit();
    }
  }
}
