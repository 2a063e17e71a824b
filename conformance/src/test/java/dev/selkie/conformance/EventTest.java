package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.Event;
import dev.selkie.Events;
import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.kernel.Epoll;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Kqueue;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import dev.selkie.source.PipePair;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What an event says of its source. */
@Contract
final class EventTest extends QueueCases {

  EventTest(Configuration configuration) {
    super(configuration);
  }

  /** The first event with a condition; what leads to it may be reported on the way. */
  private Report<String> eventThatIs(String condition) {
    long start = System.nanoTime();
    Report<String> report = Report.only(queue);
    while (!report.is(condition)) {
      assertThat(System.nanoTime() - start)
          .as("waiting for %s: %s", condition, report)
          .isLessThan(Ready.DEADLINE.toNanos());
      report = Report.only(queue);
    }
    return report;
  }

  @Test
  void anEventTellsItsConditions() throws IOException {
    try (RawPair pair = RawPair.open(kernel)) {
      queue.register(pair.one(), Interest.READABLE_WRITABLE, "one");
      Bytes.send(pair.other(), 1);
      Event<String> event = queue.await(Ready.DEADLINE).next();
      assertThat(event)
          .asString()
          .endsWith(": " + Report.says(event))
          .contains("readable writable");
      pair.other().close();
      event = queue.await(Ready.DEADLINE).next();
      assertThat(event)
          .asString()
          .endsWith(": " + Report.says(event))
          .contains("readable writable read-closed write-closed");
    }
  }

  @ParameterizedTest
  @EnumSource
  void theEndOfFileIsReadableAndReadClosed(PairKind kind) throws IOException {
    try (Pair pair = kind.open(configuration, kernel)) {
      queue.register(pair.reader(), Interest.READABLE, "reader");
      Report.none(queue);
      pair.endSending();
      Report<String> report = Report.only(queue);
      assertThat(report.is("readable") && report.is("read-closed")).as("%s", report).isTrue();
      assertThat(report.is("error")).as("%s", report).isFalse();
      assertThat(Bytes.read(pair.reader(), 1)).isEqualTo(Io.END);
      assertThat(Report.only(queue).is("readable")).as("level: again").isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource
  void bufferedDataComesBeforeTheEndOfFile(PairKind kind) throws IOException {
    try (Pair pair = kind.open(configuration, kernel)) {
      queue.register(pair.reader(), Interest.READABLE, "reader");
      Bytes.send(pair.writer(), 10);
      pair.endSending();
      Report<String> report = eventThatIs("read-closed");
      assertThat(report.is("readable")).isTrue();
      assertThat(Bytes.read(pair.reader(), 6)).isEqualTo(6);
      assertThat(eventThatIs("read-closed").is("readable")).isTrue();
      assertThat(Bytes.read(pair.reader(), 6)).isEqualTo(4);
      assertThat(Bytes.read(pair.reader(), 6)).isEqualTo(Io.END);
    }
  }

  @ParameterizedTest
  @EnumSource
  @Needs(Ability.EDGE)
  void edgeTriggeredTheEndOfFileIsAnArrival(PairKind kind) throws IOException {
    try (Pair pair = kind.open(configuration, kernel)) {
      queue.register(pair.reader(), Interest.READABLE.edge(), "reader");
      Bytes.send(pair.writer(), 10);
      assertThat(Report.only(queue)).hasToString("reader: readable");
      pair.endSending();
      assertThat(Report.only(queue).is("read-closed")).isTrue();
      assertThat(Bytes.drain(pair.reader())).isEqualTo(10);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"TCP", "UNIX"})
  void theEndOfOneDirectionLeavesTheOtherWritable(PairKind kind) throws IOException {
    try (Pair pair = kind.open(configuration, kernel)) {
      queue.register(pair.reader(), Interest.READABLE_WRITABLE, "reader");
      pair.endSending();
      assertThat(eventThatIs("read-closed")).hasToString("reader: readable writable read-closed");
      Bytes.send(pair.backward(), 3);
      Ready.await(configuration, pair.writer(), Interest.READABLE);
      assertThat(Bytes.drain(pair.answers())).isEqualTo(3);
    }
  }

  @Test
  void whoOnlyWritesIsNotToldOfThePeersFin() throws IOException {
    try (TcpPair pair = TcpPair.open(configuration, kernel)) {
      queue.register(pair.server(), Interest.WRITABLE, "server");
      pair.client().shutdownOutput();
      Ready.await(configuration, pair.server(), Interest.READABLE);
      assertThat(Report.only(queue)).hasToString("server: writable");
    }
  }

  @Test
  void bothDirectionsOverAreReadClosedAndWriteClosed() throws IOException {
    try (TcpPair pair = TcpPair.open(configuration, kernel)) {
      queue.register(pair.server(), Interest.READABLE_WRITABLE, "server");
      pair.client().shutdownOutput();
      pair.server().shutdownOutput();
      Report<String> report = eventThatIs("write-closed");
      assertThat(report.is("read-closed")).isTrue();
      assertThat(report.is("error")).isFalse();
    }
  }

  @Test
  void aPipeWithoutReaderIsWriteClosed() throws IOException {
    try (PipePair pipe = PipePair.open(kernel)) {
      queue.register(pipe.writer(), Interest.WRITABLE, "writer");
      assertThat(Report.only(queue)).hasToString("writer: writable");
      pipe.reader().close();
      Report<String> report = Report.only(queue);
      assertThat(report.is("write-closed") && report.is("writable")).as("%s", report).isTrue();
      assertThatThrownBy(() -> Bytes.send(pipe.writer(), 1)).hasMessageContaining("EPIPE");
    }
  }

  @Test
  @Needs(Ability.EDGE)
  void aFullPipeWhoseReaderGoesIsWriteClosed() throws IOException {
    try (PipePair pipe = PipePair.open(kernel)) {
      Bytes.fill(pipe.writer());
      queue.register(pipe.writer(), Interest.WRITABLE.edge(), "writer");
      Report.none(queue);
      pipe.reader().close();
      assertThat(Report.only(queue).is("write-closed")).isTrue();
    }
  }

  @Test
  void aPipeWithoutWriterIsReadClosed() throws IOException {
    try (PipePair pipe = PipePair.open(kernel)) {
      queue.register(pipe.reader(), Interest.READABLE, "reader");
      Bytes.send(pipe.writer(), 1);
      pipe.writer().close();
      assertThat(Report.only(queue).is("read-closed")).isTrue();
      assertThat(Bytes.drain(pipe.reader())).isOne();
      assertThat(Report.only(queue).is("error")).isFalse();
    }
  }

  /** A port of the loopback address where nobody listens. */
  private InetSocketAddress unusedAddress() throws IOException {
    try (TcpListener listener = TcpListener.bind(kernel, TcpPair.loopback())) {
      return listener.localAddress();
    }
  }

  @Test
  void aRefusedConnectionIsAnErrorWithItsNumber() throws IOException {
    try (TcpStream stream = TcpStream.connect(kernel, unusedAddress())) {
      queue.register(stream, Interest.WRITABLE, "stream");
      Report<String> report = eventThatIs("error");
      assertThat(report.is("writable")).as("the outcome is known").isTrue();
      SystemCallException error = stream.takeError();
      assertThat(error).isNotNull();
      assertThat(error.errno()).isEqualTo(Errno.ECONNREFUSED);
      assertThat(stream.takeError()).as("taken").isNull();
    }
  }

  @Test
  void anErrorIsReportedToWhoReadsToo() throws IOException {
    try (TcpStream stream = TcpStream.connect(kernel, unusedAddress())) {
      queue.register(stream, Interest.READABLE, "stream");
      assertThat(eventThatIs("error").is("readable")).isTrue();
    }
  }

  @Test
  void aResetConnectionIsAnErrorWithItsNumber() throws IOException {
    try (TcpPair pair = TcpPair.open(configuration, kernel)) {
      queue.register(pair.server(), Interest.READABLE_WRITABLE, "server");
      pair.client().reset();
      Report<String> report = eventThatIs("error");
      assertThat(report.is("readable") && report.is("writable")).isTrue();
      SystemCallException error = pair.server().takeError();
      assertThat(error).isNotNull();
      assertThat(error.errno()).isEqualTo(Errno.ECONNRESET);
    }
  }

  @Test
  @Needs(Ability.EDGE)
  void anEdgeTriggeredResetIsReportedOnce() throws IOException {
    try (TcpPair pair = TcpPair.open(configuration, kernel)) {
      queue.register(pair.server(), Interest.READABLE.edge(), "server");
      Report.none(queue);
      pair.client().reset();
      assertThat(Report.only(queue).is("error")).isTrue();
      Report.none(queue);
    }
  }

  @Test
  void aListenerIsReadableAndNeverWritable() throws IOException {
    try (TcpListener listener = TcpListener.bind(kernel, TcpPair.loopback())) {
      queue.register(listener, Interest.READABLE_WRITABLE, "listener");
      Report.none(queue);
      try (TcpStream stream = TcpStream.connect(kernel, listener.localAddress())) {
        assertThat(Report.only(queue)).hasToString("listener: readable");
        assertThat(Report.only(queue)).hasToString("listener: readable");
        TcpStream accepted = listener.accept();
        assertThat(accepted).isNotNull();
        accepted.close();
        assertThat(stream.isOpen()).isTrue();
      }
      Report.none(queue);
    }
  }

  @Test
  void aConnectedStreamIsWritableAtOnce() throws IOException {
    try (TcpListener listener = TcpListener.bind(kernel, TcpPair.loopback());
        TcpStream stream = TcpStream.connect(kernel, listener.localAddress())) {
      queue.register(stream, Interest.READABLE_WRITABLE, "stream");
      assertThat(Report.only(queue)).hasToString("stream: writable");
      assertThat(stream.finishConnect()).isTrue();
      assertThat(stream.takeError()).isNull();
    }
  }

  /** Both directions are in one event, whatever the system calls its reports. */
  @ParameterizedTest
  @EnumSource(names = {"TCP", "UNIX"})
  void atMostOneEventARegistrationABatch(PairKind kind) throws IOException {
    List<Pair> pairs = new ArrayList<>();
    boolean edges = configuration.has(Ability.EDGE);
    try {
      for (int i = 0; i < 10; i++) {
        Pair pair = kind.open(configuration, kernel);
        pairs.add(pair);
        Interest mode = i % 2 == 0 || !edges ? Interest.NONE : Interest.NONE.edge();
        Bytes.send(pair.writer(), 1);
        Ready.await(configuration, pair.reader(), Interest.READABLE);
        queue.register(pair.reader(), Interest.READABLE_WRITABLE.and(mode), Integer.toString(i));
      }
      List<Report<String>> reports = Report.poll(queue);
      assertThat(Report.attachments(reports)).hasSize(10).doesNotHaveDuplicates();
      assertThat(reports).allMatch(report -> report.says().equals("readable writable"));
    } finally {
      pairs.forEach(Pair::close);
    }
  }

  @Test
  @Needs(Ability.PEER_CLOSED)
  void peerClosedAloneIsToldWithoutReadingAndNotOfData() throws IOException {
    try (TcpPair pair = TcpPair.open(configuration, kernel)) {
      queue.register(pair.server(), Interest.PEER_CLOSED, "server");
      Report.none(queue);
      Bytes.send(pair.client(), 100);
      Ready.await(configuration, pair.server(), Interest.READABLE);
      Report.none(queue);
      pair.client().shutdownOutput();
      assertThat(Report.only(queue)).hasToString("server: read-closed");
      assertThat(Bytes.drain(pair.server())).as("what was not read is there").isEqualTo(100);
    }
  }

  @Test
  @Needs(Ability.PEER_CLOSED)
  void peerClosedInEveryMode() throws IOException {
    for (Interest interest :
        configuration.offered(
            List.of(
                Interest.PEER_CLOSED.edge(),
                Interest.PEER_CLOSED.oneShot(),
                Interest.PEER_CLOSED.edge().oneShot()))) {
      try (RawPair pair = RawPair.open(kernel)) {
        queue.register(pair.one(), interest, "one");
        Bytes.send(pair.other(), 1);
        Report.none(queue);
        pair.other().close();
        assertThat(Report.only(queue).is("read-closed")).isTrue();
        Report.none(queue);
      }
    }
  }

  @Test
  @Needs(Ability.PEER_CLOSED)
  void peerClosedIsToldOfAReset() throws IOException {
    try (TcpPair pair = TcpPair.open(configuration, kernel)) {
      queue.register(pair.server(), Interest.PEER_CLOSED, "server");
      pair.client().reset();
      Report<String> report = eventThatIs("error");
      assertThat(report.is("read-closed")).isTrue();
      assertThat(report.is("readable") || report.is("writable")).isFalse();
    }
  }

  @Test
  void aLocalShutdownOfInputIsTheEndOfFile() throws IOException {
    try (TcpPair pair = TcpPair.open(configuration, kernel)) {
      queue.register(pair.server(), Interest.READABLE, "server");
      pair.server().shutdownInput();
      assertThat(eventThatIs("read-closed").is("readable")).isTrue();
      assertThat(Bytes.read(pair.server(), 1)).isEqualTo(Io.END);
    }
  }

  @Test
  void theSystemsOwnBitsAreThereForTheCurious() throws IOException {
    try (RawPair pair = RawPair.open(kernel)) {
      boolean kqueue = configuration.backend().equals("kqueue");
      queue.register(pair.one(), kqueue ? Interest.WRITABLE.edge() : Interest.WRITABLE, "one");
      Events<String> events = queue.await(Duration.ofSeconds(1));
      for (Event<String> event : events) {
        int bit = kqueue ? Kqueue.EV_CLEAR : Epoll.OUT;
        assertThat(event.rawFlags() & bit).as("%x", event.rawFlags()).isEqualTo(bit);
        assertThat(event).hasToString(pair.one().descriptor() + ": writable");
      }
      assertThat(events.size()).isOne();
    }
  }
}
