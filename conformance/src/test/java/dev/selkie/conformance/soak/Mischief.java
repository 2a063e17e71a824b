package dev.selkie.conformance.soak;

import dev.selkie.kernel.Clock;
import dev.selkie.runtime.Connection;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.EventLoopGroup;
import dev.selkie.runtime.Fiber;
import dev.selkie.runtime.MissedTicks;
import dev.selkie.runtime.Scope;
import dev.selkie.runtime.Wait;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * What a program does to its own loops, from another thread: one thing after another, by a seed.
 */
final class Mischief {
  /** How late a deadline may be kept on a machine that does much else. */
  static final long MOST_LATE_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static final int KINDS = 16;

  private final EventLoopGroup group;
  private final List<Thread> threads;
  private final List<InetSocketAddress> servers;
  private final PoorKernel kernel;
  private final Tally tally;
  private final Random random;

  Mischief(
      EventLoopGroup group,
      List<Thread> threads,
      List<InetSocketAddress> servers,
      PoorKernel kernel,
      Tally tally,
      Random random) {
    this.group = group;
    this.threads = threads;
    this.servers = servers;
    this.kernel = kernel;
    this.tally = tally;
    this.random = random;
  }

  /** What a fiber does. */
  interface Body {
    void run() throws Exception;
  }

  /** Starts a fiber of nobody that is counted as it begins and ends. */
  static void start(EventLoop loop, Tally tally, Body body) {
    Fiber<?> _ = fiber(loop, tally, body);
  }

  private static Fiber<?> fiber(EventLoop loop, Tally tally, Body body) {
    tally.count("fibers begun");
    try {
      return loop.fiber(() -> {
        try {
          body.run();
          return tally;
        } finally {
          tally.count("fibers ended");
        }
      });
    } catch (RejectedExecutionException e) {
      tally.count("fibers ended"); // the loop is being closed
      throw e;
    }
  }

  /** Keeps the calling thread from anything else. */
  static void hold(long millis) {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    while (System.nanoTime() - end < 0) {
      Thread.onSpinWait();
    }
  }

  /** Does one thing to the next loop. */
  void play() {
    EventLoop loop = group.next();
    switch (random.nextInt(KINDS)) {
      case 0 ->
          loop.execute(() -> {
            tally.count("a task throws");
            throw new Misbehaviour("a task");
          });
      case 1 -> throwingTimer(loop);
      case 2 ->
          start(
              loop,
              tally,
              () -> {
                tally.count("a fiber of nobody throws");
                throw new Misbehaviour("a fiber of nobody");
              });
      case 3 -> {
        int millis = random.nextInt(30);
        loop.execute(() -> {
          tally.count("a task blocks its loop");
          hold(millis);
        });
      }
      case 4 -> {
        tally.count("a loop is interrupted");
        threads.get(random.nextInt(threads.size())).interrupt();
      }
      case 5 -> interruptWaiter(loop);
      case 6 -> cancelConnect(loop);
      case 7 -> converse(loop);
      case 8 -> scope(loop);
      case 9 -> timers(loop);
      case 10 -> offload(loop);
      case 11 -> kernel.runOut(1 + random.nextInt(5));
      case 12 -> cancelFiber(loop);
      case 13 -> interval(loop);
      case 14 -> closeInCallback(loop);
      default -> poll(loop);
    }
  }

  private InetSocketAddress server() {
    return servers.get(random.nextInt(servers.size()));
  }

  private void throwingTimer(EventLoop loop) {
    Future<?> _ =
        loop.schedule(
            (Runnable)
                () -> {
                  tally.count("a timer throws");
                  throw new Misbehaviour("a timer");
                },
            random.nextInt(20),
            TimeUnit.MILLISECONDS);
  }

  private void interruptWaiter(EventLoop loop) {
    List<Thread> waiting =
        loop.waits().stream()
            .map(Wait::thread)
            .filter(thread -> thread != null && thread.isVirtual())
            .toList();
    if (!waiting.isEmpty()) {
      tally.count("a fiber is interrupted");
      waiting.get(random.nextInt(waiting.size())).interrupt();
    }
  }

  private void cancelConnect(EventLoop loop) {
    CompletableFuture<Connection> connecting = loop.connectAsync(server());
    if (connecting.cancel(true)) {
      tally.count("a connect is cancelled");
    } else {
      CompletableFuture<?> _ = connecting.thenAccept(Connection::close);
    }
  }

  /** Sends a little and awaits it, and cancels or gives up now and then; by futures. */
  private void converse(EventLoop loop) {
    int limit = 1 + random.nextInt(200);
    boolean cancel = random.nextBoolean();
    CompletableFuture<?> _ =
        loop.connectAsync(server())
            .thenCompose(connection -> {
              ByteBuffer answer = ByteBuffer.allocate(100);
              CompletableFuture<Integer> reading = connection.readAsync(answer);
              CompletableFuture<Integer> writing = connection.writeAsync(ByteBuffer.allocate(100));
              if (cancel && reading.cancel(false) && answer.position() != 0) {
                tally.problem("a cancelled read", new AssertionError("it has read " + answer));
              }
              return reading
                  .orTimeout(limit, TimeUnit.MILLISECONDS)
                  .thenCombine(writing, Integer::sum)
                  .whenComplete((_, problem) -> {
                    tally.count(problem == null ? "a conversation" : "a conversation given up");
                    connection.close();
                  });
            })
            .exceptionally(_ -> 0);
  }

  /** Fibers that end together: by a deadline, a failure, a cancel, or by themselves. */
  private void scope(EventLoop loop) {
    int deadline = 1 + random.nextInt(50);
    int sleep = 1 + random.nextInt(80);
    int kind = random.nextInt(4);
    start(
        loop,
        tally,
        () -> {
          try (Scope scope = loop.scope().deadline(Duration.ofMillis(deadline))) {
            for (int i = 0; i < 3; i++) {
              int child = i;
              Fiber<?> _ =
                  scope.fork(() -> {
                    loop.sleep(Duration.ofMillis(sleep));
                    if (kind == 0 && child == 1) {
                      throw new Misbehaviour("a child");
                    }
                    return child;
                  });
            }
            if (kind == 1) {
              scope.cancel();
            }
            scope.join();
            tally.count("a scope ends by itself");
          } catch (ExecutionException e) {
            tally.count("a scope fails of " + e.getCause().getClass().getSimpleName());
          } catch (InterruptedException e) {
            tally.count("a scope is interrupted");
          }
        });
  }

  private void timers(EventLoop loop) {
    Clock clock = loop.kernel().clock();
    for (int i = 0; i < 5; i++) {
      long delay = TimeUnit.MICROSECONDS.toNanos(random.nextInt(50_000));
      long due = clock.nanoTime() + delay;
      Future<?> timer =
          loop.schedule(
              () -> tally.deadline("a timer", clock.nanoTime() - due, MOST_LATE_NANOS),
              delay,
              TimeUnit.NANOSECONDS);
      if (random.nextInt(3) == 0 && timer.cancel(false)) {
        tally.count("a timer is cancelled");
      }
    }
  }

  private void offload(EventLoop loop) {
    boolean cancel = random.nextBoolean();
    CompletableFuture<Object> work =
        loop.offload(() -> {
          tally.count("offloaded work throws");
          throw new Misbehaviour("offloaded work");
        });
    if (cancel && work.cancel(true)) {
      tally.count("offloaded work is cancelled");
    }
  }

  private void cancelFiber(EventLoop loop) {
    Fiber<?> fiber = fiber(loop, tally, () -> loop.sleep(Duration.ofSeconds(60)));
    if (random.nextBoolean()) {
      LockSupport.parkNanos(1); // it may begin
    }
    if (fiber.cancel(true)) {
      tally.count("a fiber is cancelled");
    }
  }

  private void interval(EventLoop loop) {
    MissedTicks missed =
        List.of(MissedTicks.values()).get(random.nextInt(MissedTicks.values().length));
    int[] left = {random.nextInt(10)};
    Future<?> _ =
        loop.every(
            Duration.ofMillis(1 + random.nextInt(3)),
            missed,
            () -> {
              if (left[0]-- <= 0) {
                tally.count("an interval throws");
                throw new Misbehaviour("an interval");
              }
            });
  }

  private void closeInCallback(EventLoop loop) {
    CompletableFuture<?> _ =
        loop.connectAsync(server())
            .thenAccept(connection -> {
              CompletableFuture<?> _ =
                  connection
                      .readAsync(ByteBuffer.allocate(1))
                      .handle((_, problem) -> {
                        tally.count("a connection is closed in a callback");
                        return problem;
                      });
              connection.close();
            })
            .exceptionally(_ -> null);
  }

  /** Polls with a waker that polls again, from inside the wake, and closes then. */
  private void poll(EventLoop loop) {
    CompletableFuture<?> _ =
        loop.connectAsync(server())
            .thenAcceptAsync(connection -> { // on the loop
              try {
                ByteBuffer target = ByteBuffer.allocate(10);
                int n = connection.pollRead(target, () -> pollAgain(connection));
                tally.count(n < 0 ? "a poll waits" : "a poll has something at once");
                connection.read(target); // would park here
              } catch (IllegalStateException e) {
                tally.count("parking is refused on the loop");
                CompletableFuture<?> _ =
                    connection
                        .writeAsync(ByteBuffer.allocate(1))
                        .exceptionally(_ -> {
                          connection.close();
                          return 0;
                        });
              } catch (IOException e) {
                connection.close();
              }
            })
            .exceptionally(_ -> null);
  }

  private void pollAgain(Connection connection) {
    tally.count("a waker is called");
    try {
      connection.pollRead(ByteBuffer.allocate(10), () -> {});
    } catch (IOException e) {
      tally.count("a waker finds an end");
    }
    connection.close();
  }
}
