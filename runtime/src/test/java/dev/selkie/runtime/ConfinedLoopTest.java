package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.Interest;
import dev.selkie.kernel.CountingKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.net.TcpListener;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A loop that is confined to the thread of the test, and what loops tell of themselves. */
final class ConfinedLoopTest {
  private static final InetSocketAddress ANY =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

  private final List<Throwable> faults = new ArrayList<>();
  private final Kernel kernel = new CountingKernel(Kernel.system());
  private EventLoop loop;

  @BeforeEach
  void open() throws IOException {
    loop =
        EventLoop.builder()
            .kernel(kernel)
            .name("loop")
            .mountFibers(true)
            .confinedTo(Thread.currentThread())
            .uncaughtExceptionHandler((_, thrown) -> faults.add(thrown))
            .open();
  }

  @AfterEach
  void close() {
    loop.close();
  }

  private void turnUntilDone(CompletableFuture<?> future) {
    while (!future.isDone()) {
      loop.runOnce(Duration.ofSeconds(10));
    }
  }

  @Test
  void itsOwnThreadMayNotWaitBetweenTurnsEither() throws IOException {
    CompletableFuture<String> offloaded = loop.offload(() -> "done");
    assertThatThrownBy(offloaded::get)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("only fibers wait for loop, which is confined to Thread[");
    assertThatThrownBy(() -> loop.sleep(Duration.ofNanos(1)))
        .isInstanceOf(IllegalStateException.class);
    try (Incoming<Connection> incoming = loop.listen(ANY)) {
      assertThatThrownBy(incoming::take)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("use takeAsync");
    }
    turnUntilDone(offloaded);
  }

  @Test
  void aThreadIsConfinedToUntilTheLastOfItsLoopsHasEnded() throws IOException {
    Thread thread = Thread.currentThread();
    EventLoop.builder().mountFibers(true).confinedTo(thread).open().close();
    assertThat(Confinement.holds(thread)).isTrue();
    loop.close();
    assertThat(Confinement.holds(thread)).isFalse();
  }

  @Test
  void itsFibersMayWait() {
    Fiber<String> fiber =
        loop.fiber(() -> {
          loop.sleep(Duration.ofMillis(1));
          return "slept";
        });
    turnUntilDone(fiber.toCompletableFuture());
    assertThat(fiber.resultNow()).isEqualTo("slept");
    assertThat(faults).isEmpty();
  }

  @Test
  void itsCloseInterruptsAFiberInATimedSleep() {
    Fiber<String> fiber =
        loop.fiber(() -> {
          Thread.sleep(Duration.ofDays(1));
          return "slept";
        });
    while (fiber.thread().getState() != Thread.State.TIMED_WAITING) {
      loop.runOnce(Duration.ZERO);
    }
    loop.close();
    assertThat(fiber.toCompletableFuture()).isCompletedExceptionally();
    assertThat(fiber.thread().isAlive()).isFalse();
    assertThat(faults).isEmpty();
  }

  @Test
  void whatAnotherThreadHandsInIsToldAndRuns() throws InterruptedException {
    CompletableFuture<String> ran = new CompletableFuture<>();
    Thread other =
        Thread.ofPlatform().name("other").start(() -> loop.execute(() -> ran.complete("ran")));
    other.join();
    turnUntilDone(ran);
    assertThat(faults)
        .singleElement()
        .extracting(Throwable::getMessage)
        .asString()
        .contains("was handed in by Thread[", "other", "loop is confined to Thread[");
  }

  @Test
  void aFiberThatIsWokenByAnotherThreadIsToldAndGoesOn() {
    AtomicBoolean woken = new AtomicBoolean();
    Fiber<String> fiber =
        loop.fiber(
            "sleeper",
            () -> {
              while (!woken.get()) {
                LockSupport.park();
              }
              return "slept";
            });
    Thread.ofPlatform()
        .start(() -> {
          while (fiber.thread().getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
          }
          woken.set(true);
          LockSupport.unpark(fiber.thread());
        });
    turnUntilDone(fiber.toCompletableFuture());
    assertThat(fiber.resultNow()).isEqualTo("slept");
    assertThat(faults)
        .singleElement()
        .extracting(Throwable::getMessage)
        .asString()
        .contains("sleeper", "was handed in by");
  }

  @Test
  void theCurrentKernelIsTheLoopsInTurnsAndFibers() {
    CompletableFuture<Kernel> inTurn = new CompletableFuture<>();
    loop.execute(() -> inTurn.complete(Kernel.current()));
    Fiber<Kernel> fiber = loop.fiber(Kernel::current);
    turnUntilDone(fiber.toCompletableFuture());
    assertThat(inTurn.getNow(null)).isSameAs(kernel);
    assertThat(fiber.resultNow()).isSameAs(kernel);
    assertThat(Kernel.current()).isNotSameAs(kernel);
  }

  @Test
  void aFuturesTimeoutComesByTheClockOfTheLoopOnItsThread() {
    CompletableFuture<String> late =
        loop.<String>offload(() -> {
          LockSupport.park(); // for ever: until the end of its daemon thread
          throw new AssertionError("went on");
        });
    CompletableFuture<Boolean> onLoop =
        late.orTimeout(1, TimeUnit.MILLISECONDS).handle((_, _) -> loop.isOnLoop());
    turnUntilDone(onLoop);
    assertThat(onLoop.getNow(null)).isTrue();
    assertThat(late.exceptionNow()).isInstanceOf(TimeoutException.class);
    CompletableFuture<String> instead = new LoopFuture<>(loop);
    var _ = instead.completeOnTimeout("instead", 1, TimeUnit.MILLISECONDS);
    turnUntilDone(instead);
    assertThat(instead.getNow(null)).isEqualTo("instead");
    assertThat(faults).isEmpty();
  }

  @Test
  void aLoopNamesWhatWaitsForIt() throws IOException {
    Incoming<Connection> incoming = loop.listen(ANY);
    TcpListener watched = TcpListener.bind(kernel, ANY);
    loop.watch(watched, Interest.READABLE, (_, _) -> {});
    var _ =
        loop.fiber(
            "sleeper",
            () -> {
              loop.sleep(Duration.ofDays(1));
              return 0;
            });
    CompletableFuture<Connection> client =
        loop.connectAsync(((TcpListener) incoming.source()).localAddress());
    CompletableFuture<Connection> accepted = incoming.takeAsync();
    turnUntilDone(CompletableFuture.allOf(client, accepted));
    var _ = loop.fiber("reader", () -> client.join().read(ByteBuffer.allocate(1)));
    var read = accepted.join().readAsync(ByteBuffer.allocate(1));
    while (loop.runOnce(Duration.ZERO)) {
      // until both fibers wait
    }
    assertThat(loop.waits())
        .extracting(Wait::toString)
        .hasSize(4)
        .anyMatch(wait -> wait.matches("sleeper \\(WAITING\\) for loop.*"))
        .anyMatch(wait -> wait.matches("reader \\(WAITING\\) for input of .* to 127.0.0.1:.*"))
        .anyMatch(wait -> wait.startsWith("a future, for input of "))
        .anyMatch(wait -> wait.startsWith("a handler of "));
    assertThat(read.cancel(true)).isTrue();
    watched.close();
    assertThat(loop.waits()).hasSize(2);
  }
}
