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
import dev.selkie.kernel.SystemCall;
import dev.selkie.net.TcpStream;
import dev.selkie.source.PipePair;
import dev.selkie.source.RawSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** How many system calls the queue and its sources make, exactly, where the queue is epoll. */
@ParameterizedClass(name = "{0}")
@MethodSource("configurations")
@ExtendWith({CaseRecorder.class, DescriptorLeaks.class})
final class SystemCallCostTest {
  private static final Duration SHORT = Duration.ofMillis(2);

  private final Configuration configuration;
  private final CountingKernel kernel;

  SystemCallCostTest(Configuration configuration) {
    this.configuration = configuration;
    this.kernel = new CountingKernel(configuration.kernel());
  }

  /** Other backends have other costs. */
  static List<Configuration> configurations() {
    return Configurations.all().stream().filter(c -> c.backend().equals("epoll")).toList();
  }

  @Test
  void aWaitIsOneCall() throws IOException {
    try (EventQueue<String> queue = configuration.queue(kernel);
        PipePair pipe = PipePair.open(kernel)) {
      assertCalls("EPOLL_WAIT 1", queue::poll);
      assertCalls("EPOLL_WAIT 1", () -> queue.await(SHORT));
      assertCalls("EPOLL_WAIT 1", () -> queue.awaitNanos(1));
      queue.register(pipe.reader(), Interest.READABLE, "reader");
      queue.register(pipe.writer(), Interest.WRITABLE, "writer");
      pipe.writer().write(bytes("x"));
      assertCalls("EPOLL_WAIT 1", () -> assertThat(queue.await().size()).isEqualTo(2));
      assertCalls("EPOLL_WAIT 1", () -> queue.await(Ready.DEADLINE));
      assertCalls("EPOLL_WAIT 1", queue::poll);
    }
  }

  @Test
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
      assertThat(kernel.count(SystemCall.EPOLL_CTL)).as(kernel.toString()).isOne();
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
            "RECV 1, SEND 1, EPOLL_WAIT 1",
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
          "EPOLL_WAIT 1",
          () -> {
            Events<String> events = queue.await();
            assertThat(events.cause()).isEqualTo(Events.Cause.WAKE);
          });
    }
  }

  @Test
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
  void wakesDuringAWaitAreOneCallAndNoneToConsumeThem() throws Exception {
    WaitProbe probe = new WaitProbe(kernel);
    try (EventQueue<String> queue = configuration.queue(probe)) {
      for (int round = 0; round < 20; round++) {
        kernel.reset();
        Background<Events.Cause> waiter = Background.start(() -> queue.await().cause());
        probe.awaitWaiter();
        queue.wake();
        queue.wake();
        assertThat(waiter.result()).isEqualTo(Events.Cause.WAKE);
        assertThat(kernel.toString()).isEqualTo("WRITE 1, EPOLL_WAIT 1");
        // The note on the second wake, if the wait had ended before it, or the edge of the first.
        queue.poll();
      }
    }
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
      assertCalls("CLOSE 1", () -> close(plain.reader()));
      assertCalls("CLOSE 1, EPOLL_CTL 1", () -> close(exported.reader()));
      assertCalls("EPOLL_CTL 1", () -> close(borrowed));
    }
  }

  @Test
  void detachingIsOneCall() throws IOException {
    try (EventQueue<String> queue = configuration.queue(kernel);
        PipePair pipe = PipePair.open(kernel)) {
      queue.register(pipe.reader(), Interest.READABLE, "reader");
      int[] number = new int[1];
      assertCalls("EPOLL_CTL 1", () -> number[0] = pipe.reader().detach());
      assertThat(kernel.files().close(number[0])).isZero();
    }
  }

  @Test
  void registeringModifyingAndCancellingAreOneCallEach() throws IOException {
    try (EventQueue<String> queue = configuration.queue(kernel);
        PipePair pipe = PipePair.open(kernel)) {
      assertCalls(
          "EPOLL_CTL 1",
          () -> {
            var registration = queue.register(pipe.reader(), Interest.READABLE, "reader");
            assertCalls("EPOLL_CTL 1", () -> registration.modify(Interest.READABLE.edge()));
            assertCalls("EPOLL_CTL 1", registration::rearm);
            assertCalls("EPOLL_CTL 1", () -> registration.modify(Interest.NONE));
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
    assertThat(kernel.toString()).isEqualTo(calls);
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }
}
