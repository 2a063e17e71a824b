package dev.selkie.simulation;

import dev.selkie.kernel.Result;
import dev.selkie.kernel.ffm.KeventFunction;
import dev.selkie.simulation.KeventAbi.Filter;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** kqueue(2) and kevent(2) of a host, over structs in the system's layout. */
final class SimulatedKevent implements KeventFunction {
  private final SimulatedKernel kernel;
  private final SimulatedNetwork network;
  private final KeventAbi abi;

  SimulatedKevent(SimulatedKernel kernel, KeventAbi abi) {
    this.kernel = kernel;
    this.network = kernel.network();
    this.abi = abi;
  }

  @Override
  public int kqueue() {
    network.enter();
    try {
      return kernel.traced("kqueue", -1, 0, kernel.table().add(new KqueueInstance(kernel, abi)));
    } finally {
      network.exit();
    }
  }

  @Override
  public int kevent(
      int queue,
      MemorySegment changes,
      int changeCount,
      MemorySegment events,
      int eventCount,
      MemorySegment timeout) {
    network.enter();
    try {
      int result;
      if (kernel.table().get(queue) instanceof KqueueInstance instance) {
        int answers = change(instance, changes, changeCount, events, eventCount);
        result =
            answers != 0 || eventCount == 0
                ? answers
                : network.await(
                    instance.collector(events, eventCount), null, KeventAbi.nanos(timeout));
      } else {
        result = Result.EBADF;
      }
      return kernel.traced("kevent", queue, changeCount, result);
    } finally {
      network.exit();
    }
  }

  /** Makes changes: the count of answers, or the error for which there was no room. */
  private int change(
      KqueueInstance queue, MemorySegment changes, int count, MemorySegment events, int room) {
    int answers = 0;
    for (int i = 0; i < count; i++) {
      int flags = abi.flags(changes, i);
      long ident = abi.ident(changes, i);
      @Nullable Filter filter = abi.filter(abi.filterNumber(changes, i));
      boolean anew = queue.has(ident, filter) && (flags & KeventAbi.EV_ADD) != 0;
      int result =
          queue.change(
              ident,
              filter,
              flags,
              abi.fflags(changes, i),
              abi.data(changes, i),
              abi.udata(changes, i));
      boolean asked = (flags & KeventAbi.EV_RECEIPT) != 0 && !(anew && abi.forgetsReceipts());
      if (result == 0 && !asked) {
        continue;
      }
      if (answers == room) {
        if (result != 0) {
          return result;
        }
        continue;
      }
      abi.write(
          events,
          answers++,
          ident,
          abi.filterNumber(changes, i),
          abi.echoesFlags ? flags | KeventAbi.EV_ERROR : KeventAbi.EV_ERROR,
          abi.fflags(changes, i),
          result == 0 ? 0 : abi.number(result),
          abi.udata(changes, i));
    }
    return answers;
  }
}
