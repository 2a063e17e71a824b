package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.selkie.EventQueue;
import dev.selkie.Events.Cause;
import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.Registration;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Facility;
import dev.selkie.kernel.ForwardingKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCall;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.source.PipePair;
import dev.selkie.source.RawSource;
import java.io.IOException;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What is poll(2)'s own: the system is handed numbers anew at each wait, and keeps nothing. */
@ExtendWith(DescriptorLeaks.class)
final class PollQueueTest {
  private static final Duration SHORT = Duration.ofMillis(20);

  private final WaitProbe kernel = new WaitProbe(Kernel.system());
  private EventQueue<String> queue;

  @BeforeEach
  void open() throws IOException {
    queue = open(kernel);
  }

  private static EventQueue<String> open(Kernel kernel) throws IOException {
    return EventQueue.<String>builder().kernel(kernel).backend("poll").open();
  }

  @AfterEach
  void close() {
    queue.close();
  }

  /** The system holds a file that is waited on open: the close must end the system's wait. */
  @Test
  void aSourceThatIsClosedDuringAWaitIsGoneForItsPeer() throws Exception {
    try (RawPair pair = RawPair.open(kernel)) {
      queue.register(pair.one(), Interest.READABLE, "closed");
      Background<Cause> waiter = Background.start(() -> queue.await().cause());
      kernel.awaitWaiter();
      pair.one().close();
      try (EventQueue<String> other = EventQueue.open(kernel)) {
        other.register(pair.other(), Interest.READABLE, "peer");
        assertThat(Report.only(other).is("read-closed")).isTrue();
      }
      assertThat(Bytes.read(pair.other(), 1)).isEqualTo(Io.END);
      assertThat(waiter.isDone()).as("the wait goes on").isFalse();
      queue.wake();
      assertThat(waiter.result()).isEqualTo(Cause.WAKE);
    }
  }

  /** However often the number is closed and given to another while the queue waits for it. */
  @Test
  void aNumberThatIsReusedDuringAWaitIsNobodysUntilItIsRegistered() throws Exception {
    for (int round = 0; round < 200; round++) {
      RawPair old = RawPair.open(kernel);
      int number = old.one().descriptor().number();
      queue.register(old.one(), Interest.READABLE, "old");
      Background<Cause> waiter = Background.start(() -> queue.await(SHORT).cause());
      kernel.awaitWaiter();
      old.one().close();
      try (RawPair young = RawPair.open(kernel)) {
        assertThat(young.one().descriptor().number()).isEqualTo(number);
        Bytes.send(young.other(), 1);
        assertThat(waiter.result()).isEqualTo(Cause.TIMEOUT);
      }
      old.close();
    }
  }

  @Test
  void aNumberThatWasClosedBehindTheQueueIsSilentAndCostsNothing() throws IOException {
    int[] ends = new int[2];
    SystemCalls.check("pipe", kernel.files().pipe(ends));
    Registration<String> registration =
        queue.register(RawSource.borrow(kernel, ends[0]), Interest.READABLE, "closed outside");
    kernel.files().close(ends[0]);
    queue.poll();
    long before = kernel.waits();
    assertThat(queue.await(SHORT).cause()).isEqualTo(Cause.TIMEOUT);
    assertThat(kernel.waits() - before).as("waits: a busy one would repeat").isOne();
    assertThatThrownBy(() -> registration.modify(Interest.WRITABLE))
        .isInstanceOfSatisfying(
            SystemCallException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EBADF));
    try (PipePair heir = PipePair.open(kernel)) {
      assertThat(heir.reader().descriptor().number()).isEqualTo(ends[0]);
      Bytes.send(heir.writer(), 1);
      Report.none(queue);
      queue.register(heir.reader(), Interest.READABLE, "heir");
      assertThat(registration.isValid()).isFalse();
      assertThat(Report.only(queue)).hasToString("heir: readable");
    }
    kernel.files().close(ends[1]);
  }

  /** Where the system cannot tell a new owner of a number from a second one. */
  @Test
  void whoRegistersABorrowedNumberAnewTakesItOver() throws IOException {
    try (PipePair pipe = PipePair.open(kernel);
        RawSource first = RawSource.borrow(kernel, pipe.writer().descriptor().number());
        RawSource second = RawSource.borrow(kernel, pipe.writer().descriptor().number())) {
      Registration<String> before = queue.register(first, Interest.WRITABLE, "first");
      queue.register(second, Interest.WRITABLE, "second");
      assertThat(before.isValid()).isFalse();
      assertThat(Report.only(queue)).hasToString("second: writable");
      queue.register(pipe.writer(), Interest.WRITABLE, "owner");
      assertThat(Report.only(queue)).hasToString("owner: writable");
      assertThatThrownBy(() -> queue.register(second, Interest.WRITABLE, "borrower"))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("another source");
    }
  }

  @Test
  void aRearmDuringAWaitThatReportsIsOneReport() throws Exception {
    try (PipePair pipe = PipePair.open(kernel)) {
      Registration<String> registration =
          queue.register(pipe.reader(), Interest.READABLE.oneShot(), "reader");
      Bytes.send(pipe.writer(), 1);
      kernel.afterNextWait(() -> rearm(registration));
      assertThat(Report.only(queue)).hasToString("reader: readable");
      Report.none(queue);
    }
  }

  private static void rearm(Registration<?> registration) {
    try {
      registration.rearm();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aQueueThatHasADescriptorIsASourceLikeAnother() throws IOException {
    assumeTrue(
        kernel.facilities().contains(Facility.EPOLL),
        "no epoll here: no queue of another backend that has a descriptor");
    try (EventQueue<String> inner =
        EventQueue.<String>builder().kernel(kernel).backend("epoll").open()) {
      queue.register(inner, Interest.READABLE, "inner");
      Report.none(queue);
      inner.wake();
      assertThat(Report.only(queue)).hasToString("inner: readable");
      assertThat(inner.poll().cause()).isEqualTo(Cause.WAKE);
      assertThatThrownBy(() -> inner.register(queue, Interest.READABLE, "poll"))
          .isInstanceOf(UnsupportedOperationException.class)
          .hasMessageContaining("poll");
      assertThat(inner.toString()).contains("0 registrations");
    }
  }

  /** A kernel that lacks some facilities. */
  private static final class Lacking extends ForwardingKernel {
    private final Set<Facility> lacked;

    Lacking(Set<Facility> lacked) {
      super(Kernel.system());
      this.lacked = lacked;
    }

    @Override
    public Set<Facility> facilities() {
      Set<Facility> left = EnumSet.copyOf(super.facilities());
      left.removeAll(lacked);
      return left;
    }

    @Override
    protected long call(SystemCall call, int descriptor, long length, Invocation invocation) {
      return call == SystemCall.EVENTFD && lacked.contains(Facility.EVENTFD)
          ? -Errno.ENOSYS.number()
          : super.call(call, descriptor, length, invocation);
    }
  }

  @Test
  void itIsChosenWhereThereIsNoReadinessQueue() throws IOException {
    Kernel bare = new Lacking(EnumSet.of(Facility.EPOLL, Facility.KQUEUE));
    try (EventQueue<String> chosen = EventQueue.open(bare);
        EventQueue<String> best = EventQueue.open(Kernel.system())) {
      assertThat(chosen.backend()).isEqualTo("poll");
      assertThat(best.backend()).isNotEqualTo("poll");
    }
  }

  @Test
  void aPipeWakesItWhereThereIsNoCounter() throws Exception {
    WaitProbe probe = new WaitProbe(new Lacking(EnumSet.of(Facility.EVENTFD)));
    try (EventQueue<String> piped = open(probe)) {
      for (int round = 0; round < 20; round++) {
        Background<Cause> waiter = Background.start(() -> piped.await().cause());
        probe.awaitWaiter();
        piped.wake();
        assertThat(waiter.result()).isEqualTo(Cause.WAKE);
        assertThat(piped.awaitNanos(1).cause()).isEqualTo(Cause.TIMEOUT);
      }
    }
  }

  @Test
  void thousandsOfSourcesComeAndGo() throws IOException {
    try (PipePair lasting = PipePair.open(kernel)) {
      queue.register(lasting.writer(), Interest.WRITABLE, "lasting");
      RawPair[] pairs = new RawPair[500];
      for (int round = 0; round < 3; round++) {
        for (int i = 0; i < pairs.length; i++) {
          pairs[i] = RawPair.open(kernel);
          queue.register(pairs[i].one(), Interest.READABLE, "pair " + i);
          Bytes.send(pairs[i].other(), 1);
        }
        assertThat(Report.poll(queue)).hasSize(pairs.length + 1);
        for (RawPair pair : pairs) {
          pair.close();
        }
        assertThat(Report.attachments(Report.poll(queue))).containsExactly("lasting");
      }
    }
  }
}
