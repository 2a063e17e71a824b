package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.EventQueue;
import dev.selkie.Events;
import dev.selkie.Events.Cause;
import dev.selkie.Interest;
import dev.selkie.kernel.CountingKernel;
import dev.selkie.kernel.ForwardingKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SystemCall;
import dev.selkie.source.PipePair;
import java.io.IOException;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Wakes: before, during and after a wait, many, from many threads, after close. */
@Contract
final class WakeTest {
  private static final Duration SHORT = Duration.ofMillis(5);

  private final Configuration configuration;
  private final Kernel kernel;

  WakeTest(Configuration configuration) {
    this.configuration = configuration;
    this.kernel = configuration.kernel();
  }

  @Test
  void aWakeBeforeTheWaitMakesItReturnAtOnce() throws IOException {
    try (EventQueue<String> queue = configuration.queue(kernel)) {
      queue.wake();
      assertThat(queue.await().cause()).isEqualTo(Cause.WAKE);
      assertThat(queue.await(SHORT).cause()).as("the next wait").isEqualTo(Cause.TIMEOUT);
    }
  }

  @Test
  void aPollTakesAWakeToo() throws IOException {
    try (EventQueue<String> queue = configuration.queue(kernel)) {
      queue.wake();
      assertThat(queue.poll().cause()).isEqualTo(Cause.WAKE);
      assertThat(queue.await(SHORT).cause()).isEqualTo(Cause.TIMEOUT);
    }
  }

  @Test
  void aWakeDoesNotHideEvents() throws IOException {
    try (EventQueue<String> queue = configuration.queue(kernel);
        PipePair pipe = PipePair.open(kernel)) {
      queue.register(pipe.writer(), Interest.WRITABLE, "pipe");
      queue.wake();
      Events<String> events = queue.await();
      assertThat(events.cause()).isEqualTo(Cause.WAKE);
      assertThat(Report.attachments(Report.of(events))).containsExactly("pipe");
    }
  }

  @Test
  void manyWakesCoalesceIntoOneReturn() throws IOException {
    try (EventQueue<String> queue = configuration.queue(kernel)) {
      for (int i = 0; i < 1_000; i++) {
        queue.wake();
      }
      assertThat(queue.await().cause()).isEqualTo(Cause.WAKE);
      assertThat(queue.await(SHORT).cause()).isEqualTo(Cause.TIMEOUT);
    }
  }

  @Test
  void aWakeDuringAWaitEndsIt() throws Exception {
    WaitProbe probe = new WaitProbe(kernel);
    try (EventQueue<String> queue = configuration.queue(probe)) {
      for (int round = 0; round < 50; round++) {
        Background<Cause> waiter = Background.start(() -> queue.await().cause());
        probe.awaitWaiter();
        queue.wake();
        assertThat(waiter.result()).isEqualTo(Cause.WAKE);
        assertThat(queue.awaitNanos(1).cause()).isEqualTo(Cause.TIMEOUT);
      }
    }
  }

  @Test
  void aWakeBetweenTheBeginOfAWaitAndItsSystemCallEndsIt() throws IOException {
    WaitProbe probe = new WaitProbe(kernel);
    try (EventQueue<String> queue = configuration.queue(probe)) {
      probe.beforeNextWait(queue::wake);
      assertThat(queue.await().cause()).isEqualTo(Cause.WAKE);
      assertThat(queue.await(SHORT).cause()).isEqualTo(Cause.TIMEOUT);
    }
  }

  @Test
  void manyWakesDuringAWaitAreOne() throws Exception {
    WaitProbe probe = new WaitProbe(kernel);
    try (EventQueue<String> queue = configuration.queue(probe)) {
      probe.beforeNextWait(() -> {
        for (int i = 0; i < 100; i++) {
          queue.wake();
        }
      });
      assertThat(queue.await().cause()).isEqualTo(Cause.WAKE);
      assertThat(queue.await(SHORT).cause()).isEqualTo(Cause.TIMEOUT);
    }
  }

  /** No wake is lost: each of the tickets that are issued before a wake is seen by a later wait. */
  @Test
  void noWakeFromManyThreadsIsLost() throws Exception {
    int threads = 4;
    int wakes = 5_000;
    AtomicInteger issued = new AtomicInteger();
    CyclicBarrier start = new CyclicBarrier(threads);
    try (EventQueue<String> queue = configuration.queue(kernel)) {
      List<Background<Boolean>> wakers = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        wakers.add(
            Background.start(() -> {
              start.await(5, TimeUnit.SECONDS);
              for (int i = 0; i < wakes; i++) {
                issued.incrementAndGet();
                queue.wake();
              }
              return true;
            }));
      }
      int seen = 0;
      while (seen < threads * wakes) {
        Cause cause = queue.await(Ready.DEADLINE).cause();
        assertThat(cause)
            .as("after %d of %d", seen, issued.get())
            .isNotIn(Cause.TIMEOUT, Cause.INTERRUPT);
        seen = issued.get();
      }
      for (Background<Boolean> waker : wakers) {
        assertThat(waker.result()).isTrue();
      }
    }
  }

  @Test
  void aWakeOnTheWaitingThreadEndsItsNextWait() throws IOException {
    try (EventQueue<String> queue = configuration.queue(kernel);
        PipePair pipe = PipePair.open(kernel)) {
      queue.register(pipe.writer(), Interest.WRITABLE.oneShot(), "pipe");
      queue.await(Ready.DEADLINE).forEach(_ -> queue.wake());
      assertThat(queue.await().cause()).isEqualTo(Cause.WAKE);
      assertThat(queue.await(SHORT).cause()).isEqualTo(Cause.TIMEOUT);
    }
  }

  @Test
  void aWakeWhileNobodyWaitsMakesNoSystemCall() throws IOException {
    CountingKernel counting = new CountingKernel(kernel);
    try (EventQueue<String> queue = configuration.queue(counting)) {
      counting.reset();
      queue.wake();
      assertThat(counting.total()).as("%s", counting).isZero();
    }
  }

  @Test
  void aWakeAfterCloseWritesToNoDescriptor() throws IOException {
    CountingKernel counting = new CountingKernel(kernel);
    EventQueue<String> queue = configuration.queue(counting);
    if (configuration.has(Ability.EXPORT)) {
      queue.descriptor(); // from here on each wake would be written
    }
    queue.close();
    counting.reset();
    queue.wake();
    assertThat(counting.total()).as("%s", counting).isZero();
  }

  /** The numbers of a closed queue belong to others: a late wake must not reach them. */
  @Test
  void wakesThatRaceWithCloseReachNoOtherDescriptor() throws Exception {
    for (int round = 0; round < 100; round++) {
      EventQueue<String> queue = configuration.queue(kernel);
      if (configuration.has(Ability.EXPORT)) {
        queue.descriptor();
      }
      CyclicBarrier start = new CyclicBarrier(2);
      Background<Boolean> waker =
          Background.start(() -> {
            start.await(5, TimeUnit.SECONDS);
            for (int i = 0; i < 20; i++) {
              queue.wake();
              Thread.onSpinWait();
            }
            return true;
          });
      start.await(5, TimeUnit.SECONDS);
      queue.close();
      try (RawPair one = RawPair.open(kernel);
          RawPair two = RawPair.open(kernel)) {
        assertThat(waker.result()).isTrue();
        assertThat(Bytes.drain(one.one()) + Bytes.drain(one.other())).isZero();
        assertThat(Bytes.drain(two.one()) + Bytes.drain(two.other())).isZero();
      }
    }
  }

  @Test
  void whatWasWrittenBeforeAWakeIsSeenAfterTheWait() throws Exception {
    WaitProbe probe = new WaitProbe(kernel);
    int[] plain = new int[1];
    try (EventQueue<String> queue = configuration.queue(probe)) {
      for (int round = 1; round <= 200; round++) {
        int value = round;
        Background<Integer> waiter =
            Background.start(() -> {
              queue.await();
              return plain[0];
            });
        probe.awaitWaiter();
        plain[0] = value;
        queue.wake();
        assertThat(waiter.result()).isEqualTo(value);
        queue.poll();
      }
    }
  }

  /** The writing end of a queue's waker, and whether it was ever found full. */
  private static final class WakerFiller extends ForwardingKernel {
    private final Kernel host;
    private volatile int eventfd = -1;
    private volatile boolean full;

    WakerFiller(Kernel host) {
      super(host);
      this.host = host;
    }

    @Override
    protected long call(SystemCall call, int descriptor, long length, Invocation invocation) {
      long result = super.call(call, descriptor, length, invocation);
      if (call == SystemCall.EVENTFD && result >= 0) {
        eventfd = (int) result;
      }
      if (call == SystemCall.WRITE && descriptor == eventfd && result == Result.EAGAIN) {
        full = true;
      }
      return result;
    }

    /** Adds all that the counter takes: 2^64 - 2, in the machine's byte order. */
    void fill() {
      byte[] most = new byte[Long.BYTES];
      Arrays.fill(most, (byte) 0xff);
      most[ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN ? 0 : Long.BYTES - 1] = (byte) 0xfe;
      assertThat(host.files().write(eventfd, most, 0, Long.BYTES)).isEqualTo(Long.BYTES);
    }
  }

  /** An edge-triggered waker is not read, until it is full. */
  @Test
  void aWakerThatIsFullWakesAllTheSame() throws Exception {
    WakerFiller filler = new WakerFiller(kernel);
    WaitProbe probe = new WaitProbe(filler);
    try (EventQueue<String> queue = configuration.queue(probe)) {
      for (int round = 0; round < 3; round++) {
        if (filler.eventfd >= 0) {
          kernel.files().read(filler.eventfd, new byte[Long.BYTES], 0, Long.BYTES);
          filler.fill();
          queue.poll();
        }
        Background<Cause> waiter = Background.start(() -> queue.await().cause());
        probe.awaitWaiter();
        queue.wake();
        assertThat(waiter.result()).isEqualTo(Cause.WAKE);
        assertThat(queue.await(SHORT).cause()).isEqualTo(Cause.TIMEOUT);
      }
    }
    assertThat(filler.full).as("met full").isEqualTo(configuration.backend().equals("epoll"));
  }
}
