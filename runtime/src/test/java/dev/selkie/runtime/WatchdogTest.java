package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.kernel.CountingKernel;
import dev.selkie.kernel.Kernel;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

/** What is told of a loop that is held. */
@SuppressWarnings("FutureReturnValueIgnored")
final class WatchdogTest {
  private static final Duration LIMIT = Duration.ofMillis(20);

  private final AtomicInteger reports = new AtomicInteger();
  private final CompletableFuture<HeldLoop> report = new CompletableFuture<>();

  private EventLoop watched() throws IOException {
    return EventLoop.builder()
        .name("loop")
        .mountFibers(true)
        .watchdog(LIMIT)
        .onHeld(held -> {
          reports.incrementAndGet();
          report.complete(held);
        })
        .start();
  }

  private void holdUntilReported() {
    report.orTimeout(10, TimeUnit.SECONDS).join();
  }

  @Test
  void aCallbackThatHoldsTheLoopIsShownWithWhatItDelays() throws Exception {
    try (EventLoop loop = watched()) {
      loop.submit(
              () -> {
                for (int i = 0; i < 5; i++) {
                  loop.execute(() -> {});
                }
                loop.schedule(() -> {}, 0, TimeUnit.NANOSECONDS);
                loop.schedule(() -> {}, 1, TimeUnit.DAYS);
                holdUntilReported();
              })
          .get(10, TimeUnit.SECONDS);
      HeldLoop held = report.join();
      assertThat(held.loop()).isSameAs(loop);
      assertThat(held.time()).isGreaterThanOrEqualTo(LIMIT);
      assertThat(held.fiber()).isEmpty();
      assertThat(held.fiberStack()).isEmpty();
      assertThat(held.thread()).anyMatch(f -> f.getMethodName().equals("holdUntilReported"));
      assertThat(held.runnables()).isEqualTo(5);
      assertThat(held.timers()).isEqualTo(1);
      assertThat(held.toString())
          .startsWith("loop has been held for ")
          .contains("5 runnables and 1 timers", "holdUntilReported");
    }
  }

  @Test
  void aListenerThatIsInterruptedDoesNotKeepTheWatchdogAwake() throws Exception {
    AtomicReference<Thread> watchdog = new AtomicReference<>();
    try (EventLoop loop =
        EventLoop.builder()
            .watchdog(LIMIT)
            .onHeld(held -> {
              Thread.currentThread().interrupt();
              watchdog.set(Thread.currentThread());
              report.complete(held);
            })
            .start()) {
      loop.submit(this::holdUntilReported).get(10, TimeUnit.SECONDS);
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
      while (watchdog.get().isInterrupted()) {
        assertThat(System.nanoTime()).isLessThan(end);
        Thread.onSpinWait();
      }
    }
  }

  @Test
  void aLimitShorterThanThoseBeforeItHoldsFromTheStart() throws Exception {
    AtomicBoolean over = new AtomicBoolean();
    try (EventLoop patient = EventLoop.builder().watchdog(Duration.ofHours(1)).start()) {
      patient.execute(() -> {
        while (!over.get()) {
          Thread.onSpinWait();
        }
      });
      awaitPeriod();
      try (EventLoop loop = watched()) {
        loop.submit(this::holdUntilReported).get(10, TimeUnit.SECONDS);
      } finally {
        over.set(true);
      }
    }
  }

  private static void awaitPeriod() {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (Objects.requireNonNull(Watchdog.thread()).getState() != Thread.State.TIMED_WAITING) {
      assertThat(System.nanoTime()).isLessThan(end);
      Thread.onSpinWait();
    }
  }

  @Test
  void aFiberThatHoldsTheLoopIsShownWithItsCarrier() throws Exception {
    try (EventLoop loop = watched()) {
      Fiber<Integer> fiber =
          loop.fiber(
              "holder",
              () -> {
                while (!report.isDone()) {
                  Thread.onSpinWait();
                }
                return 0;
              });
      fiber.join();
      shows(fiber, "WatchdogTest");
    }
  }

  private void shows(Fiber<?> fiber, String inFiber) {
    HeldLoop held = report.join();
    assertThat(held.fiber()).contains(fiber.thread());
    assertThat(held.fiberStack()).anyMatch(frame -> frame.toString().contains(inFiber));
    assertThat(held.thread())
        .anyMatch(f -> f.getClassName().equals(Fibers.class.getName()))
        .noneMatch(f -> f.getClassName().contains("WatchdogTest"));
    assertThat(held.toString()).contains("by fiber holder", inFiber, "carried by");
  }

  /** Parks in its initialiser, where a virtual thread cannot be unmounted. */
  private static final class Pinning {
    private static volatile CompletableFuture<HeldLoop> release = new CompletableFuture<>();

    private static final class Initialised {
      static final boolean DONE = parked();

      private static boolean parked() {
        while (!release.isDone()) {
          LockSupport.park();
        }
        return true;
      }
    }
  }

  @Test
  void aFiberThatParksInsideAClassInitialiserIsShown() throws Exception {
    Pinning.release = report;
    try (EventLoop loop = watched()) {
      Fiber<Boolean> fiber = loop.fiber("holder", () -> Pinning.Initialised.DONE);
      report.whenComplete((_, _) -> LockSupport.unpark(fiber.thread()));
      assertThat(fiber.join()).isTrue();
      shows(fiber, "<clinit>");
    }
  }

  @Test
  void aHoldIsToldOnceAndTheNextOneAgain() throws Exception {
    try (Look look = new Look()) {
      look.inTurn(() -> {
        look.at(0);
        look.at(50);
        assertThat(look.told).isEmpty();
        look.at(100);
        assertThat(look.told).hasSize(1);
        look.at(1000);
        assertThat(look.told).as("once").hasSize(1);
      });
      look.inTurn(() -> {
        look.at(2000);
        look.at(2100);
        assertThat(look.told).hasSize(2);
        assertThat(look.told.getLast().time()).isEqualTo(Duration.ofMillis(100));
      });
    }
  }

  @Test
  void aLoopThatGoesOnIsNotHeldHoweverLongTheTurns() throws Exception {
    try (Look look = new Look()) {
      for (int i = 0; i < 10; i++) {
        int second = i;
        look.inTurn(() -> look.at(1000L * second));
      }
      look.loop.execute(() -> look.at(20_000));
      look.loop.execute(() -> look.at(21_000));
      look.loop.schedule(() -> look.at(22_000), 0, TimeUnit.NANOSECONDS);
      look.loop.runOnce(Duration.ZERO);
      look.loop.runOnce(Duration.ZERO);
      look.at(30_000);
      look.at(40_000);
      assertThat(look.told).isEmpty();
    }
  }

  @Test
  void onlyLoopsOfTheMachinesKernelAreWatchedUnlessAsked() throws Exception {
    Kernel other = new CountingKernel(Kernel.system());
    try (EventLoop machine = EventLoop.builder().open();
        EventLoop silent = EventLoop.builder().watchdog(Duration.ZERO).open();
        EventLoop decorated = EventLoop.builder().kernel(other).open();
        EventLoop asked = EventLoop.builder().kernel(other).watchdog(LIMIT).open()) {
      assertThat(Watchdog.isWatching(machine)).isTrue();
      assertThat(Watchdog.isWatching(silent)).isFalse();
      assertThat(Watchdog.isWatching(decorated)).isFalse();
      assertThat(Watchdog.isWatching(asked)).isTrue();
      machine.shutdownNow();
      machine.run();
      assertThat(Watchdog.isWatching(machine)).isFalse();
    }
  }

  @Test
  void theWatchdogSleepsWhileNoLoopIsInATurnAndEndsWithTheLastLoop() throws Exception {
    Thread dog;
    try (EventLoop loop = watched()) {
      loop.submit(() -> {}).get();
      dog = Objects.requireNonNull(Watchdog.thread());
      while (dog.getState() != Thread.State.WAITING) {
        Thread.onSpinWait(); // JUnit's limit ends it
      }
      loop.execute(this::holdUntilReported);
      assertThat(report.get(10, TimeUnit.SECONDS)).as("it is woken").isNotNull();
    }
    assertThat(dog.join(Duration.ofSeconds(10))).isTrue();
    assertThat(reports).hasValue(1);
  }

  /** A loop without a thread, a time of its own and the watchdog's look at it. */
  private static final class Look implements AutoCloseable {
    private final ManualClock clock = new ManualClock();
    private final List<HeldLoop> told = new ArrayList<>();
    private final EventLoop loop;
    private final Watchdog.Post post;

    Look() throws IOException {
      loop = EventLoop.builder().kernel(clock).open();
      post = new Watchdog.Post(loop, TimeUnit.MILLISECONDS.toNanos(100), told::add);
    }

    void at(long time) {
      clock.millis(time);
      post.look();
    }

    void inTurn(Runnable body) {
      CompletableFuture<Void> done = new CompletableFuture<>();
      loop.execute(() -> {
        try {
          body.run();
          done.complete(null);
        } catch (Throwable e) {
          done.completeExceptionally(e);
        }
      });
      loop.runOnce(Duration.ZERO);
      Objects.requireNonNull(done).join();
    }

    @Override
    public void close() {
      loop.close();
    }
  }
}
