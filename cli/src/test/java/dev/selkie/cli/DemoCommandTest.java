package dev.selkie.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.cli.program.DelayRun;
import dev.selkie.kernel.Kernel;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class DemoCommandTest {
  private static final String OK = "HTTP/1.1 200 OK\r\n";

  /** How late an answer is on a busy machine is no matter of the demo. */
  private static final long MUCH_TOO_LATE_MILLIS = 20_000;

  @ParameterizedTest
  @EnumSource
  void answersComeInTheOrderInWhichTheyAreReady(Style style) {
    Captured demo = Captured.run("demo", "--delay", "100", "--style", style.toString());

    assertThat(demo.err()).isEmpty();
    assertThat(demo.status()).isZero();
    List<String> answers = demo.out().stream().filter(line -> line.startsWith("request ")).toList();
    for (int i = 0; i < 5; i++) {
      int number = 4 - i;
      long after =
          millis(
              answers.get(i),
              "request " + number + " answered after ([0-9]+) ms: hello from request " + number);
      assertThat(after).as("request %d", number).isBetween((i + 1) * 100L, MUCH_TOO_LATE_MILLIS);
    }
    assertThat(demo.out()).hasSize(8);
    assertThat(demo.out().getFirst()).endsWith(", " + style.on(1) + ":");
    assertThat(
            millis(
                demo.out().get(6),
                "5 requests answered in ([0-9]+) ms; one after another they would take 1500 ms\\."))
        .isBetween(500L, MUCH_TOO_LATE_MILLIS);
    assertThat(demo.out().get(7))
        .matches("[1-4]?[0-9] waits \\(0 without event\\), .* events, 5 ends of file, .* calls\\.");
  }

  @ParameterizedTest
  @CsvSource({"5, QUEUE", "600, QUEUE", "600, CALLBACKS", "600, FUTURES", "600, FIBERS"})
  void queueWithoutEdgesServesAndAsksAsWell(int requests, Style style) {
    String number = Integer.toString(requests);
    Captured demo =
        Kernel.where(Queues.BY_POLL.kernel())
            .call(() ->
                Captured.run(
                    "demo", "--requests", number, "--delay", "1", "--style", style.toString()));
    assertThat(demo.err()).isEmpty();
    assertThat(demo.status()).isZero();
    assertThat(demo.out())
        .anyMatch(line -> line.startsWith(requests + " requests answered in "))
        .anyMatch(line -> line.contains(", " + requests + " ends of file, "));
  }

  /** The number in a line of that form. */
  private static long millis(String line, String form) {
    Matcher matcher = Pattern.compile(form).matcher(line);
    assertThat(matcher.matches()).as(line).isTrue();
    return Long.parseLong(matcher.group(1));
  }

  @ParameterizedTest
  @CsvSource({"queue, 1", "callbacks, 1", "futures, 2", "tasks, 2", "fibers, 1", "fibers, 3"})
  void thousandsOfRequestsEndInAHistogram(String style, String loops) {
    Captured demo =
        Captured.run(
            "demo", "--requests", "2000", "--delay", "0", "--style", style, "--loops", loops);

    assertThat(demo.err()).isEmpty();
    assertThat(demo.status()).isZero();
    IntStream.range(0, 2000)
        .forEach(
            i -> assertThat(demo.out()).anyMatch(line -> line.startsWith("request " + i + " ")));
    assertThat(demo.out()).anyMatch(line -> line.startsWith("late by: median "));
  }

  @Test
  void bodiesWithFillerFromAServerElsewhereAreRight() throws IOException {
    String filler = ".".repeat(100_000);
    try (RawServer server =
        RawServer.answering(OK + "Content-Length: 100020\r\n\r\nhello from request 0" + filler)) {
      assertThat(one(server).status()).isZero();
    }
  }

  @Test
  void bodyWithoutLengthEndsWithTheStream() throws IOException {
    try (RawServer server = RawServer.answering(OK + "\r\nhello from request 0")) {
      assertThat(one(server).status()).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          HTTP/1.1 404 Not Found~Content-Length: 0~~ | status 404 Not Found, not 200
          HTTP/1.1 200 OK~Content-Length: 5~~wrong | says "wrong", not "hello from request 0"
          HTTP/1.1 200 OK~Content-Length: 99~~short | ends in the middle, after 5 bytes
          HTTP/1.1 200 OK~Content-Length: x~~ | not well-formed HTTP
          SSH-2.0-OpenSSH_9.6~~ | not well-formed HTTP:
          '' | closed without an answer
          """)
  void wrongAnswerIsOneLineAndAStatus(String answer, String reason) throws IOException {
    try (RawServer server = RawServer.answering(answer.replace("~", "\r\n"))) {
      Captured demo = one(server);
      assertThat(demo.err()).hasSize(1);
      assertThat(demo.err().getFirst()).startsWith("selkie: request 0 failed: ").contains(reason);
      assertThat(demo.status()).isEqualTo(1);
    }
  }

  @Test
  void answerThatDoesNotEndIsTooLong() throws IOException {
    try (RawServer server = RawServer.answering(OK + "\r\n" + "x".repeat(1_000_000))) {
      Captured demo = one(server);
      assertThat(demo.err()).singleElement().asString().contains("longer than what was asked for");
      assertThat(demo.status()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @EnumSource
  void silenceIsReportedAndEndsInAFailure(Style style) throws IOException {
    try (RawServer server = RawServer.silent()) {
      DelayRun.Patience little =
          new DelayRun.Patience(
              Duration.ofSeconds(30), Duration.ofMillis(700), Duration.ofMillis(150));
      Captured demo = Captured.run(little, oneRequest(server, style));
      assertThat(demo.out()).contains("no event within 150 ms");
      assertThat(demo.err()).singleElement().asString().contains("no answer within 700 ms");
      assertThat(demo.status()).isEqualTo(1);
    }
  }

  /** One request to a server, in each style, of which all print the same. */
  private static Captured one(RawServer server) {
    Captured one = Captured.run(oneRequest(server, Style.QUEUE));
    for (Style style : Style.values()) {
      Captured same = Captured.run(oneRequest(server, style));
      assertThat(same.err()).as(style.toString()).isEqualTo(one.err());
      assertThat(same.status()).as(style.toString()).isEqualTo(one.status());
    }
    return one;
  }

  private static String[] oneRequest(RawServer server, Style style) {
    String port = "" + server.port();
    return new String[] {
      "demo", "--port", port, "--requests", "1", "--delay", "1", "--style", style.toString()
    };
  }
}
