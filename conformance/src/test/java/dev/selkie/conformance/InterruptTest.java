package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.EventQueue;
import dev.selkie.Events;
import dev.selkie.Events.Cause;
import dev.selkie.Interest;
import dev.selkie.source.PipePair;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** {@link Thread#interrupt} and a wait. */
@Contract
final class InterruptTest {
  private final Configuration configuration;
  private final WaitProbe kernel;

  InterruptTest(Configuration configuration) {
    this.configuration = configuration;
    this.kernel = new WaitProbe(configuration.kernel());
  }

  @AfterEach
  void clearStatus() {
    Thread.interrupted();
  }

  private record Outcome(Cause cause, boolean interrupted) {
    static Outcome of(Events<?> events) {
      return new Outcome(events.cause(), Thread.interrupted());
    }
  }

  @Test
  void anInterruptBeforeTheWaitEndsItAtOnceAndStaysSet() throws IOException {
    try (EventQueue<String> queue = configuration.queue(kernel)) {
      Thread.currentThread().interrupt();
      assertThat(queue.await().cause()).isEqualTo(Cause.INTERRUPT);
      assertThat(queue.await(Duration.ofDays(1)).cause())
          .as("the next wait, the status still set")
          .isEqualTo(Cause.INTERRUPT);
      assertThat(Thread.interrupted()).isTrue();
      assertThat(queue.await(Duration.ofMillis(5)).cause()).isEqualTo(Cause.TIMEOUT);
    }
  }

  @Test
  void anInterruptDuringTheWaitEndsItAndStaysSet() throws Exception {
    try (EventQueue<String> queue = configuration.queue(kernel)) {
      for (int round = 0; round < 50; round++) {
        Background<Outcome> waiter = Background.start(() -> Outcome.of(queue.await()));
        kernel.awaitWaiter();
        waiter.thread().interrupt();
        assertThat(waiter.result()).isEqualTo(new Outcome(Cause.INTERRUPT, true));
      }
      assertThat(queue.await(Duration.ofMillis(5)).cause()).isEqualTo(Cause.TIMEOUT);
    }
  }

  @Test
  void anInterruptDuringAWaitWithTimeoutEndsItEarly() throws Exception {
    try (EventQueue<String> queue = configuration.queue(kernel)) {
      Background<Outcome> waiter =
          Background.start(() -> Outcome.of(queue.await(Duration.ofDays(1))));
      kernel.awaitWaiter();
      waiter.thread().interrupt();
      assertThat(waiter.result()).isEqualTo(new Outcome(Cause.INTERRUPT, true));
    }
  }

  @Test
  void anInterruptRightBeforeTheSystemCallEndsTheWait() throws Exception {
    Thread waiter = Thread.currentThread();
    FutureTask<Boolean> interrupt =
        new FutureTask<>(() -> {
          waiter.interrupt();
          return true;
        });
    try (EventQueue<String> queue = configuration.queue(kernel)) {
      kernel.beforeNextWait(() -> {
        // A thread's interrupt of itself does not reach the hook that others' do.
        Thread.ofPlatform().start(interrupt);
        Until.holds("the interrupt", waiter::isInterrupted);
      });
      assertThat(Outcome.of(queue.await())).isEqualTo(new Outcome(Cause.INTERRUPT, true));
      // The interrupt may still be writing to the queue, whose close would leave that to it.
      assertThat(interrupt.get(5, TimeUnit.SECONDS)).isTrue();
    }
  }

  @Test
  void anInterruptedWaitKeepsItsEvents() throws IOException {
    try (EventQueue<String> queue = configuration.queue(kernel);
        PipePair pipe = PipePair.open(kernel)) {
      queue.register(pipe.writer(), Interest.WRITABLE.oneShot(), "pipe");
      Thread.currentThread().interrupt();
      Events<String> events = queue.await(Ready.DEADLINE);
      assertThat(events.cause()).isEqualTo(Cause.INTERRUPT);
      assertThat(Thread.interrupted()).isTrue();
      assertThat(Report.attachments(Report.of(events))).containsExactly("pipe");
    }
  }

  @Test
  void aPollLeavesTheStatusAlone() throws IOException {
    try (EventQueue<String> queue = configuration.queue(kernel);
        PipePair pipe = PipePair.open(kernel)) {
      queue.register(pipe.writer(), Interest.WRITABLE, "pipe");
      Thread.currentThread().interrupt();
      assertThat(queue.poll().cause()).isEqualTo(Cause.READY);
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  void anInterruptAfterTheWaitDoesNotTouchTheQueue() throws Exception {
    try (EventQueue<String> queue = configuration.queue(kernel)) {
      queue.awaitNanos(1);
      Thread.currentThread().interrupt();
      assertThat(Thread.interrupted()).isTrue();
      assertThat(queue.await(Duration.ofMillis(5)).cause()).isEqualTo(Cause.TIMEOUT);
    }
  }
}
