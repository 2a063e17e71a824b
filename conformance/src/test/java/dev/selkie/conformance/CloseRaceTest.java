package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.EventQueue;
import dev.selkie.Events;
import dev.selkie.Interest;
import dev.selkie.Registration;
import dev.selkie.kernel.ForwardingKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCall;
import dev.selkie.source.PipePair;
import dev.selkie.source.RawSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Changes that cross the close of a source whose open file lives on: the close stops at the first
 * of two queues, and the change comes to the second. Where a close makes no call for its queue, a
 * thread waits in the first: the close ends that wait by a write.
 */
@Contract
final class CloseRaceTest {
  private final Configuration configuration;
  private final SystemCall callOfClose;
  private final WaitProbe probe;
  private final Gate kernel;
  private PipePair pipe;
  private RawSource borrowed;
  private EventQueue<String> first;
  private EventQueue<String> second;
  private Registration<String> registration;
  private Background<Boolean> close;
  private @Nullable Background<Events.Cause> waiter;

  CloseRaceTest(Configuration configuration) {
    this.configuration = configuration;
    this.callOfClose =
        configuration.backend().equals("poll") ? SystemCall.WRITE : configuration.changeCall();
    this.probe = new WaitProbe(configuration.kernel());
    this.kernel = new Gate(probe);
  }

  /** Holds a thread at its next call for a queue that it changes. */
  private final class Gate extends ForwardingKernel {
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch open = new CountDownLatch(1);
    private volatile Thread held;

    Gate(Kernel delegate) {
      super(delegate);
    }

    @Override
    protected long call(SystemCall call, int descriptor, long length, Invocation invocation) {
      if (call == callOfClose && Thread.currentThread().equals(held)) {
        reached.countDown();
        pass(open);
      }
      return super.call(call, descriptor, length, invocation);
    }

    static void pass(CountDownLatch latch) {
      try {
        assertThat(latch.await(Ready.DEADLINE.toNanos(), TimeUnit.NANOSECONDS)).isTrue();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  @BeforeEach
  void closeIsHeldAtTheFirstQueue() throws IOException {
    pipe = PipePair.open(kernel);
    borrowed = RawSource.borrow(kernel, pipe.reader().descriptor().number());
    first = configuration.queue(kernel);
    second = configuration.queue(kernel);
    first.register(borrowed, Interest.READABLE, "first");
    registration = second.register(borrowed, Interest.READABLE, "second");
    if (callOfClose == SystemCall.WRITE) {
      waiter = Background.start(() -> first.await().cause());
      probe.awaitWaiter();
    }
    close =
        Background.start(() -> {
          kernel.held = Thread.currentThread();
          borrowed.close();
          return true;
        });
    Gate.pass(kernel.reached);
  }

  @AfterEach
  void nothingReportsThePipe() throws Exception {
    kernel.open.countDown();
    assertThat(close.result()).isTrue();
    Background<Events.Cause> waiting = waiter;
    if (waiting != null) {
      first.wake();
      assertThat(waiting.result()).isEqualTo(Events.Cause.WAKE);
    }
    pipe.writer().write(ByteBuffer.wrap(new byte[1]));
    for (EventQueue<String> queue : List.of(first, second)) {
      assertThat(queue.poll().cause()).isEqualTo(Events.Cause.TIMEOUT);
      queue.close();
    }
    pipe.close();
  }

  @Test
  void aCancelDuringTheCloseLeavesNothingRegistered() {
    assertThat(registration.cancel()).isTrue();
    assertThat(registration.isValid()).isFalse();
  }

  @Test
  void aModifyDuringTheCloseIsRefusedAndLeavesNothingRegistered() {
    assertThatThrownBy(() -> registration.modify(Interest.NONE))
        .isInstanceOf(ClosedChannelException.class);
  }
}
