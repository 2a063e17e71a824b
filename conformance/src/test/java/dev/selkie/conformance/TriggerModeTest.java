package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.ByteOutput;
import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.Registration;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Level, edge, one-shot and edge one-shot, with each kind of source and each direction. */
@Contract
final class TriggerModeTest extends QueueCases {

  TriggerModeTest(Configuration configuration) {
    super(configuration);
  }

  private Pair pair(PairKind kind) throws IOException {
    return kind.open(configuration, kernel);
  }

  private void expectReader() {
    assertThat(Report.only(queue)).hasToString("reader: readable");
  }

  private void expectWriter() {
    assertThat(Report.only(queue)).hasToString("writer: writable");
  }

  @ParameterizedTest
  @EnumSource
  void levelIsReportedWhileReadable(PairKind kind) throws IOException {
    try (Pair pair = pair(kind)) {
      queue.register(pair.reader(), Interest.READABLE, "reader");
      Report.none(queue);
      Bytes.send(pair.writer(), 10);
      expectReader();
      expectReader();
      assertThat(Bytes.read(pair.reader(), 4)).isEqualTo(4);
      expectReader();
      assertThat(Bytes.drain(pair.reader())).isEqualTo(6);
      Report.none(queue);
    }
  }

  @ParameterizedTest
  @EnumSource
  void levelIsReportedWhileWritable(PairKind kind) throws IOException {
    try (Pair pair = pair(kind)) {
      queue.register(pair.writer(), Interest.WRITABLE, "writer");
      expectWriter();
      expectWriter();
      fill(pair);
      Report.none(queue);
      Bytes.drain(pair.reader());
      expectWriter();
      expectWriter();
    }
  }

  /** Fills until the writer stays full: what is under way makes room again for a moment. */
  private void fill(Pair pair) throws IOException {
    do {
      Bytes.fill(pair.writer());
    } while (Ready.within(configuration, pair.writer(), Interest.WRITABLE, Duration.ofMillis(5)));
  }

  @ParameterizedTest
  @EnumSource
  @Needs(Ability.EDGE)
  void edgeIsReportedOncePerArrivalAlthoughTheOldIsNotDrained(PairKind kind) throws IOException {
    try (Pair pair = pair(kind)) {
      queue.register(pair.reader(), Interest.READABLE.edge(), "reader");
      Report.none(queue);
      for (int arrival = 0; arrival < 4; arrival++) {
        Bytes.send(pair.writer(), 5);
        expectReader();
        Report.none(queue);
      }
      assertThat(Bytes.read(pair.reader(), 3)).isEqualTo(3);
      Report.none(queue);
      Bytes.send(pair.writer(), 5);
      expectReader();
      assertThat(Bytes.drain(pair.reader())).isEqualTo(22);
      Report.none(queue);
      Bytes.send(pair.writer(), 5);
      expectReader();
    }
  }

  @ParameterizedTest
  @EnumSource
  @Needs(Ability.EDGE)
  void edgeIsReportedOnceItIsWritableAgain(PairKind kind) throws IOException {
    try (Pair pair = pair(kind)) {
      fill(pair);
      queue.register(pair.writer(), Interest.WRITABLE.edge(), "writer");
      Report.none(queue);
      Bytes.drain(pair.reader());
      expectWriter();
      Bytes.drain(pair.reader()); // what was under way
      Report.poll(queue);
      Report.none(queue);
      fill(pair);
      Report.poll(queue);
      Bytes.drain(pair.reader());
      expectWriter();
    }
  }

  @ParameterizedTest
  @EnumSource
  @Needs(Ability.EDGE)
  void edgeThatIsReadyIsReportedWhenItIsRegisteredModifiedOrRearmed(PairKind kind)
      throws IOException {
    try (Pair pair = pair(kind)) {
      Bytes.send(pair.writer(), 1);
      Registration<String> reader =
          queue.register(pair.reader(), Interest.READABLE.edge(), "reader");
      expectReader();
      Report.none(queue);
      reader.modify(Interest.READABLE.edge());
      expectReader();
      Report.none(queue);
      reader.rearm();
      expectReader();
      Report.none(queue);
      reader.cancel();
      queue.register(pair.reader(), Interest.READABLE.edge(), "reader");
      expectReader();
      Report.none(queue);

      Registration<String> writer =
          queue.register(pair.writer(), Interest.WRITABLE.edge(), "writer");
      expectWriter();
      Report.none(queue);
      writer.rearm();
      expectWriter();
      Report.none(queue);
    }
  }

  private List<Interest> oneShots() {
    return configuration.offered(List.of(Interest.NONE.oneShot(), Interest.NONE.edge().oneShot()));
  }

  @ParameterizedTest
  @EnumSource
  void oneShotIsReportedOnceAndThenSilentUntilRearmed(PairKind kind) throws IOException {
    for (Interest mode : oneShots()) {
      try (Pair pair = pair(kind)) {
        Registration<String> registration =
            queue.register(pair.reader(), Interest.READABLE.and(mode), "reader");
        Report.none(queue);
        Bytes.send(pair.writer(), 1);
        expectReader();
        Report.none(queue);
        Bytes.send(pair.writer(), 1);
        Report.none(queue);
        registration.rearm();
        expectReader();
        Report.none(queue);
        assertThat(Bytes.drain(pair.reader())).isEqualTo(2);
        registration.rearm();
        Report.none(queue);
        Bytes.send(pair.writer(), 1);
        expectReader();
        registration.modify(Interest.READABLE.and(mode));
        expectReader();
        Report.none(queue);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void oneShotForWritingIsReportedOnceAndThenSilentUntilRearmed(PairKind kind) throws IOException {
    for (Interest mode : oneShots()) {
      try (Pair pair = pair(kind)) {
        Registration<String> registration =
            queue.register(pair.writer(), Interest.WRITABLE.and(mode), "writer");
        expectWriter();
        Report.none(queue);
        registration.rearm();
        expectWriter();
        Report.none(queue);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void oneShotStaysSilentWhenThePeerGoes(PairKind kind) throws IOException {
    try (Pair pair = pair(kind)) {
      Registration<String> registration =
          queue.register(pair.reader(), Interest.READABLE.oneShot(), "reader");
      Bytes.send(pair.writer(), 1);
      expectReader();
      pair.writer().close();
      Report.none(queue);
      registration.rearm();
      assertThat(Report.only(queue).is("read-closed")).isTrue();
    }
  }

  /** Reading and writing interest on one descriptor, in every combination and mode. */
  @ParameterizedTest
  @EnumSource(names = {"TCP", "UNIX"})
  void bothDirectionsInEveryCombination(PairKind kind) throws IOException {
    for (Interest mode : modes()) {
      for (Interest wanted :
          List.of(Interest.READABLE, Interest.WRITABLE, Interest.READABLE_WRITABLE)) {
        for (boolean readable : List.of(false, true)) {
          for (boolean writable : List.of(false, true)) {
            checkCombination(kind, wanted.and(mode), readable, writable);
          }
        }
      }
    }
  }

  private List<Interest> modes() {
    return configuration.offered(
        List.of(
            Interest.NONE,
            Interest.NONE.edge(),
            Interest.NONE.oneShot(),
            Interest.NONE.edge().oneShot()));
  }

  private void checkCombination(
      PairKind kind, Interest interest, boolean readable, boolean writable) throws IOException {
    try (Pair pair = pair(kind)) {
      if (!writable) {
        fill(new Pair(kind, pair.answers(), pair.backward()));
      }
      if (readable) {
        Bytes.send(pair.writer(), 1);
      }
      List<String> expected = new ArrayList<>();
      if (readable && interest.toString().contains("readable")) {
        expected.add("readable");
      }
      if (writable && interest.toString().contains("writable")) {
        expected.add("writable");
      }
      queue.register(pair.reader(), interest, "both");
      if (expected.isEmpty()) {
        Report.none(queue);
      } else {
        assertThat(Report.only(queue).says())
            .as("%s %s readable %s writable %s", kind, interest, readable, writable)
            .isEqualTo(String.join(" ", expected));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"TCP", "UNIX"})
  void oneShotForBothDirectionsDisarmsBothWithTheFirstReport(PairKind kind) throws IOException {
    for (Interest mode : oneShots()) {
      try (Pair pair = pair(kind)) {
        Registration<String> registration =
            queue.register(pair.reader(), Interest.READABLE_WRITABLE.and(mode), "both");
        assertThat(Report.only(queue)).hasToString("both: writable");
        Bytes.send(pair.writer(), 1);
        Report.none(queue);
        registration.rearm();
        assertThat(Report.only(queue)).hasToString("both: readable writable");
        Report.none(queue);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"TCP", "UNIX"})
  @Needs(Ability.EDGE)
  void edgeForBothDirectionsReportsEachArrival(PairKind kind) throws IOException {
    try (Pair pair = pair(kind)) {
      queue.register(pair.reader(), Interest.READABLE_WRITABLE.edge(), "both");
      assertThat(Report.only(queue)).hasToString("both: writable");
      for (int i = 0; i < 3; i++) {
        Bytes.send(pair.writer(), 1);
        // The other direction may be repeated with it.
        assertThat(Report.only(queue).is("readable")).isTrue();
        Report.none(queue);
      }
    }
  }

  @Test
  void aListenerInEveryMode() throws IOException {
    for (Interest mode : modes()) {
      try (TcpListener listener = TcpListener.bind(kernel, TcpPair.loopback())) {
        Registration<String> registration =
            queue.register(listener, Interest.READABLE.and(mode), "listener");
        Report.none(queue);
        try (TcpStream first = connected(listener)) {
          expectListener();
          boolean oneShot = oneShots().contains(mode);
          if (mode == Interest.NONE) {
            expectListener();
          } else {
            Report.none(queue);
          }
          try (TcpStream second = connected(listener)) {
            if (oneShot) {
              Report.none(queue);
              registration.rearm();
            }
            expectListener();
            accept(listener).close();
            accept(listener).close();
            assertThat(listener.accept()).isNull();
            assertThat(first.isOpen() && second.isOpen()).isTrue();
          }
        }
        Report.none(queue);
      }
    }
  }

  private void expectListener() {
    assertThat(Report.only(queue)).hasToString("listener: readable");
  }

  private TcpStream connected(TcpListener listener) throws IOException {
    TcpStream stream = TcpStream.connect(kernel, listener.localAddress());
    Ready.await(configuration, stream, Interest.WRITABLE);
    assertThat(stream.finishConnect()).isTrue();
    return stream;
  }

  private static TcpStream accept(TcpListener listener) throws IOException {
    return Objects.requireNonNull(listener.accept(), "a connection");
  }

  /** Data that arrives between "not ready" and the end of the handler is an arrival. */
  @ParameterizedTest
  @EnumSource
  @Needs(Ability.EDGE)
  void edgeAfterDrainingIsNeverLost(PairKind kind) throws Exception {
    int messages = 5_000;
    try (Pair pair = pair(kind)) {
      queue.register(pair.reader(), Interest.READABLE.edge(), "reader");
      Background<Boolean> sender =
          Background.start(() -> {
            sendOneByOne(pair.writer(), messages);
            return true;
          });
      long received = 0;
      while (received < messages) {
        expectReader();
        int n = Bytes.read(pair.reader(), 1000);
        while (n != Io.NOT_READY) {
          received += n;
          n = Bytes.read(pair.reader(), 1000);
        }
      }
      assertThat(sender.result()).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource
  void rearmingAfterAPartialReadLosesNothing(PairKind kind) throws Exception {
    try (Pair pair = pair(kind)) {
      Registration<String> registration =
          queue.register(pair.reader(), Interest.READABLE.oneShot(), "reader");
      Background<Boolean> sender =
          Background.start(() -> {
            sendOneByOne(pair.writer(), 2_000);
            return true;
          });
      long received = 0;
      while (received < 2_000) {
        expectReader();
        received += Bytes.read(pair.reader(), 1 + (int) received % 5);
        registration.rearm();
      }
      assertThat(sender.result()).isTrue();
    }
  }

  private static void sendOneByOne(ByteOutput output, int count) throws IOException {
    for (int sent = 0; sent < count; ) {
      if (output.write(ByteBuffer.allocate(1)) == 1) {
        sent++;
      } else {
        Thread.onSpinWait(); // full: each byte takes the room of a whole message in some kinds
      }
    }
  }
}
