package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNullPointerException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.Event;
import dev.selkie.Events;
import dev.selkie.Events.Cause;
import dev.selkie.Interest;
import dev.selkie.Registration;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.source.PipePair;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Modify: the interest as a whole, the attachment, interest in nothing. */
@Contract
final class ModifyTest extends QueueCases {
  /** More than show the queue that an event is of nobody. */
  private static final int WAITS = 20;

  private static final Duration SHORT = Duration.ofMillis(20);

  private RawPair pair;

  ModifyTest(Configuration configuration) {
    super(configuration);
  }

  @BeforeEach
  void open() throws IOException {
    pair = RawPair.open(kernel);
    Bytes.send(pair.other(), 1); // readable and writable
  }

  @AfterEach
  void close() {
    pair.close();
  }

  @Test
  void modifyReplacesTheInterestWhole() throws IOException {
    Registration<String> registration = queue.register(pair.one(), Interest.READABLE, "pair");
    assertThat(Report.only(queue)).hasToString("pair: readable");
    registration.modify(Interest.WRITABLE);
    assertThat(registration.interest()).isSameAs(Interest.WRITABLE);
    assertThat(Report.only(queue)).hasToString("pair: writable");
    registration.modify(Interest.READABLE_WRITABLE);
    assertThat(Report.only(queue)).hasToString("pair: readable writable");
    if (configuration.has(Ability.PRIORITY)) {
      registration.modify(Interest.PRIORITY);
      Report.none(queue);
    }
    registration.modify(Interest.READABLE);
    assertThat(Report.only(queue)).hasToString("pair: readable");
  }

  @Test
  void modifyReplacesTheTriggerModeToo() throws IOException {
    Registration<String> registration =
        queue.register(pair.one(), Interest.READABLE.oneShot(), "pair");
    Report.only(queue);
    Report.none(queue);
    registration.modify(Interest.READABLE);
    Report.only(queue);
    Report.only(queue);
    if (configuration.has(Ability.EDGE)) {
      registration.modify(Interest.READABLE.edge());
      Report.only(queue);
      Report.none(queue);
    }
  }

  @Test
  void modifyKeepsTheAttachmentUnlessOneIsGiven() throws IOException {
    Registration<String> registration = queue.register(pair.one(), Interest.READABLE, "first");
    registration.modify(Interest.WRITABLE);
    assertThat(Report.only(queue).attachment()).isEqualTo("first");
    registration.modify(Interest.WRITABLE, "second");
    assertThat(registration.attachment()).isEqualTo("second");
    assertThat(Report.only(queue).attachment()).isEqualTo("second");
    registration.rearm();
    assertThat(Report.only(queue).attachment()).isEqualTo("second");
  }

  /** A change of the interest alone must not bring back the attachment of before another change. */
  @Test
  void anAttachmentIsNotLostToAnotherThreadsModify() throws Exception {
    Registration<String> registration = queue.register(pair.one(), Interest.NONE, "0");
    Background<Boolean> other =
        Background.start(() -> {
          for (int i = 0; i < 20_000; i++) {
            registration.modify(Interest.NONE);
            registration.rearm();
          }
          return true;
        });
    for (int i = 1; !other.isDone(); i++) {
      String attachment = Integer.toString(i);
      registration.modify(Interest.NONE, attachment);
      assertThat(registration.attachment()).isEqualTo(attachment);
    }
    assertThat(other.result()).isTrue();
  }

  /** A rearm must not bring back the interest of before another change. */
  @Test
  void anInterestIsNotLostToAnotherThreadsRearm() throws Exception {
    Registration<String> registration = queue.register(pair.one(), Interest.NONE, "pair");
    Background<Boolean> other =
        Background.start(() -> {
          for (int i = 0; i < 20_000; i++) {
            registration.rearm();
          }
          return true;
        });
    for (int i = 1; !other.isDone(); i++) {
      Interest interest = i % 2 == 0 ? Interest.NONE : Interest.NONE.oneShot();
      registration.modify(interest);
      assertThat(registration.interest()).isSameAs(interest);
    }
    assertThat(other.result()).isTrue();
  }

  @Test
  void interestInNothingIsSilentAboutDataAndSpace() throws IOException {
    queue.register(pair.one(), Interest.NONE, "from the start");
    Registration<String> later = queue.register(pair.other(), Interest.WRITABLE, "later");
    Report.only(queue);
    later.modify(Interest.NONE);
    Report.none(queue);
    assertThat(later.isValid()).isTrue();
  }

  @Test
  void interestInNothingIsSilentAboutHangUpsAndErrorsAndCostsNothing() throws IOException {
    try (PipePair pipe = PipePair.open(kernel);
        PipePair readerless = PipePair.open(kernel);
        TcpPair tcp = TcpPair.open(configuration, kernel)) {
      Registration<String> hangUp = queue.register(pipe.reader(), Interest.READABLE, "hang-up");
      queue.register(readerless.writer(), Interest.NONE, "broken pipe");
      queue.register(tcp.server(), Interest.READABLE_WRITABLE, "reset").modify(Interest.NONE);
      hangUp.modify(Interest.NONE);
      pipe.writer().close();
      readerless.reader().close();
      tcp.client().reset();
      long before = kernel.waits();
      assertThat(queue.await(SHORT).cause()).isEqualTo(Cause.TIMEOUT);
      assertThat(kernel.waits() - before).as("waits: a busy one would repeat").isOne();
    }
  }

  @Test
  void interestInNothingBecomesInterestAgain() throws IOException {
    Registration<String> registration = queue.register(pair.one(), Interest.NONE, "pair");
    Report.none(queue);
    registration.modify(Interest.READABLE);
    assertThat(Report.only(queue)).hasToString("pair: readable");
    registration.modify(Interest.NONE);
    Report.none(queue);
    registration.modify(Interest.WRITABLE.oneShot());
    assertThat(Report.only(queue)).hasToString("pair: writable");
    registration.modify(Interest.NONE);
    registration.cancel();
    queue.register(pair.one(), Interest.READABLE, "anew");
    assertThat(Report.only(queue)).hasToString("anew: readable");
  }

  @Test
  void whatIsModifiedInsideABatchIsSeenThroughTheNewInterest() throws IOException {
    Registration<String> registration =
        queue.register(pair.one(), Interest.READABLE_WRITABLE, "pair");
    Events<String> events = queue.await(Ready.DEADLINE);
    registration.modify(Interest.WRITABLE, "modified");
    assertThat(Report.of(events)).hasToString("[modified: writable]");
  }

  @Test
  void whatIsModifiedToNothingInsideABatchIsPassedOver() throws IOException {
    Registration<String> registration = queue.register(pair.one(), Interest.READABLE, "pair");
    Events<String> events = queue.await(Ready.DEADLINE);
    assertThat(events.size()).isOne();
    registration.modify(Interest.NONE);
    assertThat(Report.of(events)).isEmpty();
  }

  @Test
  void theRegistrationIsModifiedInsideItsOwnEvent() throws IOException {
    queue.register(pair.one(), Interest.READABLE_WRITABLE, "pair");
    for (Event<String> event : queue.await(Ready.DEADLINE)) {
      event.registration().modify(Interest.READABLE);
    }
    assertThat(Report.only(queue)).hasToString("pair: readable");
  }

  @Test
  @Needs(Ability.CHANGE_CALL)
  void aFailedModifyLeavesTheInterestAndTheAttachment() throws IOException {
    Registration<String> registration = queue.register(pair.one(), Interest.READABLE, "before");
    faults.on(configuration.changeCall()).times(1).fail(Errno.ENOMEM);
    assertThatThrownBy(() -> registration.modify(Interest.WRITABLE, "after"))
        .isInstanceOf(SystemCallException.class)
        .hasMessageContaining("ENOMEM");
    assertThat(registration.interest()).isSameAs(Interest.READABLE);
    for (int i = 0; i < WAITS; i++) {
      assertThat(Report.only(queue)).hasToString("before: readable");
    }
    assertThat(queue.toString()).contains("0 rebuilds");
    registration.modify(Interest.WRITABLE, "after");
    assertThat(Report.only(queue)).hasToString("after: writable");
  }

  @Test
  void aRefusedInterestLeavesTheRegistrationAsItIs() throws IOException {
    Registration<String> registration = queue.register(pair.one(), Interest.READABLE, "before");
    assertThatThrownBy(() -> registration.modify(Interest.WRITABLE.exclusive(), "after"))
        .isInstanceOf(UnsupportedOperationException.class);
    assertThatNullPointerException()
        .isThrownBy(() -> registration.modify(null))
        .withMessage("interest");
    assertThatNullPointerException()
        .isThrownBy(() -> registration.modify(Interest.READABLE, null))
        .withMessage("attachment");
    assertThat(Report.only(queue)).hasToString("before: readable");
  }
}
