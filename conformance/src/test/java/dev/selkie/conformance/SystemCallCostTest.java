package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.Event;
import dev.selkie.EventQueue;
import dev.selkie.Events;
import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.Source;
import dev.selkie.kernel.CountingKernel;
import dev.selkie.kernel.Kqueue;
import dev.selkie.kernel.SystemCall;
import dev.selkie.net.TcpStream;
import dev.selkie.source.PipePair;
import dev.selkie.source.RawSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * How many system calls the queue and its sources make, exactly. What a wait, a change and the
 * reading of a wake cost is the backend's: {@link #calls} says so in its words.
 */
@Contract
final class SystemCallCostTest {
  private static final Duration SHORT = Duration.ofMillis(2);

  private final Configuration configuration;
  private final CountingKernel kernel;

  SystemCallCostTest(Configuration configuration) {
    this.configuration = configuration;
    this.kernel = new CountingKernel(configuration.kernel());
  }

  /** The counts in the words of the backend: WAIT and CHANGE stand for its calls, if it has any. */
  private String calls(String text) {
    String change =
        configuration.has(Ability.CHANGE_CALL) ? configuration.changeCall().name() : null;
    List<String> counts = new ArrayList<>();
    for (String count : text.split(", ", -1)) {
      if (count.startsWith("CHANGE")) {
        if (change != null) {
          counts.add(count.replace("CHANGE", change));
        }
      } else {
        counts.add(count.replace("WAIT", configuration.waitCall().name()));
      }
    }
    // The counting kernel has the order of the calls' declaration.
    counts.sort(
        Comparator.comparing(count -> SystemCall.valueOf(count.substring(0, count.indexOf(' ')))));
    return counts.isEmpty() ? "no calls" : String.join(", ", counts);
  }

  @Test
  void aWaitIsOneCall() throws IOException {
    try (EventQueue<String> queue = configuration.queue(kernel);
        PipePair pipe = PipePair.open(kernel)) {
      assertCalls("WAIT 1", queue::poll);
      assertCalls("WAIT 1", () -> queue.await(SHORT));
      assertCalls("WAIT 1", () -> queue.awaitNanos(1));
      queue.register(pipe.reader(), Interest.READABLE, "reader");
      queue.register(pipe.writer(), Interest.WRITABLE, "writer");
      pipe.writer().write(bytes("x"));
      assertCalls("WAIT 1", () -> assertThat(queue.await().size()).isEqualTo(2));
      assertCalls("WAIT 1", () -> queue.await(Ready.DEADLINE));
      assertCalls("WAIT 1", queue::poll);
    }
  }

  @Test
  @Needs(Ability.EDGE)
  void anEdgeTriggeredConnectionIsOneControlCallInItsLife() throws IOException {
    try (EventQueue<String> queue = configuration.queue(kernel);
        TcpPair pair = TcpPair.open(configuration, kernel)) {
      kernel.reset();
      TcpStream server = pair.server();
      queue.register(server, Interest.READABLE_WRITABLE.edge(), "server");
      ByteBuffer buffer = ByteBuffer.allocate(64);
      for (int message = 0; message < 10; message++) {
        pair.client().write(bytes("hello"));
        awaitReadable(queue);
        assertThat(server.read(buffer.clear())).isEqualTo(5);
        assertThat(server.read(buffer)).isEqualTo(Io.NOT_READY);
        assertThat(server.write(buffer.flip())).isEqualTo(5);
      }
      pair.client().shutdownOutput();
      awaitReadable(queue);
      assertThat(server.read(buffer.clear())).isEqualTo(Io.END);
      server.close();
      assertThat(queue.poll().isEmpty()).isTrue();
      assertThat(kernel.count(configuration.changeCall()))
          .as(kernel.toString())
          .isEqualTo(isKqueue() ? 2 : 1); // on kqueue delete comes before close
      assertThat(kernel.count(SystemCall.CLOSE)).isOne();
    }
  }

  @Test
  void anEchoedMessageIsThreeCalls() throws IOException {
    try (EventQueue<String> queue = configuration.queue(kernel);
        TcpPair pair = TcpPair.open(configuration, kernel)) {
      queue.register(pair.server(), Interest.READABLE, "server");
      ByteBuffer buffer = ByteBuffer.allocateDirect(64);
      for (int message = 0; message < 10; message++) {
        pair.client().write(bytes("hello"));
        assertCalls(
            "RECV 1, SEND 1, WAIT 1",
            () -> {
              for (Event<String> event : queue.await(Ready.DEADLINE)) {
                assertThat(event.isReadable()).isTrue();
                pair.server().read(buffer.clear());
                pair.server().write(buffer.flip());
              }
            });
      }
    }
  }

  @Test
  void aVectoredTransferIsOneCall() throws IOException {
    try (TcpPair pair = TcpPair.open(configuration, kernel)) {
      assertCalls("SENDMSG 1", () -> pair.client().write(bytes("one"), bytes("two")));
      Ready.await(configuration, pair.server(), Interest.READABLE);
      assertCalls(
          "RECVMSG 1", () -> pair.server().read(ByteBuffer.allocate(2), ByteBuffer.allocate(9)));
      assertCalls("no calls", () -> pair.server().read(ByteBuffer.allocate(0)));
      assertCalls("no calls", () -> pair.server().write(bytes("")));
      assertCalls("no calls", () -> pair.server().write(bytes(""), bytes("")));
    }
  }

  @Test
  void aWakeWithNobodyWaitingIsNoCall() throws IOException {
    try (EventQueue<String> queue = configuration.queue(kernel)) {
      assertCalls(
          "no calls",
          () -> {
            queue.wake();
            queue.wake();
          });
      assertCalls(
          "WAIT 1",
          () -> {
            Events<String> events = queue.await();
            assertThat(events.cause()).isEqualTo(Events.Cause.WAKE);
          });
    }
  }

  @Test
  @Needs({Ability.EXPORT, Ability.EXCLUSIVE})
  void aQueueWhoseNestingIsRefusedStaysUnexported() throws IOException {
    try (EventQueue<String> outer = configuration.queue(kernel);
        EventQueue<String> inner = configuration.queue(kernel)) {
      assertThatThrownBy(() -> outer.register(inner, Interest.READABLE.exclusive(), "inner"))
          .isInstanceOf(UnsupportedOperationException.class);
      assertCalls("no calls", inner::wake);
      outer.register(inner, Interest.READABLE, "inner");
      assertThat(Report.only(outer)).hasToString("inner: readable");
    }
  }

  @Test
  void wakesDuringAWaitAreOneCallAndNoneToConsumeThemWhereTheWakerIsEdgeTriggered()
      throws Exception {
    String wake = wake();
    WaitProbe probe = new WaitProbe(kernel);
    try (EventQueue<String> queue = configuration.queue(probe)) {
      for (int round = 0; round < 20; round++) {
        kernel.reset();
        Background<Events.Cause> waiter = Background.start(() -> queue.await().cause());
        probe.awaitWaiter();
        queue.wake();
        queue.wake();
        assertThat(waiter.result()).isEqualTo(Events.Cause.WAKE);
        assertThat(kernel.toString()).isEqualTo(calls(wake));
        // The note on the second wake, if the wait had ended before it, or the edge of the first.
        queue.poll();
      }
    }
  }

  /** An event counter or a user event need not be read, a pipe must be. */
  private String wake() {
    if (isKqueue()) {
      return kernel.kqueue().has(Kqueue.EVFILT_USER)
          ? "CHANGE 1, WAIT 1"
          : "READ 1, WRITE 1, WAIT 1";
    }
    return configuration.has(Ability.EDGE) ? "WRITE 1, WAIT 1" : "READ 1, WRITE 1, WAIT 1";
  }

  private boolean isKqueue() {
    return configuration.backend().equals("kqueue");
  }

  @Test
  void closingIsOneCallUnlessTheOpenFileMayLiveOn() throws IOException {
    try (EventQueue<String> queue = configuration.queue(kernel);
        PipePair plain = PipePair.open(kernel);
        PipePair exported = PipePair.open(kernel);
        RawSource borrowed = RawSource.borrow(kernel, plain.writer().descriptor().number())) {
      queue.register(plain.reader(), Interest.READABLE, "plain");
      queue.register(exported.reader(), Interest.READABLE, "exported");
      queue.register(borrowed, Interest.READABLE, "borrowed");
      assertThat(exported.reader().descriptor().number()).isNotNegative();
      // On kqueue delete comes before close in any case.
      assertCalls(isKqueue() ? "CLOSE 1, CHANGE 1" : "CLOSE 1", () -> close(plain.reader()));
      assertCalls("CLOSE 1, CHANGE 1", () -> close(exported.reader()));
      assertCalls("CHANGE 1", () -> close(borrowed));
    }
  }

  @Test
  void detachingIsOneCall() throws IOException {
    try (EventQueue<String> queue = configuration.queue(kernel);
        PipePair pipe = PipePair.open(kernel)) {
      queue.register(pipe.reader(), Interest.READABLE, "reader");
      int[] number = new int[1];
      assertCalls("CHANGE 1", () -> number[0] = pipe.reader().detach());
      assertThat(kernel.files().close(number[0])).isZero();
    }
  }

  @Test
  void registeringModifyingAndCancellingAreOneCallEach() throws IOException {
    try (EventQueue<String> queue = configuration.queue(kernel);
        PipePair pipe = PipePair.open(kernel)) {
      assertCalls(
          "CHANGE 1",
          () -> {
            var registration = queue.register(pipe.reader(), Interest.READABLE, "reader");
            assertCalls("CHANGE 1", () -> registration.modify(Interest.READABLE.oneShot()));
            assertCalls("CHANGE 1", registration::rearm);
            assertCalls("CHANGE 1", () -> registration.modify(Interest.NONE));
            assertCalls("no calls", registration::cancel);
            kernel.reset();
            queue.register(pipe.reader(), Interest.READABLE, "reader");
          });
    }
  }

  private static void close(Source source) {
    source.close();
  }

  private static void awaitReadable(EventQueue<String> queue) {
    while (true) {
      Events<String> events = queue.await(Ready.DEADLINE);
      assertThat(events.isEmpty()).as("nothing ready").isFalse();
      for (Event<String> event : events) {
        if (event.isReadable()) {
          return;
        }
      }
    }
  }

  private interface Action {
    void run() throws IOException;
  }

  private void assertCalls(String calls, Action action) throws IOException {
    kernel.reset();
    action.run();
    assertThat(kernel.toString()).isEqualTo(calls.equals("no calls") ? calls : calls(calls));
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }
}
