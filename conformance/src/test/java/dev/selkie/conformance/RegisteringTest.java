package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.ClosedQueueException;
import dev.selkie.Descriptor;
import dev.selkie.EventQueue;
import dev.selkie.Events.Cause;
import dev.selkie.Interest;
import dev.selkie.Registration;
import dev.selkie.Source;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.FaultyKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.source.PipePair;
import dev.selkie.source.RawSource;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Register and cancel: during a wait, refused, failed. */
@Contract
final class RegisteringTest extends QueueCases {
  private static final Duration SHORT = Duration.ofMillis(20);

  private PipePair pipe;

  RegisteringTest(Configuration configuration) {
    super(configuration);
  }

  @BeforeEach
  void open() throws IOException {
    pipe = PipePair.open(kernel);
  }

  @AfterEach
  void close() {
    pipe.close();
  }

  private Background<List<Report<String>>> startWaiter() {
    Background<List<Report<String>>> waiter =
        Background.start(() -> Report.of(queue.await(Ready.DEADLINE)));
    kernel.awaitWaiter();
    return waiter;
  }

  @Test
  void whatIsRegisteredDuringAWaitEndsThatWait() throws Exception {
    for (int round = 0; round < 20; round++) {
      Background<List<Report<String>>> waiter = startWaiter();
      Registration<String> registration =
          queue.register(pipe.writer(), Interest.WRITABLE, "writer");
      assertThat(Report.attachments(waiter.result())).containsExactly("writer");
      registration.cancel();
    }
  }

  @Test
  void whatIsRegisteredDuringAWaitAndGetsReadyLaterEndsThatWait() throws Exception {
    Background<List<Report<String>>> waiter = startWaiter();
    queue.register(pipe.reader(), Interest.READABLE, "reader");
    assertThat(waiter.isDone()).isFalse();
    Bytes.send(pipe.writer(), 1);
    assertThat(Report.attachments(waiter.result())).containsExactly("reader");
  }

  @Test
  void whatIsModifiedDuringAWaitEndsThatWait() throws Exception {
    Registration<String> registration = queue.register(pipe.writer(), Interest.NONE, "writer");
    for (int round = 0; round < 20; round++) {
      Background<List<Report<String>>> waiter = startWaiter();
      registration.modify(Interest.WRITABLE, "modified");
      assertThat(Report.attachments(waiter.result())).containsExactly("modified");
      registration.modify(Interest.NONE);
    }
  }

  @Test
  void whatIsRearmedDuringAWaitEndsThatWait() throws Exception {
    Registration<String> registration =
        queue.register(pipe.writer(), Interest.WRITABLE.oneShot(), "writer");
    assertThat(Report.only(queue).attachment()).isEqualTo("writer");
    Background<List<Report<String>>> waiter = startWaiter();
    registration.rearm();
    assertThat(Report.attachments(waiter.result())).containsExactly("writer");
  }

  @Test
  void whatIsCancelledDuringAWaitIsNotReportedByThatWait() throws Exception {
    Registration<String> registration =
        queue.register(pipe.reader(), Interest.READABLE, "cancelled");
    Background<Cause> waiter = Background.start(() -> queue.await(SHORT).cause());
    kernel.awaitWaiter();
    registration.cancel();
    Bytes.send(pipe.writer(), 1);
    assertThat(waiter.result()).isEqualTo(Cause.TIMEOUT);
  }

  @Test
  void whatIsClosedDuringAWaitIsNotReportedByThatWait() throws Exception {
    Registration<String> registration = queue.register(pipe.reader(), Interest.READABLE, "closed");
    Background<Cause> waiter = Background.start(() -> queue.await(SHORT).cause());
    kernel.awaitWaiter();
    pipe.reader().close();
    assertThat(registration.isValid()).isFalse();
    assertThat(waiter.result()).isEqualTo(Cause.TIMEOUT);
  }

  @Test
  void twiceTheSameSourceIsRefused() throws IOException {
    queue.register(pipe.writer(), Interest.WRITABLE, "first");
    assertThatIllegalStateException()
        .isThrownBy(() -> queue.register(pipe.writer(), Interest.READABLE, "second"))
        .withMessageContaining("PipeWriter")
        .withMessageContaining("registered in this queue");
    assertThat(Report.only(queue)).hasToString("first: writable");
  }

  @Test
  void twoSourcesOfOneDescriptorAreOneSource() throws IOException {
    Source wrapper =
        new Source() {
          @Override
          public Descriptor descriptor() {
            return pipe.writer().descriptor();
          }

          @Override
          public void close() {
            pipe.writer().close();
          }
        };
    queue.register(wrapper, Interest.WRITABLE, "wrapper");
    assertThatIllegalStateException()
        .isThrownBy(() -> queue.register(pipe.writer(), Interest.WRITABLE, "writer"));
    assertThat(Report.only(queue).registration().source()).isSameAs(wrapper);
  }

  @Test
  void aSecondOwnerOfALiveNumberIsRefused() throws IOException {
    for (Interest interest : List.of(Interest.WRITABLE, Interest.NONE)) {
      Registration<String> first = queue.register(pipe.writer(), interest, "owner");
      try (RawSource borrower = RawSource.borrow(kernel, pipe.writer().descriptor().number())) {
        for (Interest other : List.of(Interest.WRITABLE, Interest.NONE)) {
          assertThatIllegalStateException()
              .isThrownBy(() -> queue.register(borrower, other, "borrower"))
              .withMessageContaining("another source")
              .withMessageContaining("cancel");
        }
      }
      assertThat(first.isValid()).isTrue();
      first.cancel();
    }
  }

  @Test
  void whatIsCancelledCanBeRegisteredAgain() throws IOException {
    queue.register(pipe.writer(), Interest.WRITABLE, "first").cancel();
    queue.register(pipe.writer(), Interest.WRITABLE, "second");
    assertThat(Report.only(queue)).hasToString("second: writable");
  }

  @Test
  void aChangeOfAnEndedRegistrationIsRefused() throws IOException {
    Registration<String> registration = queue.register(pipe.writer(), Interest.WRITABLE, "ended");
    assertThat(registration.cancel()).isTrue();
    assertThat(registration.isValid()).isFalse();
    assertThatIllegalStateException()
        .isThrownBy(() -> registration.modify(Interest.WRITABLE))
        .withMessageContaining("ended");
    assertThatIllegalStateException()
        .isThrownBy(() -> registration.modify(Interest.WRITABLE, "again"));
    assertThatIllegalStateException().isThrownBy(registration::rearm);
    assertThat(registration.cancel()).as("a second cancel ended it").isFalse();
    assertThat(registration.attachment()).isEqualTo("ended");
    Report.none(queue);
  }

  @Test
  void theRegistrationOfAClosedSourceHasEnded() throws IOException {
    Registration<String> registration = queue.register(pipe.writer(), Interest.WRITABLE, "ended");
    pipe.writer().close();
    assertThatIllegalStateException().isThrownBy(() -> registration.modify(Interest.NONE));
    assertThat(registration.cancel()).isFalse();
  }

  @Test
  void ofACancelAndACloseThatRaceOneEndsTheRegistration() throws Exception {
    for (int round = 0; round < 100; round++) {
      PipePair racing = PipePair.open(kernel);
      Registration<String> registration =
          queue.register(racing.writer(), Interest.WRITABLE, "racing");
      CyclicBarrier start = new CyclicBarrier(3);
      Background<Boolean> closer =
          Background.start(() -> {
            start.await(5, TimeUnit.SECONDS);
            racing.close();
            return true;
          });
      Background<Boolean> canceller =
          Background.start(() -> {
            start.await(5, TimeUnit.SECONDS);
            return registration.cancel();
          });
      start.await(5, TimeUnit.SECONDS);
      boolean here = registration.cancel();
      assertThat(canceller.result() && here).as("ended twice").isFalse();
      assertThat(closer.result()).isTrue();
      assertThat(registration.isValid()).isFalse();
      assertThat(queue.toString()).contains("0 registrations");
    }
  }

  @Test
  void aDetachedSourceLeavesTheQueueAndItsNumberCanComeBack() throws IOException {
    Registration<String> registration = queue.register(pipe.writer(), Interest.WRITABLE, "before");
    try (RawSource again = RawSource.own(kernel, pipe.writer().detach())) {
      assertThat(registration.isValid()).isFalse();
      Report.none(queue);
      queue.register(again, Interest.WRITABLE, "after");
      assertThat(Report.only(queue).attachment()).isEqualTo("after");
    }
  }

  @Test
  void aClosedSourceIsRefused() throws IOException {
    pipe.writer().close();
    assertThatThrownBy(() -> queue.register(pipe.writer(), Interest.WRITABLE, "closed"))
        .isInstanceOf(ClosedChannelException.class);
    assertThat(queue.toString()).contains("0 registrations");
  }

  @Test
  void aSourceOfAnotherKernelIsRefused() throws IOException {
    try (PipePair foreign = PipePair.open(new WaitProbe(configuration.kernel()))) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> queue.register(foreign.writer(), Interest.WRITABLE, "foreign"))
          .withMessageContaining("another kernel (WaitProbe on ")
          .withMessageContaining("than the queue (WaitProbe on FaultyKernel on ")
          .withMessageContaining("give the same kernel to the queue and to bind, connect or open");
    }
    Kernel twin = new WaitProbe(new FaultyKernel(configuration.kernel()));
    try (PipePair foreign = PipePair.open(twin)) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> queue.register(foreign.writer(), Interest.WRITABLE, "foreign"))
          .withMessageContaining("than the queue (another WaitProbe on ");
    }
  }

  /** A registration knows its queue: one of another queue cannot be handed to this one. */
  @Test
  void aRegistrationChangesItsOwnQueueOnly() throws IOException {
    try (EventQueue<String> other = configuration.queue(kernel)) {
      Registration<String> here = queue.register(pipe.writer(), Interest.WRITABLE, "here");
      Registration<String> there = other.register(pipe.writer(), Interest.WRITABLE, "there");
      there.cancel();
      assertThat(here.isValid()).isTrue();
      assertThat(Report.only(queue).attachment()).isEqualTo("here");
      Report.none(other);
    }
  }

  @Test
  void nullIsRefusedByName() {
    assertThatNullPointerException()
        .isThrownBy(() -> queue.register(pipe.writer(), null, "attachment"))
        .withMessage("interest");
    assertThatNullPointerException()
        .isThrownBy(() -> queue.register(pipe.writer(), Interest.WRITABLE, null))
        .withMessage("attachment");
    assertThatNullPointerException()
        .isThrownBy(() -> queue.register(null, Interest.WRITABLE, "attachment"))
        .withMessage("source");
  }

  @Test
  void aClosedQueueTakesNothing() {
    queue.close();
    assertThatThrownBy(() -> queue.register(pipe.writer(), Interest.WRITABLE, "late"))
        .isInstanceOf(ClosedQueueException.class);
    assertThat(pipe.writer().isOpen()).isTrue();
  }

  @Test
  @Needs(Ability.CHANGE_CALL)
  void aFailedRegistrationLeavesNothingBehind() throws IOException {
    for (Errno errno : List.of(Errno.ENOMEM, Errno.ENOSPC, Errno.EINVAL)) {
      faults.on(configuration.changeCall()).times(1).fail(errno);
      assertThatThrownBy(() -> queue.register(pipe.writer(), Interest.WRITABLE, "failed"))
          .isInstanceOf(SystemCallException.class)
          .hasMessageContaining(errno.name())
          .hasMessageContaining("fd ");
      assertThat(queue.toString()).contains("0 registrations");
      Report.none(queue);
    }
    queue.register(pipe.writer(), Interest.WRITABLE, "succeeds");
    assertThat(Report.only(queue).attachment()).isEqualTo("succeeds");
    pipe.writer().close();
    assertThat(queue.toString()).contains("0 registrations");
  }

  @Test
  void anInterestThatTheSystemRefusesLeavesNothingBehind() throws IOException {
    assertThatThrownBy(
            () -> queue.register(pipe.writer(), Interest.WRITABLE.exclusive(), "refused"))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessageContaining("exclusive");
    queue.register(pipe.writer(), Interest.WRITABLE, "succeeds");
    assertThat(Report.only(queue).attachment()).isEqualTo("succeeds");
  }

  @Test
  void registeringRacesWithTheCloseOfTheSource() throws Exception {
    for (int round = 0; round < 100; round++) {
      PipePair racing = PipePair.open(kernel);
      CyclicBarrier start = new CyclicBarrier(2);
      Background<Boolean> closer =
          Background.start(() -> {
            start.await(5, TimeUnit.SECONDS);
            racing.close();
            return true;
          });
      start.await(5, TimeUnit.SECONDS);
      try {
        queue.register(racing.writer(), Interest.WRITABLE, "racing");
      } catch (ClosedChannelException e) {
        assertThat(racing.writer().isOpen()).isFalse();
      }
      assertThat(closer.result()).isTrue();
      assertThat(queue.toString()).contains("0 registrations");
      assertThat(Report.poll(queue)).isEmpty();
    }
  }

  @Test
  void whatWasWrittenBeforeARegistrationIsSeenAfterTheWait() throws Exception {
    int[] plain = new int[1];
    Background<Integer> waiter =
        Background.start(() -> {
          queue.await();
          return plain[0];
        });
    kernel.awaitWaiter();
    plain[0] = 42;
    queue.register(pipe.writer(), Interest.WRITABLE, "writer");
    assertThat(waiter.result()).isEqualTo(42);
  }
}
