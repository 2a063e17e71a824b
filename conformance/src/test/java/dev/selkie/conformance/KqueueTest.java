package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.EventQueue;
import dev.selkie.Events;
import dev.selkie.Events.Cause;
import dev.selkie.Interest;
import dev.selkie.Registration;
import dev.selkie.Source;
import dev.selkie.kernel.CountingKernel;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.FaultyKernel;
import dev.selkie.kernel.ForwardingKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCall;
import dev.selkie.source.PipePair;
import dev.selkie.source.RawSource;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** What is kqueue's own: which changes wait, what closing does to them, and the systems' quirks. */
@ParameterizedClass(name = "{0}")
@MethodSource("configurations")
@ExtendWith(DescriptorLeaks.class)
final class KqueueTest {
  private static final Duration SHORT = Duration.ofMillis(10);
  private static final int POLLIN = 1;

  private final Configuration configuration;
  private final FaultyKernel faulty;
  private final CountingKernel counting;
  private final WaitProbe kernel;
  private final List<AutoCloseable> opened = new ArrayList<>();
  private EventQueue<String> queue;

  KqueueTest(Configuration configuration) {
    this.configuration = configuration;
    this.faulty = new FaultyKernel(configuration.kernel());
    this.counting = new CountingKernel(faulty);
    this.kernel = new WaitProbe(counting);
  }

  static List<Configuration> configurations() {
    return Configurations.all().stream().filter(c -> c.backend().equals("kqueue")).toList();
  }

  @BeforeEach
  void open() throws IOException {
    queue = configuration.queue(kernel);
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : opened.reversed()) {
      each.close();
    }
    queue.close();
  }

  private <T extends AutoCloseable> T opened(T resource) {
    opened.add(resource);
    return resource;
  }

  private PipePair pipe() throws IOException {
    return opened(PipePair.open(kernel));
  }

  /** The number of a source, without the note that it was handed out. */
  private static int number(Source source) {
    String text = source.descriptor().toString();
    return Integer.parseInt(text.substring(text.lastIndexOf(' ') + 1));
  }

  private long changeCalls() {
    return counting.count(SystemCall.KEVENT_CHANGE);
  }

  @Test
  void whatTheWaitingThreadModifiesRidesOnItsNextWait() throws IOException {
    PipePair pipe = pipe();
    Registration<String> writer = queue.register(pipe.writer(), Interest.READABLE, "writer");
    Report.none(queue);
    counting.reset();
    writer.modify(Interest.WRITABLE.oneShot());
    writer.modify(Interest.WRITABLE);
    assertThat(Report.only(queue)).hasToString("writer: writable");
    writer.rearm();
    assertThat(Report.only(queue)).hasToString("writer: writable");
    assertThat(counting).hasToString("KEVENT 2");
  }

  @Test
  void whatAnotherThreadModifiesIsMadeAtOnce() throws Exception {
    PipePair pipe = pipe();
    Registration<String> writer = queue.register(pipe.writer(), Interest.READABLE, "writer");
    Report.none(queue);
    counting.reset();
    Background.start(
            () -> {
              writer.modify(Interest.WRITABLE);
              return true;
            })
        .result();
    assertThat(changeCalls()).isOne();
    assertThat(Report.only(queue)).hasToString("writer: writable");
  }

  @Test
  void aPendingChangeNeverReachesTheNextOwnerOfItsNumber() throws IOException {
    PipePair pipe = pipe();
    int number = number(pipe.reader());
    Registration<String> old = queue.register(pipe.reader(), Interest.READABLE.edge(), "old");
    Report.none(queue);
    old.modify(Interest.READABLE);
    pipe.reader().close();
    PipePair next = pipe();
    assertThat(number(next.reader())).as("the number again").isEqualTo(number);
    Bytes.send(next.writer(), 1);
    long before = kernel.waits();
    assertThat(queue.await(SHORT).cause()).isEqualTo(Cause.TIMEOUT);
    assertThat(kernel.waits() - before).as("waits: nothing is registered").isOne();
  }

  /** The list is laid, the call is not made yet: as if another thread closed just then. */
  @Test
  void aChangeInFlightNeverReachesTheNextOwnerOfItsNumber() throws IOException {
    PipePair pipe = pipe();
    int number = number(pipe.reader());
    Registration<String> old = queue.register(pipe.reader(), Interest.READABLE, "old");
    Report.none(queue);
    old.modify(Interest.READABLE.oneShot());
    List<PipePair> next = new ArrayList<>();
    kernel.beforeNextWait(() -> next.add(replace(pipe)));
    assertThat(queue.await(SHORT).isEmpty()).isTrue();
    assertThat(number(next.getFirst().reader())).isEqualTo(number);
    long before = kernel.waits();
    assertThat(queue.await(SHORT).cause()).isEqualTo(Cause.TIMEOUT);
    assertThat(kernel.waits() - before).as("waits: nothing is registered").isOne();
  }

  private PipePair replace(PipePair pipe) {
    try {
      pipe.reader().close();
      PipePair next = pipe();
      Bytes.send(next.writer(), 1);
      return next;
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /** Another thread that changes what is in flight ends the wait first. */
  @Test
  void aChangeInFlightIsOvertakenByNoOther() throws Exception {
    PipePair pipe = pipe();
    Registration<String> reader = queue.register(pipe.reader(), Interest.READABLE, "reader");
    Report.none(queue);
    for (int round = 0; round < 50; round++) {
      Background<Events<String>> waiter = nextWait(reader);
      reader.cancel();
      queue.wake();
      waiter.result();
      Bytes.send(pipe.writer(), 1);
      assertThat(queue.poll().isEmpty()).as("after the cancel").isTrue();
      Bytes.drain(pipe.reader());
      reader = queue.register(pipe.reader(), Interest.READABLE, "reader");
    }
  }

  private Background<Events<String>> nextWait(Registration<String> registration) {
    long before = kernel.waits();
    Background<Events<String>> waiter =
        Background.start(() -> {
          queue.poll(); // this thread is the waiting one from now on
          registration.modify(Interest.READABLE.oneShot());
          return queue.await();
        });
    Until.holds("the wait with the change", () -> kernel.waits() >= before + 2);
    return waiter;
  }

  @Test
  void exportingMakesPendingChangesAndEndsDeferral() throws IOException {
    PipePair pipe = pipe();
    Registration<String> writer = queue.register(pipe.writer(), Interest.READABLE, "writer");
    Report.none(queue);
    writer.modify(Interest.WRITABLE);
    int exported = queue.descriptor().number();
    assertThat(kernel.files().poll(exported, POLLIN)).isEqualTo(POLLIN);
    writer.modify(Interest.READABLE);
    assertThat(kernel.files().poll(exported, POLLIN)).as("at once").isZero();
    writer.modify(Interest.WRITABLE);
    assertThat(kernel.files().poll(exported, POLLIN)).isEqualTo(POLLIN);
  }

  @Test
  void aPendingChangeThatFailsIsAnErrorEvent() throws IOException {
    int[] ends = new int[2];
    assertThat(kernel.files().pipe(ends)).isNotNegative();
    RawSource borrowed = opened(RawSource.borrow(kernel, ends[0]));
    Registration<String> lent = queue.register(borrowed, Interest.READABLE, "lent");
    Report.none(queue);
    lent.modify(Interest.READABLE.oneShot());
    kernel.files().close(ends[0]);
    assertThat(Report.only(queue).is("error")).isTrue();
    kernel.files().close(ends[1]);
  }

  /** Some systems do not add a pipe whose other end is gone (EPIPE), and one says so and does. */
  @Test
  void aPipeWithoutReaderIsWriteClosedThoughItIsRegisteredAfterwards() throws IOException {
    for (Interest interest : List.of(Interest.WRITABLE, Interest.READABLE_WRITABLE)) {
      PipePair pipe = pipe();
      pipe.reader().close();
      Registration<String> writer = queue.register(pipe.writer(), interest, "level");
      for (int i = 0; i < 3; i++) {
        assertThat(Report.only(queue)).hasToString("level: writable write-closed");
      }
      writer.modify(Interest.WRITABLE.edge(), "edge");
      assertThat(Report.only(queue)).hasToString("edge: writable write-closed");
      Report.none(queue);
      writer.modify(Interest.WRITABLE.oneShot(), "one-shot");
      assertThat(Report.only(queue)).hasToString("one-shot: writable write-closed");
      Report.none(queue);
      writer.rearm();
      assertThat(Report.only(queue)).hasToString("one-shot: writable write-closed");
      writer.cancel();
      Report.none(queue);
    }
  }

  /** NetBSD forgets the receipt of what is there already, and an event comes in its place. */
  @Test
  void anEventInPlaceOfAReceiptIsNotLost() throws IOException {
    PipePair edge = pipe();
    PipePair shot = pipe();
    PipePair level = pipe();
    queue.register(edge.writer(), Interest.WRITABLE.edge(), "edge");
    queue.register(shot.writer(), Interest.WRITABLE.oneShot(), "shot");
    Registration<String> other = queue.register(level.reader(), Interest.READABLE, "level");
    for (int i = 0; i < 4; i++) {
      other.rearm(); // this thread has not waited yet: at once, with receipts
    }
    assertThat(Report.attachments(Report.next(queue))).containsExactlyInAnyOrder("edge", "shot");
    Report.none(queue);
  }

  @Test
  void closingRemovesFirst() throws IOException {
    List<SystemCall> calls = new ArrayList<>();
    Kernel recording =
        new ForwardingKernel(kernel) {
          @Override
          protected long call(SystemCall call, int descriptor, long length, Invocation invocation) {
            calls.add(call);
            return super.call(call, descriptor, length, invocation);
          }
        };
    try (EventQueue<String> own = configuration.queue(recording)) {
      PipePair pipe = opened(PipePair.open(recording));
      own.register(pipe.reader(), Interest.READABLE, "reader");
      calls.clear();
      pipe.reader().close();
      assertThat(calls).containsExactly(SystemCall.KEVENT_CHANGE, SystemCall.CLOSE);
    }
  }

  @Test
  void anInterruptedChangeHasBeenMadeOrIsMadeAgain() throws IOException {
    PipePair pipe = pipe();
    faulty.on(SystemCall.KEVENT_CHANGE).times(3).fail(Errno.EINTR);
    Registration<String> writer = queue.register(pipe.writer(), Interest.READABLE, "writer");
    Report.none(queue);
    writer.modify(Interest.WRITABLE);
    faulty.on(SystemCall.KEVENT).times(3).fail(Errno.EINTR);
    assertThat(Report.only(queue)).hasToString("writer: writable");
  }

  /** A direction that is silenced must not end waits, either. */
  @Test
  void theOtherDirectionOfAShotThatWentOffIsDisarmed() throws IOException {
    RawPair pair = opened(RawPair.open(kernel));
    queue.register(pair.one(), Interest.READABLE_WRITABLE.oneShot(), "one");
    assertThat(Report.only(queue)).hasToString("one: writable");
    Bytes.send(pair.other(), 1);
    long before = kernel.waits();
    assertThat(queue.await(SHORT).cause()).isEqualTo(Cause.TIMEOUT);
    assertThat(kernel.waits() - before).as("waits").isOne();
  }

  @Test
  void dataDoesNotEndTheWaitOfWhoAsksForTheEndAlone() throws IOException {
    RawPair pair = opened(RawPair.open(kernel));
    queue.register(pair.one(), Interest.PEER_CLOSED, "one");
    Bytes.send(pair.other(), 100);
    long before = kernel.waits();
    assertThat(queue.await(SHORT).cause()).isEqualTo(Cause.TIMEOUT);
    assertThat(kernel.waits() - before).as("waits").isOne();
    pair.other().close();
    for (int i = 0; i < 3; i++) {
      assertThat(Report.only(queue).is("read-closed")).as("level").isTrue();
    }
  }

  /** A batch of one is cut between the two filters of each registration. */
  @Test
  void aBatchThatIsCutBetweenTwoFiltersKeepsTheModes() throws IOException {
    try (EventQueue<String> small =
        EventQueue.<String>builder().kernel(kernel).backend("kqueue").batch(1).open()) {
      RawPair pair = opened(RawPair.open(kernel));
      Bytes.send(pair.other(), 1);
      Registration<String> one =
          small.register(pair.one(), Interest.READABLE_WRITABLE.oneShot(), "shot");
      assertThat(Report.only(small).attachment()).isEqualTo("shot");
      Report.none(small);
      one.modify(Interest.READABLE_WRITABLE.edge(), "edge");
      assertThat(List.of(Report.only(small).says(), Report.only(small).says()))
          .containsExactlyInAnyOrder("readable", "writable");
      Report.none(small);
    }
  }

  @Test
  void noWaitIsLongerThanEverySystemTakes() throws IOException {
    AtomicLong longest = new AtomicLong();
    Kernel asking =
        new ForwardingKernel(kernel) {
          @Override
          protected long await(
              SystemCall call, int descriptor, long timeoutNanos, Invocation invocation) {
            longest.accumulateAndGet(timeoutNanos, Math::max);
            return super.await(call, descriptor, timeoutNanos, invocation);
          }
        };
    try (EventQueue<String> own = configuration.queue(asking)) {
      PipePair pipe = opened(PipePair.open(asking));
      own.register(pipe.writer(), Interest.WRITABLE, "writer");
      assertThat(own.await(Duration.ofSeconds(Long.MAX_VALUE)).size()).isOne();
      assertThat(own.awaitNanos(Long.MAX_VALUE).size()).isOne();
      assertThat(longest.get()).isPositive().isLessThanOrEqualTo(Duration.ofDays(1).toNanos());
      assertThat(own.await().size()).isOne();
    }
  }
}
