package dev.selkie.backend;

import dev.selkie.descriptor.DescriptorLifetime;
import dev.selkie.kernel.Epoll;
import dev.selkie.kernel.EventBatch;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SystemCallException;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** The policy of epoll(7). */
public final class EpollBackend implements Backend {
  /*
   * The waker is registered edge-triggered, so that its counter need not be read: each write is a
   * new edge. Readable registrations ask for EPOLLRDHUP too, which epoll reports only when
   * asked; EPOLLERR and EPOLLHUP always come.
   */
  private final Kernel kernel;
  private final Epoll epoll;
  private final EventBatch batch;
  private final DescriptorLifetime queue;
  private final Waker waker;

  private EpollBackend(Kernel kernel, DescriptorLifetime queue, Waker waker, EventBatch batch) {
    this.kernel = kernel;
    this.epoll = kernel.epoll();
    this.queue = queue;
    this.waker = waker;
    this.batch = batch;
  }

  /**
   * Opens an epoll queue and its waker.
   *
   * @param batch how many events a wait returns at most
   */
  public static EpollBackend open(Kernel kernel, int batch) throws IOException {
    int number = kernel.epoll().create();
    if (number < 0) {
      throw new SystemCallException("epoll_create1", "EPOLL_CLOEXEC", number, kernel);
    }
    DescriptorLifetime queue =
        DescriptorLifetime.ofFile(kernel, number, "EventQueue", DescriptorLifetime.Ownership.OWNED);
    Waker waker = null;
    try {
      waker = Waker.open(kernel);
      addWaker(kernel, number, waker);
      return new EpollBackend(kernel, queue, waker, kernel.epoll().newBatch(batch));
    } catch (IOException | RuntimeException | Error e) {
      queue.close();
      if (waker != null) {
        waker.close();
      }
      throw e;
    }
  }

  private static void addWaker(Kernel kernel, int queue, Waker waker) throws IOException {
    int result = kernel.epoll().add(queue, waker.number(), Epoll.IN | Epoll.ET, WAKER);
    if (result < 0) {
      throw new SystemCallException("epoll_ctl", "waker fd " + waker.number(), result, kernel);
    }
  }

  @Override
  public String name() {
    return "epoll";
  }

  @Override
  public @Nullable String refusal(int interest, boolean nestedQueue) {
    if ((interest & Readiness.EXCLUSIVE) == 0) {
      return null;
    }
    if (nestedQueue) {
      return "exclusive interest in a queue is refused by epoll (EPOLLEXCLUSIVE, epoll_ctl(2))";
    }
    int others = (Readiness.CONDITIONS & ~Readiness.READABLE) | Readiness.ONE_SHOT;
    return (interest & others) == 0
        ? null
        : "epoll takes exclusive interest with readability alone, level- or edge-triggered"
            + " (EPOLLEXCLUSIVE, epoll_ctl(2))";
  }

  @Override
  public boolean modifiable(int interest) {
    return (interest & Readiness.EXCLUSIVE) == 0;
  }

  @Override
  public int add(int descriptor, int interest, long token) {
    return (interest & Readiness.CONDITIONS) == 0
        ? 0
        : epoll.add(queue.number(), descriptor, events(interest), token);
  }

  /**
   * Interest in nothing is removal: with an empty mask epoll would still report errors for ever.
   */
  @Override
  public int modify(int descriptor, int before, int after, long token) {
    if ((before & Readiness.CONDITIONS) == 0) {
      return add(descriptor, after, token);
    }
    if ((after & Readiness.CONDITIONS) == 0) {
      return remove(descriptor, before);
    }
    return epoll.modify(queue.number(), descriptor, events(after), token);
  }

  @Override
  public int remove(int descriptor, int interest) {
    return (interest & Readiness.CONDITIONS) == 0 ? 0 : epoll.delete(queue.number(), descriptor);
  }

  @Override
  public boolean isRegistered(int descriptor, int interest, long token) {
    if (!modifiable(interest)) {
      return true; // EPOLLEXCLUSIVE is refused before the look
    }
    int result = modify(descriptor, interest, interest, token);
    return result != Result.ENOENT && result != Result.EBADF;
  }

  @Override
  public int await(long timeoutNanos) {
    return epoll.await(queue.number(), batch, timeoutNanos);
  }

  @Override
  public long token(int index) {
    return batch.token(index);
  }

  @Override
  public int rawFlags(int index) {
    return batch.events(index);
  }

  @Override
  public void wake() {
    waker.wake();
  }

  @Override
  public void consumeWake() {
    waker.drainPipe();
  }

  @Override
  public DescriptorLifetime descriptor() {
    return queue;
  }

  @Override
  public void rebuild() throws IOException {
    int fresh = epoll.create();
    if (fresh < 0) {
      throw new SystemCallException("epoll_create1", "EPOLL_CLOEXEC", fresh, kernel);
    }
    Files files = kernel.files();
    try {
      addWaker(kernel, fresh, waker);
      int result = files.duplicateTo(fresh, queue.number());
      if (result < 0) {
        throw new SystemCallException("dup3", queue, result, kernel);
      }
    } finally {
      files.close(fresh);
    }
  }

  @Override
  public void close() {
    queue.close();
    waker.close();
    batch.close();
  }

  private static int events(int interest) {
    int events = PollEvents.asked(interest);
    if ((interest & Readiness.EDGE) != 0) {
      events |= Epoll.ET;
    }
    if ((interest & Readiness.ONE_SHOT) != 0) {
      events |= Epoll.ONESHOT;
    }
    if ((interest & Readiness.EXCLUSIVE) != 0) {
      events |= Epoll.EXCLUSIVE;
    }
    return events;
  }

  @Override
  public int ready(int index, boolean socket) {
    return PollEvents.ready(batch.events(index), socket);
  }
}
