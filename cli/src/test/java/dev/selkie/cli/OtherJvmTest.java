package dev.selkie.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.cli.console.Output;
import dev.selkie.cli.console.Terminal;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code selkie dump} and {@code selkie top} of other JVMs, which were not prepared for it. */
final class OtherJvmTest {
  private static final String JAVA =
      Path.of(System.getProperty("java.home"), "bin", "java").toString();

  /** A loop with a fiber and a task that wait for input, and one that a callback holds. */
  private static final String PROGRAM =
      """
      import dev.selkie.net.TcpListener;
      import dev.selkie.runtime.*;
      import dev.selkie.runtime.task.*;
      import java.net.*;
      import java.nio.ByteBuffer;
      import java.util.concurrent.CountDownLatch;

      static Object waitForInput(Connection connection) throws Exception {
        return connection.read(ByteBuffer.allocate(8));
      }

      static void holdTheLoop(CountDownLatch held) throws InterruptedException {
        held.countDown();
        new CountDownLatch(1).await();
      }

      record Reading(Connection connection) implements Task<Integer> {
        public Poll<Integer> poll(Waker waker) throws Exception {
          int n = connection.pollRead(ByteBuffer.allocate(8), waker);
          return n == -2 ? Poll.pending() : Poll.ready(n);
        }
      }

      void main() throws Exception {
        EventLoop loop = EventLoop.builder().name("first").start();
        var incoming = loop.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        SocketAddress address = ((TcpListener) incoming.source()).localAddress();
        Connection one = loop.connect(address);
        one.writeFully(ByteBuffer.allocate(5000));
        Connection server = incoming.take();
        server.readFully(ByteBuffer.allocate(5000));
        loop.fiber("reader", () -> waitForInput(server));
        loop.run(new Reading(one));
        EventLoop held = EventLoop.builder().name("second").start();
        CountDownLatch holds = new CountDownLatch(1);
        held.submit(() -> { holdTheLoop(holds); return 0; });
        holds.await();
        IO.println("ready");
        new CountDownLatch(1).await();
      }
      """;

  @TempDir private static Path folder;
  private static CommandProcess program;

  private static CommandProcess launch() throws Exception {
    String path =
        System.getProperty("jdk.module.path", "")
            + File.pathSeparator
            + System.getProperty("java.class.path");
    Path source = Files.writeString(folder.resolve("Loops.java"), PROGRAM);
    CommandProcess launched =
        new CommandProcess(
            new ProcessBuilder(
                JAVA,
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "--add-opens=java.base/java.lang=ALL-UNNAMED",
                "-Xlog:class+load:file=" + folder.resolve("classes.log"),
                "-cp",
                path,
                source.toString()));
    assertThat(launched.line()).isEqualTo("ready");
    return launched;
  }

  @BeforeAll
  static void start() throws Exception {
    program = launch();
    assertThat(Files.readString(folder.resolve("classes.log")))
        .as("a JVM that does not record loads no classes of events")
        .contains("dev.selkie.runtime.jfr.Recorder ")
        .doesNotContain("dev.selkie.runtime.jfr.WaitEvent", "jdk.jfr.Event ");
  }

  @AfterAll
  static void end() {
    program.close();
  }

  private static Captured run(String command, long pid, String... options) {
    List<String> words = new ArrayList<>(List.of(command, Long.toString(pid)));
    words.addAll(List.of(options));
    return Captured.run(words.toArray(String[]::new));
  }

  private static void assertFails(Captured run, String line) {
    assertThat(run.err()).singleElement().asString().startsWith("selkie: ").contains(line);
    assertThat(run.out()).isEmpty();
    assertThat(run.status()).isEqualTo(1);
  }

  @Test
  void dumpShowsFibersTasksAndSourcesAlsoOfALoopThatIsHeld() {
    Captured dump = run("dump", program.pid());
    assertThat(dump.err()).isEmpty();
    assertThat(dump.status()).isZero();
    int second = dump.out().indexOf("event loop second, " + backend(dump) + ", OPEN");
    assertThat(dump.out().getFirst()).startsWith("event loop first, ");
    assertThat(dump.out().subList(0, second))
        .anyMatch(line -> line.matches("  \"reader\" #\\d+ WAITING for input of TcpStream .*"))
        .anyMatch(line -> line.contains("at Loops.waitForInput(Loops.java:"))
        .contains("tasks: 1", "sources: 3")
        .anyMatch(line -> line.startsWith("  Reading[connection=TcpStream fd "))
        .anyMatch(line -> line.matches("    task Reading.*, for input of TcpStream .*"))
        .anyMatch(line -> line.matches("  TcpListener fd .*: listener, 1 taken, registered .*"))
        .noneMatch(line -> line.contains("it has not answered"));
    assertThat(dump.out().subList(second, dump.out().size()))
        .anyMatch(line -> line.contains("it has not answered within a second"))
        .anyMatch(line -> line.contains("at Loops.holdTheLoop(Loops.java:"));
  }

  private static String backend(Captured dump) {
    return dump.out().getFirst().split(", ", -1)[1];
  }

  @Test
  void topPrintsALineASecond() {
    Captured top = run("top", program.pid(), "--count", "2");
    assertThat(top.err()).isEmpty();
    assertThat(top.status()).isZero();
    assertThat(top.out())
        .hasSize(2)
        .allMatch(line ->
            line.matches(
                "\\d\\d:\\d\\d:\\d\\d  2 loops, load \\d+ %, lag .* ms, longest callback .* ms,"
                    + " .* events/s, .* wakes/s, .* timers/s, 3 registered, 1 fibers, .*/s in,"
                    + " .*/s out"));
  }

  @Test
  void topPrintsAnObjectOfJson() {
    Captured top = run("top", program.pid(), "--json", "--count", "1");
    assertThat(top.err()).isEmpty();
    assertThat(top.out())
        .singleElement()
        .asString()
        .startsWith("{\"time\": \"")
        .contains("\"pid\": " + program.pid())
        .contains("{\"loop\": \"first\", \"load\": 0.")
        .contains("{\"loop\": \"second\", \"load\": ")
        .contains("\"fibers\": 1, \"fibers_parked\": 1, \"registrations\": 3")
        .contains("\"received_bytes\": 5000, \"sent_bytes\": 0")
        .contains("\"received_bytes\": 0, \"sent_bytes\": 5000")
        .endsWith("}]}");
  }

  @Test
  void whatIsNoProcessOrNoJvmIsNamed() throws Exception {
    assertFails(run("dump", Integer.MAX_VALUE), "there is no process " + Integer.MAX_VALUE);
    try (CommandProcess other = new CommandProcess(new ProcessBuilder("sleep", "60"))) {
      assertFails(run("top", other.pid()), "cannot attach to process " + other.pid());
    }
    Captured wrong = Captured.run("dump", "one");
    assertThat(wrong.err()).singleElement().asString().contains("'one' is no whole number");
    assertThat(wrong.status()).isEqualTo(2);
    assertThat(Captured.run("top").status()).isEqualTo(2);
  }

  private static CommandProcess withoutSelkie(String... options) throws Exception {
    List<String> command = new ArrayList<>(List.of(JAVA));
    command.addAll(List.of(options));
    command.addAll(List.of("-m", "jdk.httpserver", "-p", "0"));
    CommandProcess server = new CommandProcess(new ProcessBuilder(command));
    assertThat(server.line()).isNotEmpty();
    return server;
  }

  @Test
  void aJvmWithoutALoopOrWithoutAttachIsNamed() throws Exception {
    try (CommandProcess other = withoutSelkie()) {
      assertFails(run("dump", other.pid()), "has no event loop of Selkie in it");
    }
    try (CommandProcess other = withoutSelkie("-XX:+DisableAttachMechanism")) {
      assertFails(run("dump", other.pid()), "-XX:+DisableAttachMechanism");
    }
  }

  /** Runs top with a terminal, and does something when it prints for the first time. */
  private static Captured top(Terminal terminal, Runnable first, String... words) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    ByteArrayOutputStream out =
        new ByteArrayOutputStream() {
          @Override
          public void write(byte[] bytes) throws IOException {
            if (size() == 0) {
              first.run();
            }
            super.write(bytes);
          }
        };
    Output output =
        new Output(
            out,
            StandardCharsets.UTF_8,
            new PrintStream(err, true, StandardCharsets.UTF_8),
            terminal);
    int status = Main.execute(output, words);
    return new Captured(
        status,
        out.toString(StandardCharsets.UTF_8).lines().toList(),
        err.toString(StandardCharsets.UTF_8).lines().toList());
  }

  @Test
  void topEndsWithItsProcess() throws Exception {
    try (CommandProcess other = launch()) {
      Captured top = top(Terminal.NONE, other::close, "top", Long.toString(other.pid()));
      assertThat(top.out()).hasSizeBetween(1, 2);
      assertThat(top.err()).containsExactly("selkie: process " + other.pid() + " has ended");
      assertThat(top.status()).isEqualTo(1);
    }
  }

  @Test
  void onATerminalAScreenIsDrawnAndTheTerminalLeftAsItWas() {
    Terminal narrow = new Terminal(true, 40, 6, false, true);
    Captured top = top(narrow, () -> {}, "top", Long.toString(program.pid()), "--count", "1");
    assertThat(top.err()).isEmpty();
    String screen = String.join("\n", top.out());
    assertThat(screen)
        .startsWith("\u001b[?1049h\u001b[?25l\u001b[Hselkie top " + program.pid())
        .contains("\nLOOP ", "\nfirst ")
        .doesNotContain("\nsecond ") // which the sixth row would hold
        .endsWith("\u001b[J\u001b[?25h\u001b[?1049l");
    assertThat(screen.replaceAll("\u001b\\[\\??[0-9]*[a-zA-Z]", "").lines())
        .allMatch(line -> line.length() <= 40);
  }
}
