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
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Changes that cross the close of a source whose open file lives on: the close stops at the first
 * of two queues, and the change comes to the second.
 */
@Contract
@Needs(Ability.CHANGE_CALL)
final class CloseRaceTest {
  private final Configuration configuration;
  private final Gate kernel;
  private PipePair pipe;
  private RawSource borrowed;
  private EventQueue<String> first;
  private EventQueue<String> second;
  private Registration<String> registration;
  private Background<Boolean> close;

  CloseRaceTest(Configuration configuration) {
    this.configuration = configuration;
    this.kernel = new Gate(configuration.kernel());
  }

  /** Holds a thread at its next change of a registered descriptor. */
  private final class Gate extends ForwardingKernel {
    private final CountDownLatch reached = new CountDownLatch(1);
    private final CountDownLatch open = new CountDownLatch(1);
    private volatile Thread held;

    Gate(Kernel delegate) {
      super(delegate);
    }

    @Override
    protected long call(SystemCall call, int descriptor, long length, Invocation invocation) {
      if (call == configuration.changeCall() && Thread.currentThread().equals(held)) {
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
