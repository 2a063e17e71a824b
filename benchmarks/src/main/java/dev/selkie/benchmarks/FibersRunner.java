package dev.selkie.benchmarks;

import dev.selkie.runtime.EventLoop;
import java.lang.reflect.Constructor;
import java.util.ArrayDeque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;

/**
 * One peer of the fibers comparison, as a process: {@code FibersRunner PEER}.
 *
 * <p>{@code start MILLIS}: batches of fibers that do nothing, each batch when the one before has
 * ended; answers with the time and the fibers. {@code yield MILLIS}: a batch of fibers that yield
 * to each other; answers with the time and the yields.
 */
final class FibersRunner {
  private static final int BATCH = 64;
  private static final int YIELDS = 1_000;

  /** Starts a fiber, on the thread that carries them. */
  private interface Starter {
    void start(Runnable body) throws Exception;
  }

  /** Where the fibers run. */
  private final Executor carrier;

  private final Starter starter;
  private CountDownLatch done = new CountDownLatch(1);
  private long end;
  private long count;
  private int running;

  private FibersRunner(Executor carrier, Starter starter) {
    this.carrier = carrier;
    this.starter = starter;
  }

  public static void main(String[] args) {
    try {
      FibersRunner runner = open(Peer.ofWord(args[0]));
      ChildMain.answer("ready");
      while (true) {
        String[] command = ChildMain.nextCommand();
        runner.run(
            command[0].equals("start") ? runner::start : runner::yield,
            Long.parseLong(command[1]) * 1_000_000);
      }
    } catch (Exception | Error e) {
      ChildMain.fail(e);
    }
  }

  private static FibersRunner open(Peer peer) throws Exception {
    return switch (peer) {
      case FIBERS -> {
        EventLoop loop = EventLoop.builder().mountFibers(true).start();
        yield new FibersRunner(
            loop,
            body -> {
              var _ =
                  loop.fiber(() -> {
                    body.run();
                    return null;
                  });
            });
      }
      case BARE_THREADS -> {
        BareScheduler scheduler = new BareScheduler();
        Thread.Builder builder = scheduler.builder();
        yield new FibersRunner(scheduler, body -> builder.start(body));
      }
      default -> throw new IllegalArgumentException(peer + " has no fibers on a thread of its own");
    };
  }

  private void run(Runnable experiment, long nanos) throws InterruptedException {
    done = new CountDownLatch(1);
    count = 0;
    long start = System.nanoTime();
    end = start + nanos;
    carrier.execute(experiment);
    done.await();
    ChildMain.answer("nanos=%d count=%d", System.nanoTime() - start, count);
  }

  private void start() {
    batch(this::ended, this::start);
  }

  private void yield() {
    batch(
        () -> {
          for (int i = 0; i < YIELDS; i++) {
            Thread.yield();
          }
          count += YIELDS - 1;
          ended();
        },
        this::yield);
  }

  private Runnable next = () -> {};

  private void batch(Runnable body, Runnable again) {
    next = again;
    running = BATCH;
    try {
      for (int i = 0; i < BATCH; i++) {
        starter.start(body);
      }
    } catch (Exception e) {
      ChildMain.fail(e);
    }
  }

  private void ended() {
    count++;
    if (--running == 0) {
      if (System.nanoTime() < end) {
        carrier.execute(next);
      } else {
        done.countDown();
      }
    }
  }

  /** A thread and a queue that run virtual threads, and the least that this takes. */
  private static final class BareScheduler implements Executor {
    private final ArrayDeque<Runnable> queue = new ArrayDeque<>();
    private final ArrayDeque<Runnable> arrived = new ArrayDeque<>();
    private final Thread thread = Thread.ofPlatform().daemon().start(this::run);

    Thread.Builder builder() throws ReflectiveOperationException {
      Constructor<?> constructor =
          Class.forName("java.lang.ThreadBuilders$VirtualThreadBuilder")
              .getDeclaredConstructor(Executor.class);
      constructor.setAccessible(true);
      return (Thread.Builder) constructor.newInstance(this);
    }

    /** From a fiber or a task that runs on the thread, or from outside while nothing does. */
    @Override
    public void execute(Runnable runnable) {
      if (Thread.currentThread() == thread || Thread.currentThread().isVirtual()) {
        queue.add(runnable);
      } else {
        synchronized (arrived) {
          arrived.add(runnable);
          arrived.notifyAll();
        }
      }
    }

    private void run() {
      try {
        while (true) {
          for (Runnable next = queue.poll(); next != null; next = queue.poll()) {
            next.run();
          }
          synchronized (arrived) {
            while (arrived.isEmpty()) {
              arrived.wait();
            }
            queue.add(arrived.remove());
          }
        }
      } catch (InterruptedException e) {
        ChildMain.fail(e);
      }
    }
  }
}
