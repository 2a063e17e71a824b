package dev.selkie.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The programs of {@code examples/tour}: what they print, and how long they take. A second of
 * theirs is made short; the assertions are those of the whole one.
 */
final class TourTest {
  private static final Path PROGRAMS = PackedScript.PROJECT.resolve("examples/tour");

  /** The steps that ask the delay server. */
  private static final List<String> CLIENTS =
      List.of(
          "E1", "E2", "E3", "E4", "E5", "E6", "C1", "C2", "C3", "C4", "C5", "C6", "C7", "R1", "R2",
          "R3", "R4", "V1", "V2", "N1", "N3", "N4");

  private static final Pattern ANSWER =
      Pattern.compile("request (\\d), (\\d+) ms: hello from request (\\d).*");

  @TempDir private static Path folder;
  private static Path classes;
  private static PackedScript script;
  private static CommandProcess server;
  private static CommandProcess appending;
  private static String place;
  private static String appendingPlace;

  @BeforeAll
  @Timeout(60) // it compiles, and is no case
  static void begin() throws Exception {
    script = new PackedScript(Files.createDirectory(folder.resolve("selkie")));
    String delayServer = PROGRAMS.resolve("D1.java").toString();
    // As its readers run it.
    server = new CommandProcess(script.command("run", delayServer, "127.0.0.1:0"));
    classes = Files.createDirectory(folder.resolve("classes"));
    compile();
    appending = new CommandProcess(program(1000, "D1", "--append", "127.0.0.1:0"));
    place = place(server);
    appendingPlace = place(appending);
  }

  private static void compile() throws IOException {
    List<String> arguments =
        new ArrayList<>(
            List.of("-d", classes.toString(), "-cp", jars(), "-Xlint:all,-restricted", "-Werror"));
    try (Stream<Path> programs = Files.list(PROGRAMS)) {
      programs.map(Path::toString).filter(name -> name.endsWith(".java")).forEach(arguments::add);
    }
    PrintStream told = System.err;
    int status =
        ToolProvider.findFirst("javac")
            .orElseThrow()
            .run(told, told, arguments.toArray(String[]::new));
    assertThat(status).as("status of javac").isZero();
  }

  /** The class path of {@code selkie run}, without what these programs have no use for. */
  private static String jars() throws IOException {
    try (Stream<Path> all = Files.list(PackedScript.JARS)) {
      return all.map(Path::toString)
          .filter(name -> name.contains("selkie"))
          .collect(Collectors.joining(File.pathSeparator));
    }
  }

  private static String place(CommandProcess server) throws InterruptedException {
    String line = server.line();
    assertThat(line).matches("delay server at 127\\.0\\.0\\.1:\\d+");
    return line.substring(line.lastIndexOf(' ') + 1);
  }

  @AfterAll
  static void end() throws IOException {
    for (CommandProcess process : Stream.of(server, appending).filter(Objects::nonNull).toList()) {
      process.close();
    }
    script.close();
  }

  /**
   * A program with a second of so many ms, as {@code selkie run} starts it but for the compiling.
   */
  private static ProcessBuilder program(int second, String name, String... args)
      throws IOException {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.addAll(
        List.of(
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "--illegal-native-access=deny",
            "--enable-native-access=ALL-UNNAMED",
            "--add-opens=java.base/java.lang=ALL-UNNAMED",
            "-Ddev.selkie.tour.second=" + second,
            "-cp",
            classes + File.pathSeparator + jars(),
            name));
    words.addAll(List.of(args));
    return new ProcessBuilder(words);
  }

  private static Captured run(ProcessBuilder program) throws Exception {
    try (CommandProcess process = new CommandProcess(program)) {
      return process.end();
    }
  }

  /** What a program prints that succeeds. */
  private static List<String> output(ProcessBuilder program) throws Exception {
    Captured run = run(program);
    assertThat(run.err()).isEmpty();
    assertThat(run.status()).isZero();
    return run.out();
  }

  private static void assertFails(Captured run, int status, String line) {
    assertThat(run.err()).singleElement().asString().contains(line);
    assertThat(run.status()).isEqualTo(status);
  }

  /** Runs something for each step, a few at a time: they wait most of the time. */
  private static void forEach(List<String> steps, Step step) throws Exception {
    List<Callable<Void>> runs = new ArrayList<>();
    for (String id : steps) {
      runs.add(() -> {
        try {
          step.run(id);
          return null;
        } catch (AssertionError e) {
          throw new AssertionError(id + ": " + e.getMessage(), e);
        }
      });
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(3)) {
      for (var run : threads.invokeAll(runs)) {
        run.get();
      }
    }
  }

  private interface Step {
    void run(String id) throws Exception;
  }

  // What holds for all

  /** So that what holds for one of them holds for all. */
  @Test
  void theProgramsBeginAlike() throws Exception {
    for (String id : CLIENTS) {
      if (!id.equals("E3")) { // which has an argument more
        assertThat(beginning(id)).as(id).isEqualTo(beginning("E1"));
      }
    }
  }

  private static String beginning(String id) throws IOException {
    String program = Files.readString(PROGRAMS.resolve(id + ".java"));
    return program.substring(program.indexOf("void main(")).replace(id, "an id");
  }

  @Test
  void aProgramWithoutItsServerSaysSo() throws Exception {
    String nowhere = nowhere();
    String refused =
        ": connect(%s): ECONNREFUSED (connection refused); is D1.java, the delay server, there?"
            .formatted(nowhere);
    forEach(
        List.of("E1", "C6", "C7", "R2", "R3", "R4", "N1"),
        id -> assertFails(run(program(10, id, nowhere)), 1, id + refused));
  }

  /** An address at which nothing listens. */
  private static String nowhere() throws IOException {
    try (ServerSocket closed = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      return "127.0.0.1:" + closed.getLocalPort();
    }
  }

  @Test
  void aProgramTellsItsUsage() throws Exception {
    assertFails(run(program(10, "E1", "8080")), 2, "E1: usage: E1.java [HOST:PORT]");
    assertFails(run(program(10, "E1", "two words:80")), 2, "E1: Illegal character");
    assertFails(run(program(10, "E1", "nowhere.invalid:80")), 1, "E1: nowhere.invalid: ");
  }

  @Test
  void thePageTellsOfEachStepInTheirOrder() throws Exception {
    List<String> told =
        matches(
                Pattern.compile("^\\./selkie run examples/tour/(\\w+)\\.java"),
                Files.readAllLines(PackedScript.PROJECT.resolve("docs/tour.md")))
            .stream()
            .map(line -> line.group(1))
            .distinct()
            .toList();
    List<String> order = new ArrayList<>(List.of("S1", "S2", "D1"));
    order.addAll(CLIENTS);
    order.addAll(order.indexOf("C1"), List.of("F3", "F4"));
    assertThat(told).containsExactlyElementsOf(order);
    try (Stream<Path> files = Files.list(PROGRAMS)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrderElementsOf(order.stream().map(id -> id + ".java").toList());
    }
  }

  // D1 to D4: the delay server

  @Test
  void theDelayServerTellsAtOnceAndAnswersAfterTheDelay() throws Exception {
    try (CommandProcess own = new CommandProcess(program(1000, "D1", "127.0.0.1:0"))) {
      String there = place(own);
      long start = System.nanoTime();
      try (Socket first = ask(there, "GET /1500/one%20+%20two HTTP/1.1");
          Socket second = ask(there, "GET /1500/again HTTP/1.1")) {
        // Both lines come before both answers: the first waits, and so does the second.
        assertThat(List.of(own.line(), own.line()))
            .satisfiesExactlyInAnyOrder(
                line -> assertThat(line).matches("#[12] - 1500ms: one \\+ two"),
                line -> assertThat(line).matches("#[12] - 1500ms: again"));
        assertThat(millisSince(start)).as("before the answers").isLessThan(1500);
        assertThat(answer(first))
            .startsWith("HTTP/1.1 200 OK\r\nContent-Type: text/plain")
            .endsWith("\r\n\r\none + two");
        assertThat(answer(second)).endsWith("\r\n\r\nagain");
        assertThat(millisSince(start)).isBetween(1500L, 2999L);
      }
    }
  }

  @Test
  void theDelayServerLetsAnyNumberWaitAtOnce() throws Exception {
    List<Socket> waiting = new ArrayList<>();
    long start = System.nanoTime();
    for (int i = 0; i < 200; i++) {
      waiting.add(ask(place, "GET /500/number%20" + i + " HTTP/1.1"));
    }
    for (int i = 0; i < 200; i++) {
      try (Socket socket = waiting.get(i)) {
        assertThat(answer(socket)).endsWith("number " + i);
      }
    }
    assertThat(millisSince(start)).as("200 times 500 ms, side by side").isBetween(500L, 10_000L);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET / HTTP/1.1",
        "GET /soon/hello HTTP/1.1",
        "GET /-1/hello HTTP/1.1",
        "GET /5 HTTP/1.1",
        "GET /5/%zz HTTP/1.1",
        "GET /5/a/b HTTP/1.1",
        "POST /5/hello HTTP/1.1",
        "nonsense"
      })
  void theDelayServerFindsNothingElse(String line) throws Exception {
    try (Socket socket = ask(place, line)) {
      assertThat(answer(socket)).startsWith("HTTP/1.1 404 Not Found\r\n");
    }
  }

  @Test
  void theDelayServerAppendsWhenAsked() throws Exception {
    try (Socket socket = ask(appendingPlace, "GET /1/hello HTTP/1.1")) {
      assertThat(answer(socket)).endsWith("\r\n\r\nhello" + ".".repeat(100_000));
    }
  }

  @Test
  void theDelayServerTellsOfAPortInUse() throws Exception {
    assertFails(
        run(program(1000, "D1", place)), 1, "D1: bind(" + place + "): EADDRINUSE (address in use)");
    assertFails(run(program(1000, "D1", "8080")), 2, "D1: usage: D1.java [--append] [HOST:PORT]");
  }

  private static Socket ask(String place, String line) throws IOException {
    int port = Integer.parseInt(place.substring(place.indexOf(':') + 1));
    Socket socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), port);
    socket.setSoTimeout(10_000);
    socket.getOutputStream().write((line + "\r\nHost: here\r\n\r\n").getBytes(US_ASCII));
    return socket;
  }

  private static String answer(Socket socket) throws IOException {
    return new String(socket.getInputStream().readAllBytes(), US_ASCII);
  }

  private static long millisSince(long start) {
    return Duration.ofNanos(System.nanoTime() - start).toMillis();
  }

  // S1, S2: system calls

  @Test
  @EnabledOnOs(value = OS.LINUX, disabledReason = "the program knows the numbers of Linux alone")
  void aSystemCallByItsNumberWritesALineAndItsErrnoIsThrown() throws Exception {
    String number = Map.of("amd64", "1", "aarch64", "64").get(System.getProperty("os.arch"));
    assertThat(output(program(1000, "S1")))
        .containsExactly(
            "S1: written by system call " + number,
            "S1: call " + number + ", descriptor -1: errno 9");
  }

  @Test
  void onAnUnknownMachineTheNumberIsNotGuessed() throws Exception {
    ProcessBuilder elsewhere = program(1000, "S1");
    elsewhere.command().add(1, "-Dos.arch=pdp11");
    assertFails(run(elsewhere), 1, "S1: the number of write(2) is not known here for ");
  }

  @Test
  void aCallThroughTheLibraryWritesALineAndItsErrnoIsThrown() throws Exception {
    assertThat(output(program(1000, "S2")))
        .containsExactly(
            "S2: written by write of C's library",
            "S2: write, descriptor -1: errno 9 (Bad file descriptor)");
  }

  // E1 to E6: the event queue

  @Test
  void fiveRequestsAreAnsweredInTheOrderOfTheirDelays() throws Exception {
    forEach(
        List.of("E1", "E2", "E3", "E4", "E5", "E6"),
        id -> {
          assertFiveAnswers(output(program(200, id, place)));
        });
  }

  private static void assertFiveAnswers(List<String> lines) {
    List<MatchResult> answers = matches(ANSWER, lines);
    assertThat(answers).extracting(answer -> answer.group(1)).containsExactly(inverse());
    assertThat(answers).extracting(answer -> answer.group(3)).containsExactly(inverse());
    for (MatchResult answer : answers) {
      assertThat(Integer.parseInt(answer.group(2)))
          .as(answer.group())
          .isGreaterThanOrEqualTo((5 - Integer.parseInt(answer.group(1))) * 200);
    }
    assertThat(lines).contains("no event: TIMEOUT");
    List<MatchResult> end = matches(Pattern.compile("5 answers, 5 ends of file, (\\d+) ms"), lines);
    assertThat(end).hasSize(1);
    assertThat(Integer.parseInt(end.getFirst().group(1)))
        .as("the longest; one after another they would take 3000 ms")
        .isBetween(1000, 2500);
  }

  private static String[] inverse() {
    return new String[] {"4", "3", "2", "1", "0"};
  }

  private static List<MatchResult> matches(Pattern pattern, List<String> lines) {
    return lines.stream().flatMap(line -> pattern.matcher(line).results()).toList();
  }

  @Test
  void whatRunsDryInMidBodyIsReadToItsEnd() throws Exception {
    List<String> lines = output(program(200, "E2", appendingPlace));
    assertFiveAnswers(lines);
    List<MatchResult> sizes =
        matches(Pattern.compile("\\((\\d+) bytes, (\\d+) reads, ran dry (\\d+) times\\)"), lines);
    assertThat(sizes).extracting(size -> size.group(1)).containsOnly("100020").hasSize(5);
    assertThat(sizes.stream().mapToInt(size -> Integer.parseInt(size.group(2))))
        .allMatch(reads -> reads > 24); // one buffer a read
    assertThat(sizes.stream().mapToInt(size -> Integer.parseInt(size.group(3))).sum())
        .as("times that a body was not ready in the middle")
        .isPositive();
  }

  @Test
  void whatIsTooLateIsGivenUp() throws Exception {
    List<String> lines = output(program(200, "E3", place, "2.5"));
    assertThat(matches(ANSWER, lines))
        .extracting(answer -> answer.group(1))
        .containsExactly("4", "3");
    List<MatchResult> late = matches(Pattern.compile("request (\\d), (\\d+) ms: given up"), lines);
    assertThat(late).extracting(line -> line.group(1)).containsExactlyInAnyOrder("0", "1", "2");
    assertThat(late)
        .extracting(line -> Integer.parseInt(line.group(2)))
        .allMatch(millis -> millis >= 500);
    assertThat(lines.getLast()).matches("2 answers, 2 ends of file, \\d+ ms");
    assertFails(run(program(200, "E3", place, "soon")), 2, "E3: usage: E3.java");
  }

  @Test
  void aWaitIsEndedByAWakeOfAnotherThread() throws Exception {
    assertThat(output(program(20, "E5", place)))
        .contains("the thread client hands in what is asked for")
        .anyMatch(line -> line.matches("woken with \\d+ events"));
  }

  @Test
  void withoutEdgesTheSameGoesByOneShots() throws Exception {
    assertThat(output(program(20, "E6", place)))
        .first()
        .asString()
        .matches("by (epoll|kqueue), edge-triggered");
    ProcessBuilder byPoll = program(200, "E6", place);
    byPoll.command().add(1, "-Ddev.selkie.backend=poll");
    List<String> lines = output(byPoll);
    assertThat(lines).first().isEqualTo("by poll, one-shot");
    assertFiveAnswers(lines);
  }

  // F3, F4: fibers

  @Test
  void twoFibersTakeTurns() throws Exception {
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      expected.addAll(List.of("first: " + i, "second: " + i));
    }
    expected.add("first has ended");
    for (int i = 10; i < 15; i++) {
      expected.add("second: " + i);
    }
    expected.add("second has ended");
    assertThat(output(program(1000, "F3"))).isEqualTo(expected);
  }

  @Test
  void aFiberStartsFibersWhichCaptureAndAreLimited() throws Exception {
    assertThat(output(program(1000, "F4")))
        .containsExactly(
            "Ada 1",
            "Ben 1",
            "Cyd 1",
            "Ada 2",
            "Ben 2",
            "Cyd 2",
            "child of Ada",
            "child of Ben",
            "child of Cyd",
            "F4 has 7 fibers, which is its limit: wait for one to end, or raise it");
  }

  @Test
  void withoutMountingTheOptionIsNamed() throws Exception {
    forEach(
        List.of("F3", "F4"),
        id -> {
          ProcessBuilder unmounted = program(1000, id);
          unmounted.command().removeIf(word -> word.startsWith("--add-opens"));
          assertFails(
              run(unmounted), 1, "start the JVM with --add-opens java.base/java.lang=ALL-UNNAMED");
        });
  }

  // C1 to C7: futures that are polled

  @Test
  void aTaskIsLazyAndIsNotPolledAfterItsEnd() throws Exception {
    List<String> lines = output(program(200, "C1", place));
    assertThat(lines)
        .startsWith("made, not polled: nothing has happened", "poll", "pending")
        .containsSubsequence("poll", "ready: hello from a task")
        .last()
        .isEqualTo("polled once more: the task was polled after its end");
    assertThat(millisOf("(\\d+) ms: hello from a task", lines)).isGreaterThanOrEqualTo(200);
  }

  /** Nothing listens there: who did anything before the first poll would have failed. */
  @Test
  void nothingHappensBeforeTheFirstPoll() throws Exception {
    String nowhere = nowhere();
    Map<String, String> first = Map.of("C1", "poll", "C2", "it begins", "C3", "it begins");
    forEach(
        List.of("C1", "C2", "C3"),
        id -> {
          Captured run = run(program(20, id, nowhere));
          assertThat(run.out()).hasSize(2).last().isEqualTo(first.get(id));
          assertThat(run.out()).first().asString().startsWith("made, not polled");
          assertFails(run, 1, "ECONNREFUSED");
        });
  }

  @Test
  void twoInSequenceAnswerTheSameHoweverTheyAreWritten() throws Exception {
    forEach(
        List.of("C2", "C3", "C7"),
        id -> {
          List<String> lines = output(program(200, id, place));
          assertThat(lines)
              .containsSubsequence(
                  "it begins", "answer: hello from the first", "answer: hello from the second");
          assertThat(millisOf("2 answers, (\\d+) ms", lines)).isGreaterThanOrEqualTo(120 + 80);
          if (id.equals("C7")) {
            assertThat(lines)
                .endsWith("item 0", "item 1", "item 2", "the generator ends", "3 items");
          }
        });
  }

  @Test
  void fiveInSequenceTakeTheSumOfTheirDelays() throws Exception {
    List<String> lines = output(program(100, "C4", place));
    assertThat(numbers(lines)).containsExactly("0", "1", "2", "3", "4");
    int before = 0;
    for (int i = 0; i < 5; i++) {
      int millis = millisOf("request %d, (\\d+) ms".formatted(i), lines);
      assertThat(millis - before)
          .as("request %d, after the one before", i)
          .isGreaterThanOrEqualTo(i * 100);
      before = millis;
    }
    assertThat(millisOf("5 answers, (\\d+) ms", lines)).isGreaterThanOrEqualTo(1000);
  }

  @Test
  void fiveThatAreJoinedTakeTheLongest() throws Exception {
    forEach(
        List.of("C5", "C6"),
        id -> {
          List<String> lines = output(program(200, id, place));
          assertThat(numbers(lines)).containsExactly("0", "1", "2", "3", "4");
          assertThat(millisOf("5 answers, (\\d+) ms", lines))
              .as("the longest, 800 ms; the sum is 2000")
              .isBetween(800, 1900);
          assertThat(millisOf("(\\d+) polls", lines))
              .as("polls")
              .matches(polls -> id.equals("C5") ? polls > 50 : polls >= 5 && polls < 50);
        });
  }

  /** The one number that the lines tell in a form. */
  private static int millisOf(String form, List<String> lines) {
    List<MatchResult> found = matches(Pattern.compile("^" + form), lines);
    assertThat(found).as("%s in %s", form, lines).hasSize(1);
    return Integer.parseInt(found.getFirst().group(1));
  }

  private static List<String> numbers(List<String> lines) {
    return matches(ANSWER, lines).stream()
        .map(answer -> {
          assertThat(answer.group(1)).isEqualTo(answer.group(3));
          return answer.group(1);
        })
        .toList();
  }

  // R1 to R4: reactor and executor

  @Test
  void anExecutorSleepsWhileItsTaskIsPending() throws Exception {
    forEach(
        List.of("R1", "R2"),
        id -> {
          List<String> lines = output(program(200, id, place));
          assertThat(lines)
              .containsSubsequence(
                  "1 task is pending: asleep",
                  "answer: hello from the first",
                  "1 task is pending: asleep",
                  "answer: hello from the second");
          assertThat(lines.stream().filter(line -> line.equals("1 task is pending: asleep")))
              .as("sleeps: a few for each answer, however long it takes")
              .hasSizeLessThan(20);
          assertThat(millisOf("2 answers, (\\d+) ms", lines)).isGreaterThanOrEqualTo(200);
        });
  }

  @Test
  void tasksStartTasksAndTheExecutorTellsHowManyArePending() throws Exception {
    List<String> lines = output(program(200, "R3", place));
    assertThat(lines).first().isEqualTo("the first task has started five");
    assertThat(lines)
        .containsSubsequence(
            "4 tasks are pending: asleep",
            "3 tasks are pending: asleep",
            "2 tasks are pending: asleep",
            "1 task is pending: asleep");
    assertThat(numbers(lines)).containsExactly("0", "1", "2", "3", "4");
    assertThat(lines.stream().filter(line -> line.endsWith("asleep"))).hasSizeLessThan(50);
    assertThat(millisOf("no task is left, (\\d+) ms", lines)).isBetween(800, 1900);
  }

  @Test
  void twelveExecutorsShareAReactor() throws Exception {
    assertThat(Files.readString(PROGRAMS.resolve("R4.java"))).contains("BUFFER_BYTES = 147;");
    List<String> lines = output(program(200, "R4", place));
    List<String> expected = new ArrayList<>();
    for (int executor = 0; executor < 12; executor++) {
      for (int answer = 0; answer < 5; answer++) {
        expected.add("answer %d for executor %d".formatted(answer, executor));
      }
      assertThat(lines).contains("executor %d: 1 pending, asleep".formatted(executor));
    }
    assertThat(lines).filteredOn(line -> line.startsWith("answer ")).hasSameElementsAs(expected);
    assertThat(millisOf("60 answers, (\\d+) ms", lines))
        .as("the longest, 800 ms; five in sequence take 2000")
        .isBetween(800, 1900);
  }

  // V1, V2: what is kept over waits

  @Test
  void aCounterIsKeptOverWaits() throws Exception {
    List<String> lines = output(program(100, "V1", place));
    assertThat(lines)
        .startsWith("hello from the first", "hello from the second", "Received 2 responses.");
    assertThat(millisOf("(\\d+) ms", lines)).isGreaterThanOrEqualTo(100);
  }

  @Test
  void aViewOfABufferIsKeptOverWaits() throws Exception {
    assertThat(output(program(100, "V2", place)))
        .containsSubsequence("body: hello from the first", "body: hello from the second");
  }

  // N1, N3, N4: the platform's futures and executors

  @Test
  void thePlatformsFuturesAreJoined() throws Exception {
    List<String> lines = output(program(200, "N1", place));
    for (int i = 0; i < 5; i++) {
      int millis = i * 200;
      assertThat(millisOf("(\\d+) ms: hello from request " + i, lines))
          .isGreaterThanOrEqualTo(millis);
    }
    assertThat(millisOf("(\\d+) ms: hello from the client of the JDK", lines))
        .isGreaterThanOrEqualTo(500);
    assertThat(millisOf("6 answers, (\\d+) ms", lines)).isGreaterThanOrEqualTo(800);
  }

  @Test
  void aHundredTasksOfTheCommonPoolAreAnsweredInTheTimeOfTheLast() throws Exception {
    List<String> lines = output(program(1000, "N3", place));
    assertThat(lines)
        .startsWith(
            IntStream.range(0, 100).mapToObj(i -> "hello from task " + i).toArray(String[]::new))
        .anyMatch(line -> line.startsWith("polled on ForkJoinPool.commonPool-worker-"));
    assertThat(millisOf("100 answers, (\\d+) ms", lines))
        .as("the last, 990 ms; the sum is 49500")
        .isBetween(990, 5000);
  }

  @Test
  void nobodyStealsAWakeUpFromAParkerOfItsOwn() throws Exception {
    List<String> lines = output(program(200, "N4", place));
    assertThat(lines)
        .startsWith("the thread's permit: the wake-up was stolen", "a permit of its own: woken")
        .contains("hello from request 0", "hello from request 4");
    assertThat(millisOf("5 answers, (\\d+) polls, \\d+ ms", lines))
        .as("polls: strangers that unpark the thread cause none")
        .isBetween(2, 40);
  }
}
