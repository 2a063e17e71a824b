package dev.selkie.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.cli.console.Output;
import dev.selkie.cli.console.Terminal;
import dev.selkie.cli.program.Asking;
import dev.selkie.cli.program.CountedKernel;
import dev.selkie.cli.program.DelayProtocol;
import dev.selkie.cli.program.DelayRun;
import dev.selkie.cli.program.ServerCounts;
import dev.selkie.kernel.Kernel;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class DrawingTest {
  @ParameterizedTest
  @ValueSource(ints = {49, 80, 200})
  void timelineKeepsToTheWidthAndShowsEachAnswer(int columns) throws Exception {
    Terminal terminal = new Terminal(true, columns, 24, false, false);
    InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    ServerCounts counts = new ServerCounts(new CountedKernel(Kernel.current()));
    DelayProtocol protocol = new DelayProtocol(counts, false, line -> {});
    try (ServerThread server =
        ServerThread.start(Style.QUEUE.delay(counts, any, 1, line -> {}, protocol))) {
      DelayRun run =
          new DelayRun(server.address(), "here", 3, Duration.ofMillis(40), DelayRun.Patience.USUAL);
      Asking asking =
          new Asking(new CountedKernel(Kernel.current()), run, new Asking.Observer() {});
      Timeline timeline = new Timeline(terminal, run);
      assertThat(timeline.lines(asking.requests(), 0)).hasSize(4);
      Style.QUEUE.ask(asking, 1);
      List<String> lines = timeline.lines(asking.requests(), asking.elapsedNanos());
      assertThat(lines).hasSize(4).allMatch(line -> line.length() < columns);
      assertThat(lines.get(0)).matches("request 0 +\\| *=+\\* *\\| answered after [0-9]+ ms");
      // A machine that stalls lets answers come late, and then together.
      assertThat(lines.get(0).indexOf('*')).isGreaterThanOrEqualTo(lines.get(1).indexOf('*'));
      assertThat(lines.get(1).indexOf('*')).isGreaterThanOrEqualTo(lines.get(2).indexOf('*'));
    }
  }

  @Test
  void timelineIsForFewRequestsOnATallEnoughTerminal() {
    assertThat(Timeline.isTallEnough(new Terminal(true, 80, 24, true, true), 18)).isTrue();
    assertThat(Timeline.isTallEnough(new Terminal(true, 80, 24, true, true), 19)).isFalse();
    assertThat(Timeline.isTallEnough(new Terminal(true, 80, 100, true, true), 41)).isFalse();
  }

  @ParameterizedTest
  @CsvSource({
    "5, 49, true", "5, 48, false", "5, 20, false", "5, 1, false",
    "600, 80, true", "600, 50, false", "100000, 66, true", "100000, 60, false"
  })
  void terminalTooNarrowForADrawingGetsPlainLines(int requests, int columns, boolean drawn) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Terminal terminal = new Terminal(true, columns, 24, false, false);
    Output output =
        new Output(
            out,
            StandardCharsets.UTF_8,
            new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
            terminal);
    DelayRun run =
        new DelayRun(
            InetSocketAddress.createUnresolved("here", 9),
            "here",
            requests,
            Duration.ofSeconds(5).dividedBy(requests),
            DelayRun.Patience.USUAL);
    assertThat(DemoReport.of(output, run).frameNanos() < Long.MAX_VALUE).isEqualTo(drawn);
  }

  @Test
  void fullProgressBarKeepsToTheNarrowestWidth() {
    int columns = 1;
    while (!ProgressBar.fits(new Terminal(true, columns, 24, false, false), 100_000)) {
      columns++;
    }
    ProgressBar bar = new ProgressBar(new Terminal(true, columns, 24, false, false), 100_000);
    assertThat(bar.line(100_000, 100_000, 999_900_000_000L)).hasSizeLessThan(columns);
    assertThat(bar.line(0, 100_000, 100_000_000)).hasSizeLessThan(columns);
  }

  @Test
  void progressBarShowsWhatIsDoneAndWhatWaits() {
    ProgressBar bar = new ProgressBar(new Terminal(true, 70, 24, false, false), 1000);
    assertThat(bar.line(500, 1000, 1_500_000_000))
        .matches("\\[#+-+\\] 500 of 1000 answered, 500 waiting, 1[.,]5 s")
        .hasSizeLessThan(70);
  }

  @Test
  void histogramCountsEachAnswerOnce() {
    LatencyHistogram histogram = new LatencyHistogram();
    for (int i = 0; i < 90; i++) {
      histogram.add(100_000);
    }
    for (int i = 0; i < 10; i++) {
      histogram.add(5_000_000);
    }
    List<String> lines = histogram.lines(Terminal.NONE);
    long sum =
        lines.stream()
            .mapToLong(line -> Long.parseLong(line.substring(23).strip().split(" ", -1)[0]))
            .sum();
    assertThat(sum).isEqualTo(100);
    assertThat(histogram.percentiles())
        .startsWith("late by: median 100 \u00b5s, 90 % 100 \u00b5s, 99 % 5.0 ms");
  }

  @Test
  void histogramTakesEveryLateness() {
    LatencyHistogram histogram = new LatencyHistogram();
    histogram.add(0);
    assertThat(histogram.lines(Terminal.NONE)).hasSize(1);
    histogram.add(Long.MAX_VALUE);
    assertThat(histogram.lines(Terminal.NONE)).isNotEmpty();
  }
}
