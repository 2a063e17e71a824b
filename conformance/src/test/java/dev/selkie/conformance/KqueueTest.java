package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import dev.selkie.kernel.Kqueue;
import dev.selkie.kernel.SystemCall;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.source.PipePair;
import dev.selkie.source.RawSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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

  /** More than show the queue that an event is of nobody. */
  private static final int STALE_WAITS = 20;

  private final Configuration configuration;
  private final Kernel host;
  private final FaultyKernel faulty;
  private final CountingKernel counting;
  private final WaitProbe kernel;
  private final List<AutoCloseable> opened = new ArrayList<>();
  private EventQueue<String> queue;

  KqueueTest(Configuration configuration) {
    this.configuration = configuration;
    this.host = configuration.kernel();
    this.faulty = new FaultyKernel(host);
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
    Registration<String> old = queue.register(pipe.reader(), Interest.READABLE.edge(), "old");
    Report.none(queue);
    old.modify(Interest.READABLE); // which would be told again and again
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
    assertSilent(pair);
  }

  @Test
  void aWaitThatIsInterruptedStillDisarmsTheOtherDirectionOfAShot() throws IOException {
    RawPair pair = opened(RawPair.open(kernel));
    queue.register(pair.one(), Interest.READABLE_WRITABLE.oneShot(), "one");
    assertThat(Report.only(queue)).hasToString("one: writable");
    faulty.on(SystemCall.KEVENT).times(2).fail(Errno.EINTR);
    Report.none(queue);
    assertSilent(pair);
  }

  /** More than a list of changes holds, and than a system call takes. */
  @Test
  void theOtherDirectionsOfManyShotsAreDisarmed() throws IOException {
    try (EventQueue<String> small =
        EventQueue.<String>builder().kernel(kernel).backend("kqueue").batch(8).open()) {
      RawPair[] pairs = new RawPair[20];
      for (int i = 0; i < pairs.length; i++) {
        pairs[i] = opened(RawPair.open(kernel));
        small.register(pairs[i].one(), Interest.READABLE_WRITABLE.oneShot(), "shot");
      }
      int shots = 0;
      while (shots < pairs.length) {
        int told = small.await(Ready.DEADLINE).size();
        assertThat(told).isPositive();
        shots += told;
      }
      assertThat(shots).isEqualTo(pairs.length);
      for (RawPair pair : pairs) {
        Bytes.send(pair.other(), 1);
      }
      long before = kernel.waits();
      assertThat(small.await(SHORT).cause()).isEqualTo(Cause.TIMEOUT);
      assertThat(kernel.waits() - before).as("waits").isOne();
    }
  }

  private void assertSilent(RawPair pair) throws IOException {
    Bytes.send(pair.other(), 1);
    long before = kernel.waits();
    assertThat(queue.await(SHORT).cause()).isEqualTo(Cause.TIMEOUT);
    assertThat(kernel.waits() - before).as("waits").isOne();
  }

  /** What is held by the backend takes room in a batch from what the system will tell once. */
  @Test
  void whatHasNoRoomBesideHeldEventsIsToldByTheNextWait() throws IOException {
    try (EventQueue<String> small =
        EventQueue.<String>builder().kernel(kernel).backend("kqueue").batch(2).open()) {
      List<String> all = new ArrayList<>();
      for (int i = 0; i < 2; i++) {
        PipePair pipe = pipe();
        small.register(pipe.writer(), Interest.WRITABLE.edge(), "edge " + i);
        all.add("edge " + i);
      }
      PipePair broken = pipe();
      broken.reader().close();
      small.register(broken.writer(), Interest.WRITABLE.oneShot(), "broken");
      all.add("broken");
      List<String> told = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        told.addAll(Report.attachments(Report.poll(small)));
      }
      assertThat(told).containsExactlyInAnyOrderElementsOf(all);
    }
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

  /** The retry of a failed modify rides on a wait, which may fail too: the next one has it. */
  @Test
  void aFailedModifyAndItsFailedRetryLoseNothing() throws IOException {
    PipePair pipe = pipe();
    Bytes.send(pipe.writer(), 1);
    Registration<String> reader = queue.register(pipe.reader(), Interest.READABLE, "before");
    faulty.on(SystemCall.KEVENT_CHANGE).times(1).failAfter(Errno.ENOMEM);
    assertThatThrownBy(() -> reader.modify(Interest.NONE, "after"))
        .isInstanceOf(SystemCallException.class);
    faulty.on(SystemCall.KEVENT).times(1).fail(Errno.ENOMEM);
    assertThatThrownBy(() -> queue.await()).isInstanceOf(UncheckedIOException.class);
    assertStaysReadable("before");
  }

  private void assertStaysReadable(String attachment) throws IOException {
    for (int i = 0; i < STALE_WAITS; i++) {
      assertThat(Report.only(queue)).hasToString(attachment + ": readable");
    }
    assertThat(queue.toString()).contains("0 rebuilds");
  }

  @Test
  void aFailedModifyWhoseRetryIsRefusedIsAnErrorEvent() throws IOException {
    int[] ends = new int[2];
    assertThat(kernel.files().pipe(ends)).isNotNegative();
    RawSource borrowed = opened(RawSource.borrow(kernel, ends[0]));
    Registration<String> lent = queue.register(borrowed, Interest.READABLE, "lent");
    kernel.files().close(ends[0]);
    assertThatThrownBy(() -> lent.modify(Interest.READABLE.oneShot()))
        .isInstanceOf(SystemCallException.class)
        .hasMessageContaining("EBADF");
    assertThat(Report.only(queue).is("error")).isTrue();
    kernel.files().close(ends[1]);
  }

  /** Each event is of another registration that ended meanwhile: no reason to begin anew. */
  @Test
  void endsThatCrossWaitsAreNoStaleRegistration() throws IOException {
    for (int i = 0; i < STALE_WAITS; i++) {
      PipePair pipe = pipe();
      Bytes.send(pipe.writer(), 1);
      queue.register(pipe.reader(), Interest.READABLE, "pipe");
      kernel.afterNextWait(pipe.reader()::close);
      assertThat(queue.poll().isEmpty()).isTrue();
    }
    assertThat(queue.toString()).contains("0 rebuilds");
  }

  /** The knote of a registration whose delete failed reports on, until the queue begins anew. */
  private void leaveKnote() throws IOException {
    PipePair pipe = pipe();
    Bytes.send(pipe.writer(), 1);
    Registration<String> left = queue.register(pipe.reader(), Interest.READABLE, "left");
    faulty.on(SystemCall.KEVENT_CHANGE).times(1).fail(Errno.ENOMEM);
    left.cancel();
    for (int i = 0; i < STALE_WAITS; i++) {
      assertThat(queue.poll().isEmpty()).isTrue();
    }
    assertThat(queue.toString()).contains("1 rebuild");
  }

  @Test
  void beginningAnewKeepsWhatIsRegistered() throws IOException {
    PipePair lasting = pipe();
    queue.register(lasting.reader(), Interest.READABLE, "lasting");
    leaveKnote();
    Bytes.send(lasting.writer(), 1);
    assertThat(Report.only(queue)).hasToString("lasting: readable");
    lasting.reader().close();
    Report.none(queue);
  }

  /** A borrowed number that somebody closed and opened anew is nobody's who is registered here. */
  @Test
  void beginningAnewDropsWhatTheSystemDoesNotKnow() throws IOException {
    int[] old = new int[2];
    int[] fresh = new int[2];
    assertThat(kernel.files().pipe(old)).isNotNegative();
    assertThat(kernel.files().pipe(fresh)).isNotNegative();
    RawSource lent = opened(RawSource.borrow(kernel, old[0]));
    Registration<String> orphan = queue.register(lent, Interest.READABLE, "orphan");
    Report.none(queue);
    assertThat(kernel.files().duplicateTo(fresh[0], old[0])).isEqualTo(old[0]);
    leaveKnote();
    kernel.files().write(fresh[1], new byte[1], 0, 1);
    assertThat(orphan.isValid()).as("the registration of the old owner").isFalse();
    Report.none(queue);
    PipePair other = pipe();
    queue.register(other.writer(), Interest.WRITABLE.oneShot(), "in its slot");
    RawSource anew = opened(RawSource.borrow(kernel, old[0]));
    Registration<String> owner = queue.register(anew, Interest.READABLE.oneShot(), "anew");
    assertThat(Report.attachments(Report.next(queue)))
        .containsExactlyInAnyOrder("in its slot", "anew");
    owner.cancel();
    Report.none(queue);
    for (int number : List.of(old[0], old[1], fresh[0], fresh[1])) {
      kernel.files().close(number);
    }
  }

  /** Its number may be somebody else's. */
  @Test
  void aClosedQueueMakesNoCall() throws IOException {
    PipePair pipe = pipe();
    Registration<String> reader = queue.register(pipe.reader(), Interest.READABLE, "reader");
    Report.none(queue);
    reader.modify(Interest.READABLE.oneShot());
    queue.close();
    counting.reset();
    queue.descriptor();
    assertThat(counting).hasToString("no calls");
  }

  @Test
  void aWaitThatThrowsKeepsItsChangesAndHoldsNobodyUp() throws Exception {
    PipePair pipe = pipe();
    Registration<String> writer = queue.register(pipe.writer(), Interest.READABLE, "writer");
    Registration<String> reader = queue.register(pipe.reader(), Interest.READABLE, "reader");
    Report.none(queue);
    writer.modify(Interest.WRITABLE);
    reader.modify(Interest.READABLE.oneShot());
    kernel.beforeNextWait(() -> {
      throw new IllegalStateException("thrown");
    });
    assertThatThrownBy(() -> queue.poll()).hasMessage("thrown");
    Background.start(
            () -> {
              reader.cancel();
              return true;
            })
        .result();
    Report<String> report = Report.only(queue);
    assertThat(report).hasToString("writer: writable");
  }

  /** What is held is told by the next wait, if this one comes to nothing. */
  @Test
  void aWaitThatThrowsLosesNoHeldEvent() throws IOException {
    PipePair pipe = pipe();
    pipe.reader().close();
    queue.register(pipe.writer(), Interest.WRITABLE.oneShot(), "writer");
    kernel.beforeNextWait(() -> {
      throw new IllegalStateException("thrown");
    });
    assertThatThrownBy(() -> queue.poll()).hasMessage("thrown");
    assertThat(Report.only(queue)).hasToString("writer: writable write-closed");
    Report.none(queue);
  }

  @Test
  void aQueueThatCannotBeMadeLeavesNothingOpen() {
    int limit = 77;
    Kernel failing =
        new ForwardingKernel(kernel) {
          @Override
          public Kqueue kqueue() {
            return withoutMemoryFor(limit, super.kqueue());
          }
        };
    Map<String, String> before = configuration.descriptors(host);
    assertThatThrownBy(() ->
            EventQueue.<String>builder().kernel(failing).backend("kqueue").batch(limit).open())
        .hasMessage("no memory");
    assertThat(configuration.descriptors(host)).isEqualTo(before);
  }

  private static Kqueue withoutMemoryFor(int limit, Kqueue kqueue) {
    InvocationHandler handler =
        (_, method, arguments) -> {
          if (method.getName().equals("newBatch") && arguments[0].equals(limit)) {
            throw new IllegalStateException("no memory");
          }
          return method.invoke(kqueue, arguments);
        };
    ClassLoader loader = Kqueue.class.getClassLoader();
    return (Kqueue) Proxy.newProxyInstance(loader, new Class<?>[] {Kqueue.class}, handler);
  }

  /** The rest of a shot would keep a foreign loop awake. */
  @Test
  void exportingSilencesTheRestOfAShotThatWentOff() throws IOException {
    RawPair pair = opened(RawPair.open(kernel));
    queue.register(pair.one(), Interest.READABLE_WRITABLE.oneShot(), "one");
    assertThat(Report.only(queue)).hasToString("one: writable");
    int exported = queue.descriptor().number();
    Bytes.send(pair.other(), 1);
    assertThat(kernel.files().poll(exported, POLLIN)).isZero();
  }

  @Test
  void aDeviceThatIsRefusedIsNamedWithWhatToDo() throws IOException {
    RawSource device = opened(RawSource.borrow(kernel, 0)); // a simulated host's null device
    faulty.on(SystemCall.KEVENT_CHANGE).fail(Errno.EINVAL); // as macOS does of /dev/tty
    assertThatThrownBy(() -> queue.register(device, Interest.READABLE, "terminal"))
        .isInstanceOf(SystemCallException.class)
        .hasMessageContainingAll("EINVAL", "/dev/tty");
    faulty.clear();
    assertThat(queue.toString()).contains("0 registrations");
  }
}
