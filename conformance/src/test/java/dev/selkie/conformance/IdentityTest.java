package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.Event;
import dev.selkie.EventQueue;
import dev.selkie.Events;
import dev.selkie.Interest;
import dev.selkie.Registration;
import dev.selkie.Source;
import dev.selkie.source.PipePair;
import dev.selkie.source.RawSource;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A registration is itself, whatever becomes of its descriptor's number. */
@Contract
final class IdentityTest extends QueueCases {
  /** For a wait that finds something, or asks again and finds nothing. */
  private static final Duration SHORT = Duration.ofMillis(20);

  private final List<AutoCloseable> opened = new ArrayList<>();

  IdentityTest(Configuration configuration) {
    super(configuration);
  }

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : opened) {
      each.close();
    }
  }

  private <T extends AutoCloseable> T opened(T each) {
    opened.add(each);
    return each;
  }

  /** Pairs whose one end is registered, and readable; the attachment is the index. */
  private List<RawPair> readablePairs(int count, List<Registration<String>> registrations)
      throws IOException {
    List<RawPair> pairs = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      RawPair pair = opened(RawPair.open(kernel));
      pairs.add(pair);
      registrations.add(queue.register(pair.one(), Interest.READABLE, Integer.toString(i)));
      Bytes.send(pair.other(), 1);
    }
    return pairs;
  }

  @Test
  void whatIsCancelledByAnEarlierHandlerIsNotDelivered() throws IOException {
    List<Registration<String>> registrations = new ArrayList<>();
    readablePairs(5, registrations);
    Events<String> events = queue.await(Ready.DEADLINE);
    assertThat(events.size()).isEqualTo(5);
    List<String> delivered = new ArrayList<>();
    for (Event<String> event : events) {
      delivered.add(event.attachment());
      for (Registration<String> each : registrations) {
        if (each != event.registration()) {
          each.cancel();
        }
      }
      registrations.removeIf(each -> !each.isValid());
    }
    assertThat(delivered).hasSize(1);
  }

  @Test
  void whatIsClosedByAnEarlierHandlerIsNotDelivered() throws IOException {
    List<Registration<String>> registrations = new ArrayList<>();
    List<RawPair> pairs = readablePairs(5, registrations);
    List<String> delivered = new ArrayList<>();
    for (Event<String> event : queue.await(Ready.DEADLINE)) {
      delivered.add(event.attachment());
      for (RawPair pair : pairs) {
        if (pair.one() != event.registration().source()) {
          pair.one().close();
        }
      }
    }
    assertThat(delivered).hasSize(1);
  }

  @Test
  void whatIsClosedInItsOwnEventIsNotDeliveredAgain() throws IOException {
    readablePairs(3, new ArrayList<>());
    for (Event<String> event : queue.await(Ready.DEADLINE)) {
      event.registration().source().close();
    }
    Report.none(queue);
    assertThat(queue.toString()).contains("0 registrations");
  }

  @Test
  void whatIsCancelledBetweenWaitAndReadingIsNotDelivered() throws IOException {
    List<Registration<String>> registrations = new ArrayList<>();
    readablePairs(3, registrations);
    Events<String> events = queue.await(Ready.DEADLINE);
    registrations.get(1).cancel();
    assertThat(Report.attachments(Report.of(events))).containsExactlyInAnyOrder("0", "2");
    assertThat(Report.attachments(Report.of(events))).as("read again").hasSize(2);
  }

  @Test
  void theNewOwnerOfANumberSeesNothingOfTheOldOnesEvents() throws IOException {
    List<RawPair> pairs = readablePairs(4, new ArrayList<>());
    List<String> delivered = new ArrayList<>();
    List<Integer> freed = new ArrayList<>();
    List<Integer> reused = new ArrayList<>();
    for (Event<String> event : queue.await(Ready.DEADLINE)) {
      delivered.add(event.attachment());
      if (delivered.size() > 1) {
        continue;
      }
      for (RawPair pair : pairs) {
        if (pair.one() != event.registration().source()) {
          freed.add(pair.one().descriptor().number());
          pair.one().close();
        }
      }
      for (int i = 0; i < 2; i++) {
        RawPair pair = opened(RawPair.open(kernel));
        reused.add(pair.one().descriptor().number());
        reused.add(pair.other().descriptor().number());
        queue.register(pair.one(), Interest.READABLE, "new");
        queue.register(pair.other(), Interest.READABLE, "new");
      }
    }
    assertThat(reused).as("the numbers are given out again").containsAll(freed);
    assertThat(delivered).hasSize(1).doesNotContain("new");
  }

  /** The slot of the cancelled registration has a new tenant when the queue reads the events. */
  @Test
  void theNewTenantOfASlotSeesNothingOfTheOldOnesEvents() throws IOException {
    RawPair old = opened(RawPair.open(kernel));
    RawPair young = opened(RawPair.open(kernel));
    Registration<String> registration = queue.register(old.one(), Interest.READABLE, "old");
    Bytes.send(old.other(), 1);
    kernel.afterNextWait(() -> {
      registration.cancel();
      try {
        queue.register(young.one(), Interest.READABLE, "new");
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    });
    assertThat(Report.of(queue.await(SHORT))).isEmpty();
    Report.none(queue);
    Bytes.send(young.other(), 1);
    assertThat(Report.only(queue)).hasToString("new: readable");
  }

  @Test
  void aClosedAndReopenedNumberBetweenTheWaitAndItsReadingIsSomebodyElses() throws IOException {
    RawPair old = RawPair.open(kernel);
    opened(old.other());
    queue.register(old.one(), Interest.READABLE, "old");
    int number = old.one().descriptor().number();
    Bytes.send(old.other(), 1);
    kernel.afterNextWait(() -> {
      old.one().close();
      try {
        RawPair young = opened(RawPair.open(kernel));
        assertThat(young.one().descriptor().number()).isEqualTo(number);
        queue.register(young.one(), Interest.READABLE, "new");
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    });
    assertThat(Report.of(queue.await(SHORT))).isEmpty();
    Report.none(queue);
  }

  @Test
  void aBorrowedNumberThatWasClosedAndReusedBelongsToItsNewOwner() throws IOException {
    int[] ends = new int[2];
    assertThat(kernel.files().pipe(ends)).isNotNegative();
    RawSource borrowed = RawSource.borrow(kernel, ends[0]);
    Registration<String> old = queue.register(borrowed, Interest.READABLE, "old");
    kernel.files().close(ends[0]);
    RawPair pair = opened(RawPair.open(kernel));
    assertThat(pair.one().descriptor().number()).isEqualTo(ends[0]);
    Registration<String> young = queue.register(pair.one(), Interest.READABLE, "new");
    assertThat(old.isValid()).isFalse();
    assertThat(old.cancel()).isFalse();
    borrowed.close();
    assertThat(young.isValid()).isTrue();
    Bytes.send(pair.other(), 1);
    assertThat(Report.only(queue)).hasToString("new: readable");
    kernel.files().close(ends[1]);
  }

  @Test
  void theOldOwnersCancelDoesNotRemoveTheNewOneFromAnotherQueue() throws IOException {
    int[] ends = new int[2];
    assertThat(kernel.files().pipe(ends)).isNotNegative();
    Registration<String> old =
        queue.register(RawSource.borrow(kernel, ends[0]), Interest.READABLE, "old");
    try (EventQueue<String> other = configuration.queue(kernel)) {
      kernel.files().close(ends[0]);
      RawPair pair = opened(RawPair.open(kernel));
      assertThat(pair.one().descriptor().number()).isEqualTo(ends[0]);
      other.register(pair.one(), Interest.READABLE, "new");
      old.cancel();
      Bytes.send(pair.other(), 1);
      assertThat(Report.only(other)).hasToString("new: readable");
    }
    kernel.files().close(ends[1]);
  }

  @Test
  void oneDescriptorInTwoQueues() throws IOException {
    try (EventQueue<String> other = configuration.queue(kernel)) {
      RawPair pair = opened(RawPair.open(kernel));
      queue.register(pair.one(), Interest.READABLE, "reading");
      Registration<String> writing = other.register(pair.one(), Interest.WRITABLE, "writing");
      Report.none(queue);
      assertThat(Report.only(other)).hasToString("writing: writable");
      Bytes.send(pair.other(), 1);
      assertThat(Report.only(queue)).hasToString("reading: readable");
      assertThat(Report.only(other)).hasToString("writing: writable");
      writing.cancel();
      Report.none(other);
      assertThat(Report.only(queue)).hasToString("reading: readable");
      Registration<String> again = other.register(pair.one(), Interest.READABLE, "again");
      pair.one().close();
      assertThat(again.isValid()).isFalse();
      assertThat(queue + " and " + other).doesNotContain("1 registration");
      Report.none(queue);
      Report.none(other);
    }
  }

  @Test
  void twoDescriptorsOfOneSocketWithDifferentInterest() throws IOException {
    RawPair pair = opened(RawPair.open(kernel));
    RawSource duplicate = opened(duplicate(pair.one()));
    queue.register(pair.one(), Interest.READABLE, "reading");
    queue.register(duplicate, Interest.WRITABLE, "writing");
    assertThat(Report.only(queue)).hasToString("writing: writable");
    Bytes.send(pair.other(), 1);
    assertThat(Report.next(queue).toString())
        .contains("reading: readable")
        .contains("writing: writable");
  }

  @Test
  void closingOneOfTwoDuplicatesLeavesTheOther() throws IOException {
    RawPair pair = opened(RawPair.open(kernel));
    RawSource duplicate = opened(duplicate(pair.one()));
    queue.register(pair.one(), Interest.READABLE, "original");
    queue.register(duplicate, Interest.READABLE, "duplicate");
    Bytes.send(pair.other(), 1);
    pair.one().close();
    assertThat(Report.only(queue)).hasToString("duplicate: readable");
    long before = kernel.waits();
    Bytes.drain(duplicate);
    Report.none(queue);
    assertThat(kernel.waits() - before).as("waits: the closed one is not in the system").isOne();
    Bytes.send(pair.other(), 1);
    assertThat(Report.only(queue)).hasToString("duplicate: readable");
  }

  @Test
  void closingTheDuplicateLeavesTheOriginal() throws IOException {
    RawPair pair = opened(RawPair.open(kernel));
    RawSource duplicate = opened(duplicate(pair.one()));
    queue.register(pair.one(), Interest.PEER_CLOSED, "original");
    queue.register(duplicate, Interest.READABLE, "duplicate");
    Bytes.send(pair.other(), 1);
    duplicate.close();
    long before = kernel.waits();
    assertThat(queue.await(Duration.ofMillis(10)).cause()).isEqualTo(Events.Cause.TIMEOUT);
    assertThat(kernel.waits() - before).as("waits: the closed one is not in the system").isOne();
  }

  @Test
  void aDetachedDescriptorOfAnAdoptedDuplicateLeavesTheQueue() throws IOException {
    PipePair pipe = opened(PipePair.open(kernel));
    RawSource duplicate = duplicate(pipe.writer());
    queue.register(duplicate, Interest.WRITABLE, "duplicate");
    int number = duplicate.detach();
    Report.none(queue);
    kernel.files().close(number);
  }

  private RawSource duplicate(Source source) throws IOException {
    int number = kernel.files().duplicate(source.descriptor().number());
    assertThat(number).isNotNegative();
    return RawSource.own(kernel, number);
  }
}
