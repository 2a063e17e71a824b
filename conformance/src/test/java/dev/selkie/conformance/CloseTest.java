package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.ClosedQueueException;
import dev.selkie.EventQueue;
import dev.selkie.Events;
import dev.selkie.Interest;
import dev.selkie.Registration;
import dev.selkie.kernel.CountingKernel;
import dev.selkie.kernel.SystemCall;
import dev.selkie.source.PipePair;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The close of a queue: during a wait, before and after its sources, again and again. */
@Contract
final class CloseTest {
  private final Configuration configuration;
  private final WaitProbe kernel;

  CloseTest(Configuration configuration) {
    this.configuration = configuration;
    this.kernel = new WaitProbe(configuration.kernel());
  }

  @Test
  void closeDuringAWaitEndsItAndReturnsWithTheDescriptorsGone() throws Exception {
    CountingKernel counting = new CountingKernel(kernel);
    for (int round = 0; round < 50; round++) {
      EventQueue<String> queue = configuration.queue(counting);
      Background<Events<String>> waiter = Background.start(queue::await);
      kernel.awaitWaiter();
      counting.reset();
      queue.close();
      assertThat(counting.count(SystemCall.CLOSE)).as("closed at the return").isPositive();
      assertThat(queue.isOpen()).isFalse();
      if (configuration.has(Ability.EXPORT)) {
        assertThat(queue.descriptor().isOpen()).isFalse();
      }
      assertThatThrownBy(waiter::result).isInstanceOf(ClosedQueueException.class);
    }
  }

  @Test
  void closeRightBeforeTheSystemCallEndsTheWait() throws Exception {
    EventQueue<String> queue = configuration.queue(kernel);
    Background<?>[] closer = new Background<?>[1];
    kernel.beforeNextWait(() -> {
      closer[0] =
          Background.start(() -> {
            queue.close();
            return true;
          });
      Until.holds("the close has begun", () -> !queue.isOpen());
    });
    assertThatThrownBy(queue::await).isInstanceOf(ClosedQueueException.class);
    assertThat(closer[0].result()).isEqualTo(true);
  }

  @Test
  void closeFromSeveralThreadsReturnsToAll() throws Exception {
    for (int round = 0; round < 50; round++) {
      EventQueue<String> queue = configuration.queue(kernel);
      CyclicBarrier start = new CyclicBarrier(3);
      Background<Events<String>> waiter =
          Background.start(() -> {
            start.await(5, TimeUnit.SECONDS);
            return queue.await();
          });
      Background<Boolean> closer =
          Background.start(() -> {
            start.await(5, TimeUnit.SECONDS);
            queue.close();
            return true;
          });
      start.await(5, TimeUnit.SECONDS);
      queue.close();
      assertThat(closer.result()).isTrue();
      assertThatThrownBy(waiter::result).isInstanceOf(ClosedQueueException.class);
    }
  }

  @Test
  void closeOnTheWaitingThreadInsideABatchEndsTheRegistrations() throws IOException {
    EventQueue<String> queue = configuration.queue(kernel);
    try (PipePair one = PipePair.open(kernel);
        PipePair two = PipePair.open(kernel)) {
      queue.register(one.writer(), Interest.WRITABLE, "one");
      queue.register(two.writer(), Interest.WRITABLE, "two");
      int[] delivered = new int[1];
      queue
          .await(Ready.DEADLINE)
          .forEach(_ -> {
            delivered[0]++;
            queue.close();
          });
      assertThat(delivered[0]).isOne();
      assertThat(one.writer().isOpen()).as("a source outlives its queue").isTrue();
    }
  }

  @Test
  void closeIsIdempotentAndEverythingElseIsRefusedByName() throws IOException {
    EventQueue<String> queue = configuration.queue(kernel);
    try (PipePair pipe = PipePair.open(kernel)) {
      Registration<String> registration =
          queue.register(pipe.writer(), Interest.WRITABLE, "before");
      Events<String> events = queue.poll();
      queue.close();
      queue.close();
      queue.wake();
      assertThat(registration.isValid()).isFalse();
      assertThatThrownBy(queue::await).isInstanceOf(ClosedQueueException.class);
      assertThat(events).isEmpty();
      assertThatThrownBy(() -> queue.await(Duration.ofMillis(1)))
          .isInstanceOf(ClosedQueueException.class);
      assertThatThrownBy(queue::poll).isInstanceOf(ClosedQueueException.class);
      assertThatThrownBy(() -> queue.register(pipe.reader(), Interest.READABLE, "late"))
          .isInstanceOf(ClosedQueueException.class);
      assertThatThrownBy(() -> registration.modify(Interest.NONE))
          .isInstanceOf(IllegalStateException.class);
      assertThat(registration.cancel()).isFalse();
      if (configuration.has(Ability.EXPORT)) {
        assertThatThrownBy(() -> queue.descriptor().number())
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("closed");
      } else {
        Refusal.of(configuration, queue::descriptor);
      }
      assertThat(queue).hasToString(queue.toString()).asString().contains("closed");
    }
  }

  @Test
  void twoThousandOpensAndClosesLeaveNoDescriptor() throws IOException {
    int[] lowest = new int[2];
    kernel.files().pipe(lowest);
    kernel.files().close(lowest[0]);
    kernel.files().close(lowest[1]);
    for (int i = 0; i < 2_000; i++) {
      try (EventQueue<String> queue = configuration.queue(kernel);
          PipePair pipe = PipePair.open(kernel)) {
        queue.register(pipe.writer(), Interest.WRITABLE, "pipe");
        assertThat(queue.poll().size()).isOne();
      }
    }
    try (PipePair pipe = PipePair.open(kernel)) {
      // The lowest free number is given out: what leaked would have pushed it up.
      assertThat(pipe.reader().descriptor().number()).isLessThan(lowest[0] + 100);
    }
  }

  @Test
  void sourcesClosedBeforeTheQueue() throws IOException {
    EventQueue<String> queue = configuration.queue(kernel);
    PipePair pipe = PipePair.open(kernel);
    RawPair sockets = RawPair.open(kernel);
    Registration<String> reader = queue.register(pipe.reader(), Interest.READABLE, "reader");
    Registration<String> writer = queue.register(pipe.writer(), Interest.WRITABLE, "writer");
    Registration<String> socket = queue.register(sockets.one(), Interest.READABLE, "socket");
    pipe.close();
    sockets.close();
    assertThat(reader.isValid() || writer.isValid() || socket.isValid()).isFalse();
    Report.none(queue);
    queue.close();
  }

  @Test
  void theQueueClosedBeforeItsSources() throws IOException {
    EventQueue<String> queue = configuration.queue(kernel);
    try (PipePair pipe = PipePair.open(kernel);
        RawPair sockets = RawPair.open(kernel)) {
      Registration<String> reader = queue.register(pipe.reader(), Interest.READABLE, "reader");
      Registration<String> socket = queue.register(sockets.one(), Interest.READABLE, "socket");
      queue.close();
      assertThat(reader.isValid() || socket.isValid()).isFalse();
      assertThat(reader.toString()).contains("ended");
      Bytes.send(pipe.writer(), 3);
      assertThat(Bytes.drain(pipe.reader())).as("bytes through the pipe").isEqualTo(3);
      try (EventQueue<String> another = configuration.queue(kernel)) {
        another.register(sockets.one(), Interest.WRITABLE, "again");
        assertThat(Report.attachments(Report.next(another))).containsExactly("again");
      }
    }
  }

  @Test
  void sourcesAndQueueClosedAtOnceByDifferentThreads() throws Exception {
    for (int round = 0; round < 100; round++) {
      EventQueue<String> queue = configuration.queue(kernel);
      PipePair pipe = PipePair.open(kernel);
      queue.register(pipe.reader(), Interest.READABLE, "reader");
      queue.register(pipe.writer(), Interest.WRITABLE, "writer");
      CyclicBarrier start = new CyclicBarrier(2);
      Background<Boolean> closer =
          Background.start(() -> {
            start.await(5, TimeUnit.SECONDS);
            pipe.close();
            return true;
          });
      start.await(5, TimeUnit.SECONDS);
      queue.close();
      assertThat(closer.result()).isTrue();
    }
  }

  /** As what a simulated kernel steps meanwhile may do. */
  @Test
  void aCloseFromWithinTheWaitEndsItAndDoesNotWaitForItself() throws IOException {
    WaitProbe probe = new WaitProbe(kernel);
    EventQueue<String> queue = configuration.queue(probe);
    probe.beforeNextWait(queue::close);
    assertThatThrownBy(() -> queue.await(Ready.DEADLINE)).isInstanceOf(ClosedQueueException.class);
    assertThat(queue.isOpen()).isFalse();
  }
}
