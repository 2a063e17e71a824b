package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Fibers mounted on the thread of their loop. */
@SuppressWarnings("FutureReturnValueIgnored") // fibers that are to be cancelled
final class FiberTest {
  private EventLoop loop;

  @BeforeEach
  void open() throws IOException {
    loop = EventLoop.builder().name("loop").mountFibers(true).start();
  }

  @AfterEach
  void close() {
    loop.close();
  }

  @Test
  void aFiberRunsOnTheThreadOfItsLoop() throws Exception {
    Fiber<Boolean> fiber = loop.fiber(loop::isOnLoop);
    assertThat(fiber.join()).isTrue();
    assertThat(fiber.thread().isVirtual()).isTrue();
    assertThat(loop.fiber("named", () -> Thread.currentThread().getName()).join())
        .isEqualTo("named");
  }

  @Test
  void twoFibersThatYieldAlternate() throws Exception {
    List<String> lines = new ArrayList<>();
    Fiber<List<String>> both =
        loop.fiber(() -> {
          Fiber<Integer> a = loop.fiber(() -> count("a", 10, lines));
          Fiber<Integer> b = loop.fiber(() -> count("b", 15, lines));
          a.join();
          b.join();
          return lines;
        });
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 15; i++) {
      if (i < 10) {
        expected.add("a" + i);
      }
      expected.add("b" + i);
    }
    assertThat(both.join()).isEqualTo(expected);
  }

  private static int count(String name, int steps, List<String> lines) {
    for (int i = 0; i < steps; i++) {
      lines.add(name + i);
      Fiber.yieldNow();
    }
    return steps;
  }

  @Test
  void whatAFiberThrowsIsItsResult() {
    Fiber<Object> fiber =
        loop.fiber(() -> {
          throw new IOException("thrown");
        });
    assertThatThrownBy(fiber::join)
        .isInstanceOf(ExecutionException.class)
        .hasRootCauseMessage("thrown");
  }

  @Test
  void cancellingInterruptsAndJoinWaitsForTheEnd() throws Exception {
    AtomicReference<String> end = new AtomicReference<>();
    CountDownLatch asleep = new CountDownLatch(1);
    Fiber<Object> fiber =
        loop.fiber(() -> {
          try {
            asleep.countDown();
            loop.sleep(Duration.ofDays(1));
            return "slept";
          } catch (InterruptedException e) {
            Fiber.yieldNow();
            end.set("interrupted");
            throw e;
          }
        });
    assertThat(asleep.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(fiber.cancel(true)).isTrue();
    assertThatThrownBy(fiber::join).isInstanceOf(CancellationException.class);
    assertThat(end).hasValue("interrupted");
  }

  @Test
  void aResultIsWaitedForUpToATime() throws Exception {
    Fiber<Object> fiber =
        loop.fiber(() -> {
          loop.sleep(Duration.ofDays(1));
          return 1;
        });
    assertThatThrownBy(() -> fiber.get(5, TimeUnit.MILLISECONDS))
        .isInstanceOf(TimeoutException.class);
    assertThat(fiber.isDone()).isFalse();
    assertThat(loop.fiber(() -> 2).get(10, TimeUnit.SECONDS)).isEqualTo(2);
  }

  @Test
  void whoWaitsForSomeTimeIsToldOfTheCancelAndTheEnd() throws Exception {
    for (boolean early : new boolean[] {true, false}) {
      CountDownLatch begun = new CountDownLatch(2);
      Fiber<Object> fiber =
          loop.fiber(() -> {
            begun.countDown();
            loop.sleep(Duration.ofDays(1));
            return 1;
          });
      Fiber<Object> waiting =
          loop.fiber(() -> {
            begun.countDown();
            return fiber.get(10, TimeUnit.SECONDS);
          });
      assertThat(begun.await(10, TimeUnit.SECONDS)).isTrue();
      if (early) { // while somebody waits
        awaitParked(waiting);
      }
      assertThat(fiber.cancel(true)).isTrue();
      assertThatThrownBy(() -> fiber.get(10, TimeUnit.SECONDS))
          .isInstanceOf(CancellationException.class);
      assertThatThrownBy(waiting::join).hasCauseInstanceOf(CancellationException.class);
    }
    CountDownLatch end = new CountDownLatch(1);
    Fiber<Integer> ending =
        loop.fiber(() -> {
          end.await();
          return 7;
        });
    Fiber<Integer> waiting = loop.fiber(() -> ending.get(10, TimeUnit.SECONDS));
    awaitParked(waiting);
    end.countDown();
    assertThat(waiting.join()).isEqualTo(7);
    Fiber<Object> interrupted = loop.fiber(() -> fiberThatSleeps().get(1, TimeUnit.DAYS));
    awaitParked(interrupted);
    interrupted.thread().interrupt();
    assertThatThrownBy(interrupted::join).hasCauseInstanceOf(InterruptedException.class);
  }

  private Fiber<Object> fiberThatSleeps() {
    return loop.fiber(() -> {
      loop.sleep(Duration.ofDays(1));
      return 1;
    });
  }

  private static void awaitParked(Fiber<?> fiber) {
    while (fiber.thread().getState() != Thread.State.WAITING && !fiber.isDone()) {
      Thread.onSpinWait();
    }
  }

  @Test
  void aResultIsThereWithinATimeAfterTheEndOfTheLoopToo() throws Exception {
    Fiber<Object> ended = loop.fiber(() -> 1);
    Fiber<Object> interrupted =
        loop.fiber(() -> {
          loop.sleep(Duration.ofDays(1));
          return 2;
        });
    loop.close();
    assertThat(ended.get(10, TimeUnit.SECONDS)).isEqualTo(1);
    assertThatThrownBy(() -> interrupted.get(10, TimeUnit.SECONDS))
        .hasCauseInstanceOf(InterruptedException.class);
  }

  @Test
  void theLimitOfFibersIsAnErrorThatSaysSo() throws Exception {
    try (EventLoop small = EventLoop.builder().fiberLimit(1).start()) {
      Fiber<Object> one =
          small.fiber(() -> {
            small.sleep(Duration.ofDays(1));
            return 1;
          });
      assertThatThrownBy(() -> small.fiber(() -> 2))
          .isInstanceOf(RejectedExecutionException.class)
          .hasMessageContaining("limit");
      one.cancel(true);
      assertThatThrownBy(one::join).isInstanceOf(CancellationException.class);
      assertThat(small.fiber(() -> 3).join()).isEqualTo(3);
    }
  }

  @Test
  void locksSleepsAndSocketsOfTheJdkWorkInAFiber() throws Exception {
    ReentrantLock lock = new ReentrantLock();
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      Fiber<Integer> reader =
          loop.fiber(() -> {
            try (Socket accepted = server.accept()) {
              return accepted.getInputStream().read();
            }
          });
      Fiber<Integer> writer =
          loop.fiber(() -> {
            lock.lock();
            try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), server.getLocalPort())) {
              Thread.sleep(2);
              socket.getOutputStream().write(42);
            } finally {
              lock.unlock();
            }
            return 0;
          });
      lock.lockInterruptibly();
      lock.unlock();
      writer.join();
      assertThat(reader.join()).isEqualTo(42);
    }
  }

  @Test
  void threadsThatAFiberStartsAreMountedTooAndEndWithTheLoop() throws Exception {
    CountDownLatch started = new CountDownLatch(1);
    AtomicReference<Boolean> onLoop = new AtomicReference<>();
    Thread heir =
        loop.fiber(() ->
                Thread.startVirtualThread(() -> {
                  onLoop.set(loop.isOnLoop());
                  started.countDown();
                  LockSupport.park();
                }))
            .join();
    assertThat(started.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(onLoop).hasValue(true);
    loop.close();
    assertThat(heir.join(Duration.ofSeconds(10))).isTrue();
  }

  @Test
  void aFactoryMakesThreadsThatDoNotBelongToTheLoop() throws Exception {
    CountDownLatch open = new CountDownLatch(1);
    AtomicReference<Boolean> onLoop = new AtomicReference<>();
    Thread escaped =
        loop.fiber(
                () -> {
                  Thread thread =
                      Fiber.jdkThreads()
                          .newThread(() -> {
                            onLoop.set(loop.isOnLoop());
                            awaitQuietly(open);
                          });
                  thread.start();
                  return thread;
                })
            .join();
    loop.close();
    assertThat(escaped.isAlive()).as("interrupted by the close").isTrue();
    open.countDown();
    assertThat(escaped.join(Duration.ofSeconds(10))).isTrue();
    assertThat(onLoop).hasValue(false);
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Test
  void aParkedFiberShowsItsStack() throws Exception {
    CountDownLatch asleep = new CountDownLatch(1);
    Fiber<Object> fiber =
        loop.fiber(
            "sleeper",
            () -> {
              asleep.countDown();
              loop.sleep(Duration.ofDays(1));
              return 1;
            });
    assertThat(asleep.await(10, TimeUnit.SECONDS)).isTrue();
    while (fiber.thread().getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
    assertThat(fiber.thread().getStackTrace())
        .anyMatch(frame -> frame.getMethodName().equals("sleep"));
  }

  @Test
  void fibersAreCancelledInTheOrderInWhichTheyBegan() throws Exception {
    List<Integer> ofScope = new ArrayList<>();
    loop.fiber(
            () -> {
              try (Scope scope = loop.scope()) {
                for (int i = 0; i < 50; i++) {
                  scope.fork(sleeper(i, ofScope));
                }
                Fiber.yieldNow();
              }
              return 0;
            })
        .join();
    assertThat(ofScope).hasSize(50).isSorted();
    List<Integer> ofLoop = new ArrayList<>();
    loop.fiber(
            () -> {
              for (int i = 0; i < 50; i++) {
                loop.fiber(sleeper(i, ofLoop));
              }
              Fiber.yieldNow();
              return 0;
            })
        .join();
    loop.close();
    assertThat(ofLoop).hasSize(50).isSorted();
  }

  private Callable<Integer> sleeper(int number, List<Integer> cancelled) {
    return () -> {
      try {
        loop.sleep(Duration.ofDays(1));
      } catch (InterruptedException e) {
        cancelled.add(number);
      }
      return number;
    };
  }
}
