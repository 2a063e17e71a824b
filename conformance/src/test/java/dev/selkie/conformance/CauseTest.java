package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.ClosedQueueException;
import dev.selkie.EventQueue;
import dev.selkie.Events;
import dev.selkie.Events.Cause;
import dev.selkie.Interest;
import dev.selkie.Registration;
import dev.selkie.source.PipePair;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** {@link Events#cause} tells the ends of a wait apart. */
@Contract
final class CauseTest {
  private final Configuration configuration;
  private final WaitProbe kernel;

  CauseTest(Configuration configuration) {
    this.configuration = configuration;
    this.kernel = new WaitProbe(configuration.kernel());
  }

  @Test
  void eachEndOfAWaitHasItsName() throws IOException {
    try (EventQueue<String> queue = configuration.queue(kernel);
        PipePair pipe = PipePair.open(kernel)) {
      assertThat(queue.poll().cause()).isEqualTo(Cause.TIMEOUT);
      assertThat(queue.awaitNanos(1_000).cause()).isEqualTo(Cause.TIMEOUT);
      queue.wake();
      assertThat(queue.await().cause()).isEqualTo(Cause.WAKE);
      Thread.currentThread().interrupt();
      assertThat(queue.await().cause()).isEqualTo(Cause.INTERRUPT);
      assertThat(Thread.interrupted()).isTrue();
      queue.register(pipe.writer(), Interest.WRITABLE, "pipe");
      Events<String> events = queue.await(Ready.DEADLINE);
      assertThat(events.cause()).isEqualTo(Cause.READY);
      assertThat(events).hasToString("1 event (READY)");
    }
  }

  @Test
  void aClosedQueueIsToldByTheExceptionAndTheBatch() throws IOException {
    EventQueue<String> queue = configuration.queue(kernel);
    Events<String> events = queue.poll();
    queue.close();
    assertThatThrownBy(queue::poll).isInstanceOf(ClosedQueueException.class);
    assertThat(events.cause()).isEqualTo(Cause.CLOSED);
  }

  @Test
  void aWakeAndAnInterruptAtOnceAreAWakeWithTheStatusSet() throws IOException {
    try (EventQueue<String> queue = configuration.queue(kernel)) {
      queue.wake();
      Thread.currentThread().interrupt();
      assertThat(queue.await().cause()).isEqualTo(Cause.WAKE);
      assertThat(queue.await().cause()).isEqualTo(Cause.INTERRUPT);
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  /**
   * What the system found was cancelled before the queue could look at it. A queue that asks the
   * system again instead, and tells of the timeout, is as good.
   */
  @Test
  void aWaitThatFoundOnlyWhatWasCancelledMeanwhileIsEmpty() throws IOException {
    try (EventQueue<String> queue = configuration.queue(kernel);
        PipePair pipe = PipePair.open(kernel)) {
      Registration<String> registration =
          queue.register(pipe.writer(), Interest.WRITABLE, "cancelled");
      kernel.afterNextWait(registration::cancel);
      Events<String> events = queue.await(Duration.ofMillis(20));
      assertThat(events.cause()).isIn(Cause.SPURIOUS, Cause.TIMEOUT);
      assertThat(events).isEmpty();
    }
  }

  @Test
  void aWaitAfterAWakeThatItDidNotNeedIsATimeoutOrSpuriousButNoWake() throws Exception {
    try (EventQueue<String> queue = configuration.queue(kernel);
        PipePair pipe = PipePair.open(kernel)) {
      Registration<String> registration =
          queue.register(pipe.reader(), Interest.READABLE.oneShot(), "pipe");
      for (int round = 0; round < 200; round++) {
        Background<Cause> waiter = Background.start(() -> queue.await().cause());
        kernel.awaitWaiter();
        Bytes.send(pipe.writer(), 1);
        queue.wake();
        // The byte may have ended the wait before the wake: the wake is then the next wait's.
        Cause first = waiter.result();
        assertThat(first).isIn(Cause.READY, Cause.WAKE);
        Cause second = queue.awaitNanos(1).cause();
        if (first == Cause.READY) {
          assertThat(second).isEqualTo(Cause.WAKE);
        } else {
          assertThat(second).isNotEqualTo(Cause.WAKE);
        }
        queue.await(Duration.ofNanos(1));
        Bytes.drain(pipe.reader());
        registration.rearm();
      }
    }
  }
}
