package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.EventQueue;
import dev.selkie.Events;
import dev.selkie.Interest;
import dev.selkie.source.PipePair;
import java.time.Duration;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Who may wait: one thread at a time, and a virtual one only with zero timeout. */
@Contract
final class WaiterTest {
  private final Configuration configuration;
  private final WaitProbe kernel;

  WaiterTest(Configuration configuration) {
    this.configuration = configuration;
    this.kernel = new WaitProbe(configuration.kernel());
  }

  @Test
  void aSecondWaiterIsRefusedAndTheFirstUndisturbed() throws Exception {
    try (EventQueue<String> queue = configuration.queue(kernel);
        PipePair pipe = PipePair.open(kernel)) {
      queue.register(pipe.reader(), Interest.READABLE, "pipe");
      Background<Events<String>> first = Background.start(queue::await);
      kernel.awaitWaiter();
      assertThatThrownBy(queue::await)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("another thread waits");
      assertThatThrownBy(() -> queue.await(Duration.ofMillis(1)))
          .isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(queue::poll).isInstanceOf(IllegalStateException.class);
      assertThat(first.isDone()).isFalse();
      assertThat(kernel.waits()).as("waits in the kernel").isOne();
      Bytes.send(pipe.writer(), 1);
      assertThat(first.result().cause()).isEqualTo(Events.Cause.READY);
    }
  }

  @Test
  void aRefusedWaiterDoesNotTakeTheWakeOfTheFirst() throws Exception {
    try (EventQueue<String> queue = configuration.queue(kernel)) {
      Background<Events<String>> first = Background.start(queue::await);
      kernel.awaitWaiter();
      assertThatThrownBy(queue::poll).isInstanceOf(IllegalStateException.class);
      queue.wake();
      assertThat(first.result().cause()).isEqualTo(Events.Cause.WAKE);
    }
  }

  @Test
  void threadsMayTakeTurns() throws Exception {
    try (EventQueue<String> queue = configuration.queue(kernel);
        PipePair pipe = PipePair.open(kernel)) {
      queue.register(pipe.writer(), Interest.WRITABLE, "pipe");
      for (int i = 0; i < 10; i++) {
        assertThat(Background.start(() -> queue.await().size()).result()).isOne();
        assertThat(queue.await().size()).isOne();
      }
    }
  }

  @Test
  void aVirtualThreadMayPollAndMayNotWait() throws Exception {
    try (EventQueue<String> queue = configuration.queue(kernel);
        PipePair pipe = PipePair.open(kernel)) {
      queue.register(pipe.writer(), Interest.WRITABLE, "pipe");
      FutureTask<Integer> task =
          new FutureTask<>(() -> {
            assertThatThrownBy(queue::await)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("virtual")
                .hasMessageContaining("platform thread");
            assertThatThrownBy(() -> queue.awaitNanos(1)).isInstanceOf(IllegalStateException.class);
            assertThatThrownBy(() -> queue.await(Duration.ofMillis(1)))
                .isInstanceOf(IllegalStateException.class);
            assertThat(queue.await(Duration.ZERO).size()).isOne();
            return queue.poll().size();
          });
      Thread.ofVirtual().start(task);
      assertThat(task.get(5, TimeUnit.SECONDS)).isOne();
      assertThat(queue.await().size()).as("the queue is not held").isOne();
    }
  }
}
