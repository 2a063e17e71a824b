package dev.selkie;

import dev.selkie.backend.Backend;
import dev.selkie.descriptor.DescriptorLifetime;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Result;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A wait, and what ends it, in every order. */
@Timeout(120)
final class EventQueueInterleavingTest {
  private static final int ORDERS = 120;

  @Test
  void aWakeIsNotLost() {
    Interleaving.check(ORDERS, 2, () -> new Waiting(Ending.WAKE));
  }

  @Test
  void anAlwaysReadySourceThatIsRegisteredWhileTheWaitBeginsIsReported() {
    Interleaving.check(ORDERS, 2, () -> new Waiting(Ending.ALWAYS_READY));
  }

  @Test
  void aCloseEndsTheWaitAndFreesOnce() {
    Interleaving.check(ORDERS, 2, () -> new Waiting(Ending.CLOSE));
  }

  private enum Ending {
    WAKE,
    ALWAYS_READY,
    CLOSE
  }

  private static final class Waiting extends Interleaving {
    private final Ending ending;
    private final Kernel kernel = new Kernel() {};
    private final MonitorBackend backend = new MonitorBackend();
    private final EventQueue<String> queue = new EventQueue<>(kernel, backend, 4, _ -> {});
    private final Source source = new AlwaysReadySource(kernel);

    Waiting(Ending ending) {
      this.ending = ending;
    }

    @Override
    void run(int thread, Bell bell) throws Exception {
      if (thread == 0) {
        await();
        return;
      }
      switch (ending) {
        case WAKE -> queue.wake();
        case ALWAYS_READY -> {
          var _ = queue.register(source, Interest.READABLE, "a");
        }
        case CLOSE -> queue.close();
      }
    }

    private void await() {
      try {
        while (true) {
          Events<String> events = queue.await();
          if (ending == Ending.WAKE
              ? events.cause() == Events.Cause.WAKE
              : ending == Ending.ALWAYS_READY && !events.isEmpty()) {
            return;
          }
        }
      } catch (ClosedQueueException e) {
        check(ending == Ending.CLOSE, "closed");
      }
    }

    @Override
    void end() {
      check(backend.closes.get() == (ending == Ending.CLOSE ? 1 : 0), "closes of the backend");
    }
  }

  private record AlwaysReadySource(Descriptor descriptor) implements Source {
    AlwaysReadySource(Kernel kernel) {
      this(
          Descriptor.of(
              DescriptorLifetime.of(
                  kernel,
                  7,
                  "file",
                  DescriptorLifetime.Kind.FILE,
                  DescriptorLifetime.Ownership.BORROWED)));
    }

    @Override
    public boolean isOpen() {
      return true;
    }

    @Override
    public void close() {}
  }

  /** A backend that knows wakes alone: to it every source is always ready. */
  private static final class MonitorBackend implements Backend {
    private final Interleaving.Bell bell = new Interleaving.Bell();
    private final AtomicInteger closes = new AtomicInteger();

    @Override
    public String name() {
      return "monitor";
    }

    @Override
    public String refusal(int interest, boolean nestedQueue) {
      return null;
    }

    @Override
    public int add(int descriptor, int interest, long token) {
      return Result.EPERM;
    }

    @Override
    public int modify(int descriptor, int before, int after, long token) {
      return Result.EPERM;
    }

    @Override
    public int remove(int descriptor, int interest) {
      return 0;
    }

    @Override
    public boolean isRegistered(int descriptor, int interest, long token) {
      return true;
    }

    @Override
    public int await(long timeoutNanos) {
      if (timeoutNanos == 0) {
        return 0;
      }
      try {
        bell.await();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
      return 1;
    }

    @Override
    public long token(int index) {
      return WAKER;
    }

    @Override
    public int rawFlags(int index) {
      return 0;
    }

    @Override
    public int ready(int index, boolean socket) {
      return 0;
    }

    @Override
    public void wake() {
      bell.ring();
    }

    @Override
    public void consumeWake() {}

    @Override
    public DescriptorLifetime descriptor() {
      return null;
    }

    @Override
    public void rebuild() {}

    @Override
    public void close() {
      closes.incrementAndGet();
    }
  }
}
