package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.EventQueue;
import dev.selkie.Events;
import dev.selkie.Events.Cause;
import dev.selkie.Interest;
import dev.selkie.Registration;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Exclusive interest: of several queues that wait for one open file, at least one wakes instead of
 * all.
 */
@Contract
@Needs(Ability.EXCLUSIVE)
final class ExclusiveTest {
  private static final int QUEUES = 4;
  private static final Interest EXCLUSIVE = Interest.READABLE.exclusive();

  private final Configuration configuration;
  private final WaitProbe kernel;

  ExclusiveTest(Configuration configuration) {
    this.configuration = configuration;
    this.kernel = new WaitProbe(configuration.kernel());
  }

  private int woken(Interest interest) throws Exception {
    List<EventQueue<String>> queues = new ArrayList<>();
    List<Background<Events<String>>> waiters = new ArrayList<>();
    try (TcpListener listener = TcpListener.bind(kernel, TcpPair.loopback())) {
      for (int i = 0; i < QUEUES; i++) {
        EventQueue<String> queue = configuration.queue(kernel);
        queues.add(queue);
        queue.register(listener, interest, "listener");
        waiters.add(Background.start(() -> queue.await(Ready.DEADLINE)));
      }
      kernel.awaitWaiters(QUEUES);
      try (TcpStream stream = TcpStream.connect(kernel, listener.localAddress())) {
        Until.holds("one is woken", () -> waiters.stream().anyMatch(Background::isDone));
        TcpStream accepted = listener.accept();
        assertThat(accepted).isNotNull();
        accepted.close();
        assertThat(stream.isOpen()).isTrue();
      }
      queues.forEach(EventQueue::wake); // ends the waits that the connection did not
      int woken = 0;
      for (Background<Events<String>> waiter : waiters) {
        woken += waiter.result().isEmpty() ? 0 : 1;
      }
      return woken;
    } finally {
      queues.forEach(EventQueue::close);
    }
  }

  /** A thread counts as waiting just before it does, so that one round alone proves little. */
  @Test
  void atLeastOneAndNotAllWake() throws Exception {
    for (Interest interest : List.of(EXCLUSIVE, EXCLUSIVE.edge())) {
      int notAll = 0;
      for (int round = 0; round < 10; round++) {
        int woken = woken(interest);
        assertThat(woken).isPositive();
        notAll += woken < QUEUES ? 1 : 0;
      }
      assertThat(notAll).as("rounds of ten in which not all woke").isGreaterThanOrEqualTo(8);
    }
  }

  @Test
  void levelAndEdgeAreReportedAsWithoutIt() throws IOException {
    try (EventQueue<String> queue = configuration.queue(kernel);
        RawPair pair = RawPair.open(kernel)) {
      Registration<String> level = queue.register(pair.one(), EXCLUSIVE, "level");
      Report.none(queue);
      Bytes.send(pair.other(), 1);
      assertThat(Report.only(queue)).hasToString("level: readable");
      assertThat(Report.only(queue)).hasToString("level: readable");
      level.cancel();
      queue.register(pair.one(), EXCLUSIVE.edge(), "edge");
      assertThat(Report.only(queue)).hasToString("edge: readable");
      Report.none(queue);
    }
  }

  /** The system does not take the half-close of a peer into exclusive interest. */
  @Test
  void theEndOfFileIsReadableAndNotReadClosed() throws IOException {
    try (EventQueue<String> queue = configuration.queue(kernel);
        TcpPair pair = TcpPair.open(configuration, kernel)) {
      queue.register(pair.server(), EXCLUSIVE, "server");
      pair.client().shutdownOutput();
      assertThat(Report.only(queue)).hasToString("server: readable");
    }
  }

  @Test
  void otherConditionsAndOneShotAreRefusedWithSystemAndReason() throws IOException {
    try (EventQueue<String> queue = configuration.queue(kernel);
        RawPair pair = RawPair.open(kernel)) {
      for (Interest interest :
          List.of(
              Interest.WRITABLE.exclusive(),
              Interest.READABLE_WRITABLE.exclusive(),
              Interest.PRIORITY.exclusive(),
              Interest.PEER_CLOSED.exclusive(),
              EXCLUSIVE.and(Interest.PEER_CLOSED),
              EXCLUSIVE.oneShot(),
              EXCLUSIVE.edge().oneShot())) {
        assertThatThrownBy(() -> queue.register(pair.one(), interest, "refused"))
            .as("%s", interest)
            .isInstanceOf(UnsupportedOperationException.class)
            .hasMessageContaining(configuration.backend())
            .hasMessageContaining("exclusive");
      }
      Bytes.send(pair.other(), 1);
      assertThat(queue.await(Duration.ofMillis(5)).cause()).isEqualTo(Cause.TIMEOUT);
    }
  }

  @Test
  void anExclusiveRegistrationIsNotModified() throws IOException {
    try (EventQueue<String> queue = configuration.queue(kernel);
        RawPair pair = RawPair.open(kernel)) {
      Registration<String> registration = queue.register(pair.one(), EXCLUSIVE, "exclusive");
      for (Interest interest : List.of(Interest.READABLE, Interest.NONE, EXCLUSIVE)) {
        assertThatThrownBy(() -> registration.modify(interest))
            .isInstanceOf(UnsupportedOperationException.class)
            .hasMessageContaining("cancel and register");
      }
      assertThatThrownBy(registration::rearm).isInstanceOf(UnsupportedOperationException.class);
      Registration<String> shared = queue.register(pair.other(), Interest.READABLE, "shared");
      assertThatThrownBy(() -> shared.modify(EXCLUSIVE))
          .isInstanceOf(UnsupportedOperationException.class);
      Bytes.send(pair.other(), 1);
      assertThat(Report.only(queue)).hasToString("exclusive: readable");
    }
  }

  @Test
  void aNestedQueueIsRefused() throws IOException {
    try (EventQueue<String> outer = configuration.queue(kernel);
        EventQueue<String> inner = configuration.queue(kernel)) {
      assertThatThrownBy(() -> outer.register(inner, EXCLUSIVE, "inner"))
          .isInstanceOf(UnsupportedOperationException.class)
          .hasMessageContaining("queue");
      outer.register(inner, Interest.READABLE, "inner");
    }
  }
}
