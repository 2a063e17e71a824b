package dev.selkie.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.selkie.cli.console.Output;
import dev.selkie.cli.console.Terminal;
import dev.selkie.cli.program.Asked;
import dev.selkie.cli.program.Asking;
import dev.selkie.cli.program.CountedKernel;
import dev.selkie.cli.program.DelayRun;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.FaultyKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCall;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.net.TcpStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DemoReportTest {
  private static final InetSocketAddress SERVER =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 9);

  private static DelayRun run(int requests, long stepMillis) {
    return new DelayRun(
        SERVER, "127.0.0.1", requests, Duration.ofMillis(stepMillis), DelayRun.Patience.USUAL);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          5 | 1000 | 5 | 5007 | 5 requests answered in 5007 ms; one after another they would take 15000 ms.
          5 | 1000 | 2 | 5007 | 2 of 5 requests answered in 5007 ms; one after another they would take 15000 ms.
          5 |    0 | 5 |   34 | 5 requests answered in 34 ms, without delays.
          5 |    1 | 5 |   34 | 5 requests answered in 34 ms; their delays add up to 15 ms only.
          5 |    1 | 5 |   15 | 5 requests answered in 15 ms; their delays add up to 15 ms only.
          1 | 1000 | 1 | 1004 | 1 request answered in 1004 ms, of which it was delayed by 1000 ms.
          1 |    0 | 1 |    3 | 1 request answered in 3 ms, without delays.
          """)
  void summaryComparesOnlyWhatCanBeCompared(
      int requests, long step, int answered, long elapsed, String line) {
    assertThat(DemoReport.summary(run(requests, step), answered, elapsed)).isEqualTo(line);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          5 | 1000 | 5 requests to 127.0.0.1:9, delayed by 1000 to 5000 ms, one thread, one queue:
          5 |    0 | 5 requests to 127.0.0.1:9, without delays, one thread, one queue:
          1 |   20 | 1 request to 127.0.0.1:9, delayed by 20 ms, one thread, one queue:
          """)
  void titleSaysWhatIsAsked(int requests, long step, String line) {
    assertThat(DemoReport.title(run(requests, step), Style.QUEUE.on(1))).isEqualTo(line);
  }

  @Test
  void otherFailuresAreCountedBeforeTheAdvice() {
    Output output =
        new Output(
            new ByteArrayOutputStream(),
            StandardCharsets.UTF_8,
            new PrintStream(new ByteArrayOutputStream(), true, StandardCharsets.UTF_8),
            Terminal.NONE);
    DelayRun run = run(4, 1);
    DemoReport report = DemoReport.of(output, run);
    Asking asking = new Asking(new CountedKernel(Kernel.system()), run, report);
    IOException refused = refusal();
    Asked answered = begin(asking);
    answered.connected();
    ByteBuffer buffer = ByteBuffer.allocate(200);
    String answer = "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nhello from request 0";
    buffer.put(answer.getBytes(StandardCharsets.US_ASCII));
    assertThat(answered.take(answer.length(), buffer)).isTrue();
    assertThat(report.failureLine(asking)).isNull();
    begin(asking).failed(refused);
    assertThat(report.failureLine(asking))
        .startsWith("request 1 failed: nothing listens at 127.0.0.1:9 (connection refused): ");
    begin(asking).failed(refused);
    assertThat(report.failureLine(asking))
        .startsWith("request 1 failed (and 1 other): nothing listens at 127.0.0.1:9 ");
    begin(asking).failed(refused);
    assertThat(report.failureLine(asking))
        .startsWith("request 1 failed (and 2 others): nothing listens at 127.0.0.1:9 ")
        .endsWith("--host and --port");
  }

  @Test
  void runEndsWithAFirstFailureAndCountsNoOther() {
    Asking asking =
        new Asking(new CountedKernel(Kernel.system()), run(4, 1), new Asking.Observer() {});
    Asked first = begin(asking);
    Asked second = begin(asking);
    first.failed(new IOException("no"));
    assertThat(asking.isDone()).isTrue();
    second.failed(new IOException("closed"));
    assertThat(asking.counts().failed).isEqualTo(1);
    assertThat(asking.begin()).isNull();
  }

  private static Asked begin(Asking asking) {
    return Objects.requireNonNull(asking.begin());
  }

  private static IOException refusal() {
    FaultyKernel refusing = new FaultyKernel(Kernel.system());
    refusing.on(SystemCall.CONNECT).fail(Errno.ECONNREFUSED);
    return catchThrowableOfType(
        SystemCallException.class, () -> TcpStream.connect(refusing, SERVER));
  }
}
