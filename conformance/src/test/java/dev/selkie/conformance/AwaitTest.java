package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.Event;
import dev.selkie.EventQueue;
import dev.selkie.Events;
import dev.selkie.Events.Cause;
import dev.selkie.Interest;
import dev.selkie.Registration;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.FaultyKernel;
import dev.selkie.source.PipePair;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ConcurrentModificationException;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/** What each form of wait does, and the batch that it returns. */
@Contract
final class AwaitTest {
  private final Configuration configuration;
  private final WaitProbe kernel;

  AwaitTest(Configuration configuration) {
    this.configuration = configuration;
    this.kernel = new WaitProbe(configuration.kernel());
  }

  @Test
  void zeroTimeoutStillAsksTheKernel() throws IOException {
    try (EventQueue<String> queue = configuration.queue(kernel);
        PipePair pipe = PipePair.open(kernel)) {
      queue.register(pipe.reader(), Interest.READABLE, "pipe");
      assertThat(queue.await(Duration.ZERO)).isEmpty();
      assertThat(kernel.waits()).isOne();
      Bytes.send(pipe.writer(), 1);
      assertThat(Report.attachments(Report.of(queue.await(Duration.ZERO)))).containsExactly("pipe");
      assertThat(Report.attachments(Report.poll(queue))).containsExactly("pipe");
      assertThat(Report.attachments(Report.of(queue.awaitNanos(0)))).containsExactly("pipe");
      assertThat(kernel.waits()).isEqualTo(4);
    }
  }

  @Test
  void negativeTimeoutAsksAndReturns() throws IOException {
    try (EventQueue<String> queue = configuration.queue(kernel)) {
      assertThat(queue.await(Duration.ofSeconds(-1)).cause()).isEqualTo(Events.Cause.TIMEOUT);
      assertThat(queue.await(Duration.ofSeconds(Long.MIN_VALUE))).isEmpty();
      assertThat(queue.awaitNanos(-1)).isEmpty();
      assertThat(kernel.waits()).isEqualTo(3);
    }
  }

  @Test
  void withoutTimeoutItWaitsForAnEvent() throws Exception {
    try (EventQueue<String> queue = configuration.queue(kernel);
        PipePair pipe = PipePair.open(kernel)) {
      queue.register(pipe.reader(), Interest.READABLE, "pipe");
      Background<Events<String>> waiter = Background.start(queue::await);
      kernel.awaitWaiter();
      assertThat(waiter.isDone()).isFalse();
      Bytes.send(pipe.writer(), 1);
      Events<String> events = waiter.result();
      assertThat(events.cause()).isEqualTo(Events.Cause.READY);
      assertThat(Report.attachments(Report.of(events))).containsExactly("pipe");
    }
  }

  @Test
  void anEventEndsAWaitBeforeItsTimeout() throws Exception {
    try (EventQueue<String> queue = configuration.queue(kernel);
        PipePair pipe = PipePair.open(kernel)) {
      queue.register(pipe.reader(), Interest.READABLE, "pipe");
      Background<Events<String>> waiter = Background.start(() -> queue.await(Duration.ofDays(1)));
      kernel.awaitWaiter();
      Bytes.send(pipe.writer(), 1);
      assertThat(waiter.result().size()).isOne();
    }
  }

  @Test
  void aWaitMakesOneSystemCall() throws IOException {
    try (EventQueue<String> queue = configuration.queue(kernel);
        PipePair pipe = PipePair.open(kernel)) {
      queue.register(pipe.reader(), Interest.READABLE, "pipe");
      Bytes.send(pipe.writer(), 1);
      queue.await(Ready.DEADLINE);
      queue.await();
      assertThat(kernel.waits()).isEqualTo(2);
    }
  }

  @Test
  void theBatchIsOneObjectThatEachWaitFillsAnew() throws IOException {
    try (EventQueue<String> queue = configuration.queue(kernel);
        PipePair pipe = PipePair.open(kernel)) {
      queue.register(pipe.reader(), Interest.READABLE, "pipe");
      Events<String> empty = queue.poll();
      assertThat(empty.isEmpty()).isTrue();
      Bytes.send(pipe.writer(), 1);
      Events<String> one = queue.await(Ready.DEADLINE);
      assertThat(one).isSameAs(empty);
      assertThat(one.size()).isOne();
      Bytes.drain(pipe.reader());
      assertThat(queue.poll().size()).isZero();
      assertThat(one.isEmpty()).isTrue();
    }
  }

  @Test
  void theCursorAndTheIteratorReadTheSameBatch() throws IOException {
    try (EventQueue<String> queue = configuration.queue(kernel);
        PipePair one = PipePair.open(kernel);
        PipePair two = PipePair.open(kernel)) {
      queue.register(one.writer(), Interest.WRITABLE, "one");
      queue.register(two.writer(), Interest.WRITABLE, "two");
      Events<String> events = queue.await(Ready.DEADLINE);
      Event<String> first = events.next();
      Event<String> second = events.next();
      assertThat(events.next()).isNull();
      assertThat(first.attachment()).isNotEqualTo(second.attachment());
      assertThat(Report.attachments(Report.of(events))).containsExactlyInAnyOrder("one", "two");
      Iterator<Event<String>> iterator = events.iterator();
      iterator.next();
      assertThat(iterator.hasNext()).isTrue();
      iterator.next();
      assertThat(iterator.hasNext()).isFalse();
      assertThatThrownBy(iterator::next).isInstanceOf(NoSuchElementException.class);
    }
  }

  @Test
  void aWaitInsideTheLoopOverABatchEndsTheLoopByAnError() throws IOException {
    try (EventQueue<String> queue = configuration.queue(kernel);
        PipePair one = PipePair.open(kernel);
        PipePair two = PipePair.open(kernel)) {
      queue.register(one.writer(), Interest.WRITABLE, "one");
      queue.register(two.writer(), Interest.WRITABLE, "two");
      int[] handled = new int[1];
      assertThatThrownBy(
              () -> {
                for (Event<String> event : queue.await(Ready.DEADLINE)) {
                  handled[0]++;
                  assertThat(Report.attachments(Report.poll(queue))).contains(event.attachment());
                }
              })
          .isInstanceOf(ConcurrentModificationException.class)
          .hasMessageContaining("waited again");
      assertThat(handled[0]).isOne();
      assertThat(Report.attachments(Report.poll(queue))).containsExactlyInAnyOrder("one", "two");
    }
  }

  @Test
  void aKeptIteratorDoesNotReadTheNextBatch() throws IOException {
    try (EventQueue<String> queue = configuration.queue(kernel);
        PipePair pipe = PipePair.open(kernel)) {
      queue.register(pipe.writer(), Interest.WRITABLE, "pipe");
      Iterator<Event<String>> kept = queue.await(Ready.DEADLINE).iterator();
      queue.poll();
      assertThatThrownBy(kept::hasNext).isInstanceOf(ConcurrentModificationException.class);
      assertThatThrownBy(kept::next).isInstanceOf(ConcurrentModificationException.class);
    }
  }

  @Test
  void aKeptEventThatHoldsNothingSaysSo() throws IOException {
    try (EventQueue<String> queue = configuration.queue(kernel);
        PipePair pipe = PipePair.open(kernel)) {
      Registration<String> registration =
          queue.register(pipe.writer(), Interest.WRITABLE, "attachment");
      Event<String> kept = queue.await(Ready.DEADLINE).next();
      assertThat(queue.poll().toString()).isEqualTo("1 event (READY)");
      registration.modify(Interest.NONE);
      assertThat(queue.poll().toString()).isEqualTo("0 events (TIMEOUT)");
      for (ThrowingCallable use : List.<ThrowingCallable>of(kept::attachment, kept::registration)) {
        assertThatIllegalStateException()
            .isThrownBy(use)
            .withMessage("the queue has waited again: keep the attachment, not the event");
      }
      assertThat(kept.isWritable()).isFalse();
      assertThat(kept).hasToString("no event");
    }
  }

  @Test
  void aWaitThatFailsLosesNoWakeAndLeavesNoEvent() throws IOException {
    FaultyKernel faulty = new FaultyKernel(configuration.kernel());
    try (EventQueue<String> failing = configuration.queue(faulty);
        PipePair pipe = PipePair.open(faulty)) {
      Bytes.send(pipe.writer(), 1);
      failing.register(pipe.reader(), Interest.READABLE, "pipe");
      Events<String> events = failing.await(Ready.DEADLINE);
      assertThat(events.size()).isOne();
      failing.wake();
      faulty.on(configuration.waitCall()).times(1).fail(Errno.EINVAL);
      assertThatThrownBy(() -> failing.await(Ready.DEADLINE))
          .isInstanceOf(UncheckedIOException.class);
      assertThat(events.isEmpty()).isTrue();
      assertThat(failing.await(Ready.DEADLINE).cause()).isEqualTo(Cause.WAKE);
      assertThat(failing.await(Ready.DEADLINE).cause()).isEqualTo(Cause.READY);
    }
  }

  @Test
  void aWaitThatTheSystemRefusesThrowsAndTheQueueLives() throws IOException {
    FaultyKernel faulty = new FaultyKernel(configuration.kernel());
    try (EventQueue<String> queue = configuration.queue(faulty);
        PipePair pipe = PipePair.open(faulty)) {
      queue.register(pipe.reader(), Interest.READABLE, "pipe");
      Bytes.send(pipe.writer(), 1);
      faulty.on(configuration.waitCall()).times(1).fail(Errno.EINVAL);
      assertThatThrownBy(() -> queue.await(Ready.DEADLINE))
          .isInstanceOf(UncheckedIOException.class)
          .hasMessageContaining("EINVAL");
      assertThat(Report.attachments(Report.next(queue))).containsExactly("pipe");
    }
  }
}
