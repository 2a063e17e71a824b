package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.EventQueue;
import dev.selkie.Events.Cause;
import dev.selkie.Interest;
import dev.selkie.Registration;
import dev.selkie.kernel.Kernel;
import dev.selkie.source.PipePair;
import dev.selkie.source.RawSource;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What outlives its registration: open files with duplicates, slots, memory. */
@Contract
final class StaleRegistrationTest {
  /** Waits that may return for nothing before the queue gets rid of the cause. */
  private static final int PATIENCE = 50;

  private static final Duration SHORT = Duration.ofMillis(5);
  private static final Logger LOG = Logger.getLogger("dev.selkie");

  private final Configuration configuration;
  private final Kernel kernel;
  private final List<String> warnings = new ArrayList<>();
  private final Handler listener = new Listener();
  private EventQueue<Object> queue;

  StaleRegistrationTest(Configuration configuration) {
    this.configuration = configuration;
    this.kernel = configuration.kernel();
  }

  private final class Listener extends Handler {
    @Override
    public void publish(LogRecord entry) {
      warnings.add(entry.getMessage());
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  @BeforeEach
  void open() throws IOException {
    LOG.addHandler(listener);
    LOG.setUseParentHandlers(false);
    queue = configuration.queue(kernel);
  }

  @AfterEach
  void close() {
    queue.close();
    LOG.removeHandler(listener);
    LOG.setUseParentHandlers(true);
  }

  /**
   * Leaves a registration in the system that nobody can delete: of a number that was closed outside
   * while a duplicate lives on.
   *
   * @return the duplicate of a pipe's reading end, which is ready, and the writing end
   */
  private int[] leaveStaleRegistration() throws IOException {
    int[] ends = new int[2];
    assertThat(kernel.files().pipe(ends)).isNotNegative();
    int duplicate = kernel.files().duplicate(ends[0]);
    RawSource borrowed = RawSource.borrow(kernel, ends[0]);
    Registration<Object> registration = queue.register(borrowed, Interest.READABLE, "stale");
    kernel.files().write(ends[1], new byte[1], 0, 1);
    kernel.files().close(ends[0]);
    registration.cancel();
    return new int[] {duplicate, ends[1]};
  }

  private void close(int[] numbers) {
    for (int number : numbers) {
      kernel.files().close(number);
    }
  }

  private int waitsUntilQuiet() {
    int waits = 1;
    while (queue.await(SHORT).cause() != Cause.TIMEOUT) {
      assertThat(waits++).as("waits that return for nothing").isLessThan(PATIENCE);
    }
    return waits;
  }

  @Test
  @Needs(Ability.OUTLIVING)
  void aDuplicateThatLivesOnDoesNotSpinTheQueueAndIsToldOnce() throws IOException {
    int[] first = leaveStaleRegistration();
    waitsUntilQuiet();
    assertThat(waitsUntilQuiet()).as("waits later").isOne();
    int[] second = leaveStaleRegistration();
    waitsUntilQuiet();
    assertThat(warnings).hasSize(1).allMatch(line -> line.contains("duplicate"));
    assertThat(queue.toString()).contains("2 rebuilds");
    close(first);
    close(second);
  }

  @Test
  @Needs(Ability.OUTLIVING)
  void theOtherRegistrationsSurviveTheCure() throws IOException {
    try (PipePair level = PipePair.open(kernel);
        PipePair edge = PipePair.open(kernel);
        PipePair silent = PipePair.open(kernel);
        EventQueue<Object> inner = configuration.queue(kernel)) {
      queue.register(level.reader(), Interest.READABLE, "level");
      queue.register(edge.reader(), Interest.READABLE.edge(), "edge");
      queue.register(silent.writer(), Interest.NONE, "none");
      queue.register(inner, Interest.READABLE, "inner");
      int[] numbers = leaveStaleRegistration();
      waitsUntilQuiet();
      assertThat(queue.toString()).contains("1 rebuild)");
      Bytes.send(level.writer(), 1);
      Bytes.send(edge.writer(), 1);
      inner.wake();
      assertThat(Report.attachments(Report.poll(queue)))
          .containsExactlyInAnyOrder("level", "edge", "inner");
      assertThat(Report.attachments(Report.poll(queue)))
          .containsExactlyInAnyOrder("level", "inner");
      close(numbers);
    }
  }

  /** A borrowed number that somebody closed and opened anew is nobody's who is registered here. */
  @Test
  @Needs(Ability.OUTLIVING)
  void theCureDoesNotTakeUpTheNextOwnerOfANumber() throws IOException {
    int[] old = new int[2];
    int[] fresh = new int[2];
    assertThat(kernel.files().pipe(old)).isNotNegative();
    Registration<Object> orphan =
        queue.register(RawSource.borrow(kernel, old[0]), Interest.READABLE, "orphan");
    assertThat(kernel.files().pipe(fresh)).isNotNegative();
    assertThat(kernel.files().duplicateTo(fresh[0], old[0])).isEqualTo(old[0]);
    kernel.files().write(fresh[1], new byte[1], 0, 1);
    int[] numbers = leaveStaleRegistration();
    waitsUntilQuiet();
    assertThat(queue.toString()).contains("1 rebuild)");
    assertThat(orphan.isValid()).as("the registration of the old owner").isFalse();
    close(numbers);
    close(old);
    close(fresh);
  }

  @Test
  @Needs(Ability.OUTLIVING)
  void wakesReachTheQueueAfterTheCure() throws IOException {
    int[] numbers = leaveStaleRegistration();
    waitsUntilQuiet();
    Background<Cause> waiter = Background.start(() -> queue.await().cause());
    queue.wake();
    assertThat(waiterResult(waiter)).isEqualTo(Cause.WAKE);
    close(numbers);
  }

  @Test
  @Needs(Ability.OUTLIVING)
  void aNestedQueueSurvivesItsCure() throws IOException {
    try (EventQueue<Object> outer = configuration.queue(kernel);
        PipePair pipe = PipePair.open(kernel)) {
      outer.register(queue, Interest.READABLE, "inner");
      queue.register(pipe.reader(), Interest.READABLE, "pipe");
      int[] numbers = leaveStaleRegistration();
      waitsUntilQuiet();
      assertThat(queue.toString()).contains("1 rebuild)");
      Report.none(outer);
      Bytes.send(pipe.writer(), 1);
      assertThat(Report.only(outer)).hasToString("inner: readable");
      close(numbers);
    }
  }

  @Test
  void sourcesThatOtherThreadsCloseAllTheTimeDisturbNobody() throws Exception {
    try (PipePair lasting = PipePair.open(kernel)) {
      queue.register(lasting.reader(), Interest.READABLE, "lasting");
      Bytes.send(lasting.writer(), 1);
      Background<Boolean> churn =
          Background.start(() -> {
            for (int i = 0; i < 3_000; i++) {
              try (PipePair pipe = PipePair.open(kernel)) {
                queue.register(pipe.writer(), Interest.WRITABLE, i);
              }
            }
            return true;
          });
      while (!churn.isDone()) {
        List<Object> seen = Report.attachments(Report.of(queue.await(Ready.DEADLINE)));
        assertThat(seen).contains("lasting");
      }
      assertThat(churn.result()).isTrue();
      assertThat(queue.toString()).contains("1 registration,");
    }
  }

  /** Slots are never seen from outside, their memory is: a lost one costs 12 bytes and more. */
  @Test
  void aMillionRoundsLoseNoSlotAndLeaveNoGarbage() throws Exception {
    try (PipePair pipe = PipePair.open(kernel)) {
      rounds(pipe, Interest.NONE, 10_000);
      long before = usedAfterCollection();
      int times = Configurations.areStepping() ? 1 : 50; // mutants are many
      rounds(pipe, Interest.NONE, times * 20_000); // no system call: the table's work alone
      rounds(pipe, Interest.WRITABLE, times * 1_000);
      assertThat(usedAfterCollection() - before).as("bytes kept").isLessThan(4_000_000);
      assertThat(queue.toString()).contains("0 registrations");
    }
  }

  private void rounds(PipePair pipe, Interest interest, int rounds) throws IOException {
    for (int i = 0; i < rounds; i++) {
      queue.register(pipe.writer(), interest, "round").cancel();
    }
  }

  private static long usedAfterCollection() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  @Test
  void twentyThousandSourcesOpenedRegisteredReportedAndClosed() throws IOException {
    for (int i = 0; i < 20_000; i++) {
      try (PipePair pipe = PipePair.open(kernel)) {
        queue.register(pipe.writer(), Interest.WRITABLE, i);
        assertThat(Report.attachments(Report.poll(queue))).containsExactly(i);
      }
    }
    assertThat(queue.toString()).contains("0 registrations, 0 rebuilds");
  }

  @Test
  void whatWasReportedAndEndedIsNotKeptReachable() throws Exception {
    List<WeakReference<Object>> ended = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      try (PipePair pipe = PipePair.open(kernel)) {
        Object attachment = new Object();
        ended.add(new WeakReference<>(attachment));
        queue.register(pipe.writer(), Interest.WRITABLE, attachment);
        assertThat(Report.poll(queue)).hasSize(1);
      }
    }
    queue.poll(); // the next wait lets go of the batch
    Until.holds(
        "the collection of the attachments",
        () -> {
          System.gc();
          return ended.stream().allMatch(reference -> reference.refersTo(null));
        });
  }

  private static Cause waiterResult(Background<Cause> waiter) {
    try {
      return waiter.result();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}
