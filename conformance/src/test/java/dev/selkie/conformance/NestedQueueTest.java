package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.EventQueue;
import dev.selkie.Events.Cause;
import dev.selkie.Interest;
import dev.selkie.Registration;
import dev.selkie.kernel.Poll;
import dev.selkie.kernel.PollSet;
import dev.selkie.kernel.Result;
import dev.selkie.source.PipePair;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A queue as a source: in another queue, and in a foreign loop by its descriptor. */
@Contract
@Needs(Ability.EXPORT)
final class NestedQueueTest {
  /** POLLIN, poll(2). */
  private static final int POLLIN = 1;

  private final Configuration configuration;
  private final WaitProbe kernel;
  private EventQueue<String> outer;
  private EventQueue<String> inner;
  private PipePair pipe;

  NestedQueueTest(Configuration configuration) {
    this.configuration = configuration;
    this.kernel = new WaitProbe(configuration.kernel());
  }

  @BeforeEach
  void open() throws IOException {
    outer = configuration.queue(kernel);
    inner = configuration.queue(kernel);
    pipe = PipePair.open(kernel);
    inner.register(pipe.reader(), Interest.READABLE, "pipe");
  }

  @AfterEach
  void close() {
    pipe.close();
    outer.close();
    inner.close();
  }

  @Test
  void aNestedQueueIsReadableWhenItsWaitWouldNotBlock() throws IOException {
    outer.register(inner, Interest.READABLE, "inner");
    Report.none(outer);
    Bytes.send(pipe.writer(), 1);
    assertThat(Report.only(outer)).hasToString("inner: readable");
    assertThat(Report.only(outer).attachment()).as("again while it is").isEqualTo("inner");
    assertThat(Report.attachments(Report.poll(inner))).containsExactly("pipe");
    Bytes.drain(pipe.reader());
    assertThat(Report.poll(inner)).isEmpty();
    Report.none(outer);
  }

  @Test
  void aNestedQueueIsNeverWritable() throws IOException {
    outer.register(inner, Interest.READABLE_WRITABLE, "inner");
    Report.none(outer);
    Bytes.send(pipe.writer(), 1);
    assertThat(Report.only(outer).says()).isEqualTo("readable");
  }

  @Test
  void aQueueThatIsReadyAlreadyIsReportedWhenItIsNested() throws IOException {
    Bytes.send(pipe.writer(), 1);
    for (Interest interest :
        List.of(
            Interest.READABLE,
            Interest.READABLE.edge(),
            Interest.READABLE.oneShot(),
            Interest.READABLE.edge().oneShot())) {
      Registration<String> nested = outer.register(inner, interest, "inner");
      assertThat(Report.only(outer).attachment()).isEqualTo("inner");
      nested.cancel();
    }
  }

  @Test
  void anEdgeTriggeredNestedQueueIsReportedAtEachArrival() throws IOException {
    outer.register(inner, Interest.READABLE.edge(), "inner");
    for (int i = 0; i < 3; i++) {
      Bytes.send(pipe.writer(), 1);
      assertThat(Report.only(outer).attachment()).isEqualTo("inner");
      Report.poll(inner);
      Bytes.drain(pipe.reader());
      Report.poll(inner);
      Report.none(outer);
    }
  }

  @Test
  void aOneShotNestedQueueIsSilentUntilRearmed() throws IOException {
    Registration<String> nested = outer.register(inner, Interest.READABLE.oneShot(), "inner");
    Bytes.send(pipe.writer(), 1);
    assertThat(Report.only(outer).attachment()).isEqualTo("inner");
    Report.none(outer);
    nested.rearm();
    assertThat(Report.only(outer).attachment()).isEqualTo("inner");
  }

  @Test
  void queuesNestSeveralDeep() throws IOException {
    try (EventQueue<String> middle = configuration.queue(kernel)) {
      outer.register(middle, Interest.READABLE, "middle");
      middle.register(inner, Interest.READABLE, "inner");
      Bytes.send(pipe.writer(), 1);
      assertThat(Report.only(outer).attachment()).isEqualTo("middle");
      assertThat(Report.attachments(Report.poll(middle))).containsExactly("inner");
      assertThat(Report.attachments(Report.poll(inner))).containsExactly("pipe");
    }
  }

  @Test
  void aWakeOfANestedQueueEndsTheOuterWaitThoughNobodyWaitsInside() throws Exception {
    outer.register(inner, Interest.READABLE, "inner");
    Background<List<Report<String>>> waiter = Background.start(() -> Report.of(outer.await()));
    kernel.awaitWaiter();
    inner.wake();
    assertThat(Report.attachments(waiter.result())).containsExactly("inner");
    assertThat(inner.poll().cause()).isEqualTo(Cause.WAKE);
    Report.none(outer);
    inner.wake();
    assertThat(Report.only(outer).attachment()).as("and again").isEqualTo("inner");
  }

  @Test
  void aWakeBeforeTheNestingIsNotLost() throws IOException {
    inner.wake();
    outer.register(inner, Interest.READABLE, "inner");
    assertThat(Report.only(outer).attachment()).isEqualTo("inner");
    assertThat(inner.poll().cause()).isEqualTo(Cause.WAKE);
    Report.none(outer);
  }

  @Test
  void whatIsRegisteredInsideWhileTheOuterWaitsEndsThatWait() throws Exception {
    outer.register(inner, Interest.READABLE, "inner");
    Background<List<Report<String>>> waiter = Background.start(() -> Report.of(outer.await()));
    kernel.awaitWaiter();
    inner.register(pipe.writer(), Interest.WRITABLE, "writer");
    assertThat(Report.attachments(waiter.result())).containsExactly("inner");
    assertThat(Report.attachments(Report.poll(inner))).containsExactly("writer");
  }

  @Test
  void anInnerBatchThatDoesNotHoldAllLeavesTheQueueReadable() throws IOException {
    try (EventQueue<String> small =
            EventQueue.<String>builder()
                .kernel(kernel)
                .backend(configuration.backend())
                .batch(1)
                .open();
        PipePair another = PipePair.open(kernel)) {
      small.register(pipe.writer(), Interest.WRITABLE.oneShot(), "one");
      small.register(another.writer(), Interest.WRITABLE.oneShot(), "two");
      outer.register(small, Interest.READABLE, "small");
      for (int i = 0; i < 2; i++) {
        assertThat(Report.only(outer).attachment()).isEqualTo("small");
        assertThat(Report.poll(small)).hasSize(1);
      }
      Report.poll(small);
      Report.none(outer);
    }
  }

  @Test
  void anExportedDescriptorIsReadableInAForeignPoll() throws IOException {
    int exported = inner.descriptor().number();
    assertThat(kernel.files().poll(exported, POLLIN)).isZero();
    Bytes.send(pipe.writer(), 1);
    assertThat(kernel.files().poll(exported, POLLIN)).isEqualTo(POLLIN);
    assertThat(Report.attachments(Report.poll(inner))).containsExactly("pipe");
    Bytes.drain(pipe.reader());
    Report.poll(inner);
    assertThat(kernel.files().poll(exported, POLLIN)).isZero();
  }

  @Test
  void aWakeOfAnExportedQueueIsSeenByAForeignPoll() throws IOException {
    int exported = inner.descriptor().number();
    for (int i = 0; i < 3; i++) {
      inner.wake();
      inner.wake();
      assertThat(kernel.files().poll(exported, POLLIN)).isEqualTo(POLLIN);
      assertThat(inner.poll().cause()).isEqualTo(Cause.WAKE);
      assertThat(kernel.files().poll(exported, POLLIN)).as("taken").isZero();
    }
  }

  @Test
  void anExportedQueueCanStillBeWaitedOn() throws Exception {
    int exported = inner.descriptor().number();
    Background<Cause> waiter = Background.start(() -> inner.await().cause());
    kernel.awaitWaiter();
    inner.wake();
    assertThat(waiter.result()).isEqualTo(Cause.WAKE);
    inner.poll(); // a late write is a spurious return of the next wait
    assertThat(kernel.files().poll(exported, POLLIN)).isZero();
  }

  @Test
  void aQueueCannotBeRegisteredInItself() throws IOException {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> outer.register(outer, Interest.READABLE, "self"))
        .withMessageContaining("itself");
  }

  @Test
  void aCircleOfQueuesIsRefused() throws IOException {
    outer.register(inner, Interest.READABLE, "inner");
    assertThatThrownBy(() -> inner.register(outer, Interest.READABLE, "outer"))
        .isInstanceOf(IOException.class)
        .hasMessageMatching(".*: (ELOOP|EINVAL) .*"); // EINVAL on macOS
    Bytes.send(pipe.writer(), 1);
    assertThat(Report.only(outer).attachment()).isEqualTo("inner");
  }

  @Test
  void theInnerClosedFirst() throws IOException {
    Registration<String> nested = outer.register(inner, Interest.READABLE, "inner");
    Bytes.send(pipe.writer(), 1);
    inner.close();
    assertThat(nested.isValid()).isFalse();
    Report.none(outer);
  }

  @Test
  void theOuterClosedFirst() throws IOException {
    outer.register(inner, Interest.READABLE, "inner");
    outer.close();
    Bytes.send(pipe.writer(), 1);
    assertThat(Report.attachments(Report.poll(inner))).containsExactly("pipe");
  }

  @Test
  void aThreadBlockedInAForeignPollIsEndedByAWakeAndByAnEvent() throws Exception {
    Poll poll = kernel.poll();
    PollSet set = poll.newSet(1);
    set.set(0, inner.descriptor().number(), Poll.IN);
    Background<Integer> waiter = Background.start(() -> foreignWait(set));
    kernel.awaitWaiter();
    assertThat(waiter.isDone()).isFalse();
    inner.wake();
    assertThat(waiter.result()).isEqualTo(1);
    assertThat(set.happened(0)).isEqualTo(Poll.IN);
    assertThat(inner.poll().cause()).isEqualTo(Cause.WAKE);
    assertThat(poll.await(set, 1, 0)).as("ready after its wait").isZero();
    waiter = Background.start(() -> foreignWait(set));
    kernel.awaitWaiter();
    Bytes.send(pipe.writer(), 1);
    assertThat(waiter.result()).isEqualTo(1);
    assertThat(Report.attachments(Report.poll(inner))).containsExactly("pipe");
    set.close();
  }

  private int foreignWait(PollSet set) {
    int ready;
    do {
      ready = kernel.poll().await(set, 1, Ready.DEADLINE.toNanos());
    } while (ready == Result.EINTR);
    return ready;
  }
}
