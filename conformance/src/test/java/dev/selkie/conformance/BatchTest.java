package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.selkie.EventQueue;
import dev.selkie.EventQueueBuilder;
import dev.selkie.Events;
import dev.selkie.Interest;
import dev.selkie.Registration;
import dev.selkie.kernel.Kernel;
import dev.selkie.source.PipePair;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** More sources ready than the batch of a wait holds. */
@Contract
final class BatchTest {
  private static final int SOURCES = 40;

  private final Configuration configuration;
  private final Kernel kernel;
  private final List<PipePair> pipes = new ArrayList<>();

  BatchTest(Configuration configuration) {
    this.configuration = configuration;
    this.kernel = configuration.kernel();
  }

  @AfterEach
  void closePipes() {
    pipes.forEach(PipePair::close);
  }

  private EventQueue<Integer> queue(int batch) throws IOException {
    return EventQueue.<Integer>builder()
        .kernel(kernel)
        .backend(configuration.backend())
        .batch(batch)
        .open();
  }

  private void registerReadyPipes(EventQueue<Integer> queue, Interest interest) throws IOException {
    for (int i = 0; i < SOURCES; i++) {
      PipePair pipe = PipePair.open(kernel);
      pipes.add(pipe);
      Bytes.send(pipe.writer(), 1);
      queue.register(pipe.reader(), interest, i);
    }
  }

  @Test
  void whatTheBatchDoesNotHoldComesWithTheNextWait() throws IOException {
    try (EventQueue<Integer> queue = queue(16)) {
      registerReadyPipes(queue, Interest.READABLE.oneShot());
      List<Integer> seen = new ArrayList<>();
      for (int expected : new int[] {16, 16, 8, 0}) {
        Events<Integer> events = queue.poll();
        assertThat(events.size()).isEqualTo(expected);
        seen.addAll(Report.attachments(Report.of(events)));
      }
      assertThat(seen).hasSize(SOURCES).doesNotHaveDuplicates();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7})
  void noLevelTriggeredSourceStarves(int batch) throws IOException {
    try (EventQueue<Integer> queue = queue(batch)) {
      registerReadyPipes(queue, Interest.READABLE);
      int rounds = 20;
      Map<Integer, Integer> counts = new HashMap<>();
      for (int wait = 0; wait < rounds * SOURCES / batch; wait++) {
        Report.poll(queue).forEach(report -> counts.merge(report.attachment(), 1, Integer::sum));
      }
      assertThat(counts).as("times each was reported").hasSize(SOURCES);
      assertThat(counts.values()).allMatch(times -> times >= rounds / 2);
    }
  }

  @Test
  void aBatchOfOneServesAll() throws IOException {
    try (EventQueue<Integer> queue = queue(1)) {
      registerReadyPipes(queue, Interest.READABLE);
      Set<Integer> served = new HashSet<>();
      for (int i = 0; i < SOURCES; i++) {
        Report<Integer> report = Report.only(queue);
        served.add(report.attachment());
        Bytes.drain(pipes.get(report.attachment()).reader());
      }
      assertThat(served).hasSize(SOURCES);
      Report.none(queue);
    }
  }

  @Test
  void aBatchOfOneIsWokenAlthoughSourcesAreReady() throws IOException {
    try (EventQueue<Integer> queue = queue(1)) {
      registerReadyPipes(queue, Interest.READABLE);
      for (int i = 0; i < 3; i++) {
        queue.wake();
        assertThat(queue.await(Ready.DEADLINE).cause()).isEqualTo(Events.Cause.WAKE);
        assertThat(queue.await(Ready.DEADLINE).cause()).isEqualTo(Events.Cause.READY);
      }
    }
  }

  /** Some systems do not add what is over already: the queue tells of it by itself. */
  @Test
  void noPipeThatHadNoReaderBeforeStarves() throws IOException {
    try (EventQueue<Integer> queue = queue(7)) {
      for (int i = 0; i < SOURCES; i++) {
        PipePair pipe = PipePair.open(kernel);
        pipes.add(pipe);
        pipe.reader().close();
        queue.register(
            pipe.writer(), i % 2 == 0 ? Interest.WRITABLE.oneShot() : Interest.WRITABLE, i);
      }
      int rounds = 20;
      Map<Integer, Integer> counts = new HashMap<>();
      for (int wait = 0; wait < rounds * SOURCES / 7; wait++) {
        for (Report<Integer> report : Report.poll(queue)) {
          assertThat(report.says()).startsWith("writable write-closed");
          counts.merge(report.attachment(), 1, Integer::sum);
        }
      }
      assertThat(counts).as("times each was reported").hasSize(SOURCES);
      counts.forEach((pipe, times) -> {
        if (pipe % 2 == 0) {
          assertThat(times).as("one shot %d", pipe).isOne();
        } else {
          assertThat(times).as("level %d", pipe).isGreaterThanOrEqualTo(rounds);
        }
      });
    }
  }

  /** More than a wait's list of changes holds, each superseded by the next, some cancelled. */
  @Test
  void whateverManyModificationsLeaveIsWhatCounts() throws IOException {
    try (EventQueue<Integer> queue = queue(64)) {
      registerReadyPipes(queue, Interest.NONE);
      List<Registration<Integer>> registrations = new ArrayList<>(queue.registrations());
      Report.none(queue);
      for (int round = 0; round < 5; round++) {
        Set<Integer> expected = new HashSet<>();
        for (int i = 0; i < registrations.size(); i++) {
          Registration<Integer> registration = registrations.get(i);
          registration.modify(Interest.READABLE);
          registration.modify(Interest.NONE);
          if (i % 5 == round) {
            registration.cancel();
          } else if (i % 2 == 0) {
            registration.modify(Interest.READABLE.oneShot());
            expected.add(registration.attachment());
          }
        }
        registrations.removeIf(registration -> !registration.isValid());
        assertThat(Report.attachments(Report.next(queue)))
            .containsExactlyInAnyOrderElementsOf(expected);
        Report.none(queue);
      }
    }
  }

  @Test
  void aBatchHoldsOneAtLeast() {
    assertThatIllegalArgumentException().isThrownBy(() -> queue(0)).withMessageContaining("batch");
  }

  @Test
  void aBatchHasALargestSize() throws IOException {
    queue(65_536).close();
    for (int events : new int[] {65_537, Integer.MAX_VALUE}) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> queue(events))
          .withMessage("a batch of " + events + " events: at most 65536");
    }
  }

  @Test
  void aQueueNamesItsBackend() throws IOException {
    try (EventQueue<Integer> queue = queue(1)) {
      assertThat(queue.backend()).isEqualTo(configuration.backend());
    }
  }

  @Test
  void aBackendThatDoesNotExistIsRefusedByTheBuilder() {
    EventQueueBuilder<String> builder = EventQueue.builder();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.backend("teletype"))
        .withMessage("no backend is called teletype: there are epoll, kqueue and poll");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> builder.backend(""))
        .withMessageStartingWith("no backend is called '': ");
  }
}
