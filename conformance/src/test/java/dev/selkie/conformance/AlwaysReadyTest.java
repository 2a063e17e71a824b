package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.selkie.EventQueue;
import dev.selkie.Events;
import dev.selkie.Events.Cause;
import dev.selkie.Interest;
import dev.selkie.Registration;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Result;
import dev.selkie.source.PipePair;
import dev.selkie.source.RawSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Regular files and {@code /dev/null}, which the system calls always ready. */
@Contract
final class AlwaysReadyTest {
  /** POLLIN, poll(2). */
  private static final int POLLIN = 1;

  private static final Duration SHORT = Duration.ofMillis(5);
  private static final Path NULL_DEVICE = Path.of("/dev/null");

  private final Configuration configuration;
  private final Kernel host;
  private final WaitProbe kernel;
  private final List<RawSource> opened = new ArrayList<>();
  private EventQueue<String> queue;
  @TempDir private Path folder;

  AlwaysReadyTest(Configuration configuration) {
    this.configuration = configuration;
    this.host = configuration.kernel();
    this.kernel = new WaitProbe(host);
  }

  @BeforeEach
  void open() throws IOException {
    queue = configuration.queue(kernel);
  }

  @AfterEach
  void close() {
    queue.close();
    opened.forEach(RawSource::close);
  }

  private RawSource file() throws IOException {
    Path path = folder.resolve("file" + opened.size());
    Files.writeString(path, "content");
    RawSource file = OrdinaryFile.open(host, kernel, path);
    opened.add(file);
    return file;
  }

  private RawSource nullDevice() throws IOException {
    RawSource device = OrdinaryFile.open(host, kernel, NULL_DEVICE);
    opened.add(device);
    return device;
  }

  @Test
  void aRegularFileIsReportedAgainAndAgain() throws IOException {
    queue.register(file(), Interest.READABLE, "file");
    for (int i = 0; i < 3; i++) {
      Events<String> events = queue.await();
      assertThat(events.cause()).isEqualTo(Cause.READY);
      assertThat(Report.of(events)).hasToString("[file: readable]");
    }
  }

  /** kqueue(2) itself reports a file only while there is something left to read. */
  @Test
  void aRegularFileIsReportedAtItsEndToo() throws IOException {
    RawSource file = file();
    queue.register(file, Interest.READABLE, "file");
    assertThat(Report.only(queue)).hasToString("file: readable");
    assertThat(Bytes.drain(file)).isPositive();
    assertThat(Report.only(queue)).hasToString("file: readable");
  }

  @Test
  void theKernelTellsRegularFilesFromOthers() throws IOException {
    assertThat(kernel.files().kind(file().descriptor().number()))
        .isEqualTo(dev.selkie.kernel.Files.S_IFREG);
    assertThat(kernel.files().kind(nullDevice().descriptor().number()))
        .isEqualTo(dev.selkie.kernel.Files.S_IFCHR);
    try (PipePair pipe = PipePair.open(kernel)) {
      assertThat(kernel.files().kind(pipe.reader().descriptor().number()))
          .isEqualTo(dev.selkie.kernel.Files.S_IFIFO);
    }
    assertThat(kernel.files().kind(-1)).isEqualTo(Result.EBADF);
  }

  /** A kernel that knows nothing of the source until then may refuse to look. */
  @Test
  void fromInterestInNothingItIsReportedToo() throws IOException {
    Registration<String> registration = queue.register(nullDevice(), Interest.NONE, "null");
    Report.none(queue);
    registration.modify(Interest.READABLE);
    for (int i = 0; i < 3; i++) {
      assertThat(Report.only(queue)).hasToString("null: readable");
    }
  }

  @Test
  void anInterruptIsToldThoughNothingBlocks() throws IOException {
    queue.register(file(), Interest.READABLE, "file");
    Thread.currentThread().interrupt();
    Events<String> events = queue.await();
    assertThat(Thread.interrupted()).isTrue();
    assertThat(events.cause()).isEqualTo(Cause.INTERRUPT);
    assertThat(Report.of(events)).hasToString("[file: readable]");
  }

  @Test
  void theInterestDecidesWhatIsReported() throws IOException {
    Registration<String> registration = queue.register(file(), Interest.READABLE_WRITABLE, "file");
    assertThat(Report.only(queue)).hasToString("file: readable writable");
    registration.modify(Interest.WRITABLE);
    assertThat(Report.only(queue)).hasToString("file: writable");
    registration.modify(Interest.NONE);
    Report.none(queue);
    registration.modify(Interest.READABLE, "again");
    assertThat(Report.only(queue)).hasToString("again: readable");
  }

  @Test
  void theNullDeviceIsReportedAndItsReadIsTheEndOfFile() throws IOException {
    RawSource device = nullDevice();
    queue.register(device, Interest.READABLE, "null");
    assertThat(Report.only(queue)).hasToString("null: readable");
    assertThat(Bytes.read(device, 10)).isNegative();
  }

  @Test
  @Needs(Ability.EDGE)
  void edgeTriggeredIsReportedOnceAndAgainWhenItIsModified() throws IOException {
    Registration<String> registration = queue.register(file(), Interest.READABLE.edge(), "file");
    assertThat(Report.only(queue).attachment()).isEqualTo("file");
    Report.none(queue);
    registration.modify(Interest.READABLE.edge());
    assertThat(Report.only(queue).attachment()).isEqualTo("file");
    Report.none(queue);
  }

  @Test
  void oneShotIsReportedOnceAndAgainWhenItIsRearmed() throws IOException {
    for (Interest interest :
        configuration.offered(
            List.of(Interest.READABLE.oneShot(), Interest.WRITABLE.edge().oneShot()))) {
      RawSource file = file();
      Registration<String> registration = queue.register(file, interest, "file");
      assertThat(Report.only(queue).attachment()).isEqualTo("file");
      Report.none(queue);
      registration.rearm();
      assertThat(Report.only(queue).attachment()).isEqualTo("file");
      Report.none(queue);
      file.close();
    }
  }

  @Test
  void theOtherSourcesAreReportedToo() throws IOException {
    try (PipePair pipe = PipePair.open(kernel)) {
      queue.register(file(), Interest.READABLE, "file");
      queue.register(nullDevice(), Interest.READABLE, "null");
      queue.register(pipe.reader(), Interest.READABLE, "pipe");
      assertThat(Report.attachments(Report.next(queue))).containsExactlyInAnyOrder("file", "null");
      Bytes.send(pipe.writer(), 1);
      assertThat(Report.attachments(Report.next(queue)))
          .containsExactlyInAnyOrder("file", "null", "pipe");
    }
  }

  @Test
  void cancelAndCloseEndIt() throws IOException {
    RawSource file = file();
    queue.register(file, Interest.READABLE, "first").cancel();
    Report.none(queue);
    Registration<String> second = queue.register(file, Interest.READABLE, "second");
    Events<String> events = queue.await();
    file.close();
    assertThat(second.isValid()).isFalse();
    assertThat(Report.of(events)).as("closed inside the batch").isEmpty();
    Report.none(queue);
  }

  @Test
  void aSecondOwnerOfItsNumberIsRefused() throws IOException {
    RawSource file = file();
    Registration<String> first = queue.register(file, Interest.READABLE, "owner");
    try (RawSource borrower = RawSource.borrow(kernel, file.descriptor().number())) {
      assertThatIllegalStateException()
          .isThrownBy(() -> queue.register(borrower, Interest.READABLE, "borrower"))
          .withMessageContaining("another source");
    }
    assertThat(first.isValid()).isTrue();
    assertThat(Report.only(queue).attachment()).isEqualTo("owner");
  }

  @Test
  void registeredWhileAnotherThreadWaitsItEndsThatWait() throws Exception {
    for (int round = 0; round < 20; round++) {
      Background<List<Report<String>>> waiter = Background.start(() -> Report.of(queue.await()));
      kernel.awaitWaiter();
      Registration<String> registration = queue.register(nullDevice(), Interest.READABLE, "null");
      assertThat(Report.attachments(waiter.result())).containsExactly("null");
      registration.cancel();
    }
  }

  @Test
  void modifiedWhileAnotherThreadWaitsItEndsThatWait() throws Exception {
    Registration<String> registration = queue.register(file(), Interest.NONE, "file");
    Background<List<Report<String>>> waiter = Background.start(() -> Report.of(queue.await()));
    kernel.awaitWaiter();
    registration.modify(Interest.READABLE.oneShot());
    assertThat(Report.attachments(waiter.result())).containsExactly("file");
    queue.poll(); // a late write is a spurious return
    Background<List<Report<String>>> again = Background.start(() -> Report.of(queue.await()));
    kernel.awaitWaiter();
    registration.rearm();
    assertThat(Report.attachments(again.result())).containsExactly("file");
  }

  /**
   * Armed at any moment around the beginning of a wait, it is reported by that wait. Many silent
   * others make the moment long in which the queue looks for what is due.
   */
  @Test
  void armedAsAWaitBeginsItIsNotMissed() throws Exception {
    Registration<String> registration =
        queue.register(nullDevice(), Interest.READABLE.oneShot(), "null");
    for (int i = 0; i < 200; i++) {
      queue.register(nullDevice(), Interest.READABLE.oneShot(), "silent");
    }
    queue.poll();
    CyclicBarrier round = new CyclicBarrier(2);
    int rounds = 5_000;
    Background<Boolean> rearming =
        Background.start(() -> {
          for (int i = 0; i < rounds; i++) {
            round.await(5, TimeUnit.SECONDS);
            spin(i % 64);
            registration.modify(Interest.READABLE.oneShot());
          }
          return true;
        });
    for (int i = 0; i < rounds; i++) {
      round.await(5, TimeUnit.SECONDS);
      int seen = 0;
      while (seen == 0) {
        Events<String> events = queue.await(Duration.ofSeconds(1));
        seen = Report.of(events).size();
        assertThat(events.cause()).as("round %d", i).isNotIn(Cause.TIMEOUT, Cause.INTERRUPT);
      }
    }
    assertThat(rearming.result()).isTrue();
  }

  private static void spin(int times) {
    for (int i = 0; i < times; i++) {
      Thread.onSpinWait();
    }
  }

  @Test
  @Needs(Ability.EXPORT)
  void inANestedQueueItMakesTheOuterOneReady() throws IOException {
    try (EventQueue<String> outer = configuration.queue(kernel)) {
      outer.register(queue, Interest.READABLE, "inner");
      Registration<String> registration = queue.register(file(), Interest.READABLE, "file");
      for (int i = 0; i < 3; i++) {
        assertThat(Report.only(outer)).hasToString("inner: readable");
        assertThat(Report.attachments(Report.poll(queue))).containsExactly("file");
      }
      registration.cancel();
      Report.poll(queue);
      Report.none(outer);
    }
  }

  @Test
  @Needs(Ability.EXPORT)
  void inAQueueThatIsNestedLaterItMakesTheOuterOneReady() throws IOException {
    queue.register(file(), Interest.READABLE.oneShot(), "file");
    try (EventQueue<String> outer = configuration.queue(kernel)) {
      outer.register(queue, Interest.READABLE, "inner");
      assertThat(Report.only(outer)).hasToString("inner: readable");
      assertThat(Report.attachments(Report.poll(queue))).containsExactly("file");
      Report.none(outer);
    }
  }

  @Test
  @Needs(Ability.EXPORT)
  void inAnExportedQueueItIsSeenByAForeignPoll() throws IOException {
    queue.register(file(), Interest.READABLE, "file");
    int exported = queue.descriptor().number();
    for (int i = 0; i < 3; i++) {
      assertThat(kernel.files().poll(exported, POLLIN)).isEqualTo(POLLIN);
      assertThat(Report.attachments(Report.poll(queue))).containsExactly("file");
    }
  }

  @Test
  void aWaitStillAsksTheKernel() throws IOException {
    queue.register(file(), Interest.READABLE, "file");
    long before = kernel.waits();
    queue.await();
    queue.await(Duration.ofDays(1));
    assertThat(kernel.waits() - before).isEqualTo(2);
  }

  @Test
  void silencedItDoesNotKeepTheQueueAwake() throws IOException {
    queue.register(file(), Interest.NONE, "file");
    if (configuration.has(Ability.PRIORITY)) {
      queue.register(nullDevice(), Interest.PRIORITY, "null");
    }
    assertThat(queue.await(SHORT).cause()).isEqualTo(Cause.TIMEOUT);
  }
}
