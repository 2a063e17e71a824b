package dev.selkie.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.net.UdpSocket;
import dev.selkie.net.UnixDatagramSocket;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class WatchTest {
  private static final Pattern PORT = Pattern.compile("udp ([0-9]+)");

  @TempDir private Path folder;

  /** The command in a JVM of its own, by a line of shell in which {@code "$@"} is the command. */
  private static CommandProcess shell(String line, String... arguments) throws IOException {
    List<String> words = new ArrayList<>(List.of("sh", "-c", line, "sh"));
    words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    words.add("--enable-native-access=ALL-UNNAMED");
    words.add("-XX:TieredStopAtLevel=1");
    words.add("-cp");
    words.add(
        System.getProperty("jdk.module.path", "")
            + File.pathSeparator
            + System.getProperty("java.class.path"));
    words.add("dev.selkie.cli.Main");
    words.add("watch");
    words.addAll(List.of(arguments));
    return new CommandProcess(new ProcessBuilder(words));
  }

  /** Reads lines until one tells of that; returns it. */
  private static String await(CommandProcess process, String what) throws InterruptedException {
    for (int lines = 0; lines < 1000; lines++) {
      String line = process.line();
      if (line.contains(what)) {
        return line;
      }
    }
    throw new AssertionError("a thousand lines without " + what);
  }

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void everythingIsWatchedByOneThread() throws Exception {
    Path fifo = folder.resolve("fifo");
    Path unix = folder.resolve("socket");
    Path tree = Files.createDirectory(folder.resolve("tree"));
    try (CommandProcess process =
        shell(
            "exec \"$@\" < " + Files.writeString(folder.resolve("input"), "one\ntwo"),
            "--stdin",
            "--fifo=" + fifo,
            "--udp=127.0.0.1:0",
            "--unix=" + unix,
            "--folder=" + tree,
            "--signal=HUP",
            "--every=200ms",
            "--run=echo out; echo err >&2; exit 3",
            "--json")) {
      String watching = process.errorLine();
      assertThat(watching)
          .startsWith("selkie: watching stdin, fifo " + fifo + ", udp ")
          .contains("signal HUP, every 200ms, run echo out;");
      await(process, "\"source\": \"every 200ms\", \"event\": \"tick\", \"count\": ");

      Files.writeString(fifo, "through the fifo\n");
      await(
          process,
          "\"source\": \"fifo "
              + fifo
              + "\", \"event\": \"line\", \"text\": \"through the fifo\"}");
      Files.writeString(fifo, "again\n");
      await(process, "\"text\": \"again\"}");

      Matcher port = PORT.matcher(watching);
      assertThat(port.find()).isTrue();
      try (UdpSocket sender =
          UdpSocket.connect(
              new InetSocketAddress(
                  InetAddress.ofLiteral("127.0.0.1"), Integer.parseInt(port.group(1))))) {
        sender.send(bytes("hello\n"));
      }
      assertThat(await(process, "\"source\": \"udp "))
          .contains("\"event\": \"datagram\", \"from\": \"127.0.0.1:")
          .endsWith("\"bytes\": 6, \"text\": \"hello\"}");
      try (UnixDatagramSocket sender =
          UnixDatagramSocket.connect(UnixDomainSocketAddress.of(unix))) {
        sender.send(bytes("within the host"));
      }
      await(process, "\"bytes\": 15, \"text\": \"within the host\"}");

      Path made = Files.createDirectories(tree.resolve("a/b")).resolve("file");
      Files.writeString(made, "x");
      await(process, "\"event\": \"created\", \"path\": \"" + made + "\"");

      assertThat(new ProcessBuilder("kill", "-HUP", Long.toString(process.pid())).start().waitFor())
          .isZero();
      await(process, "\"source\": \"signal HUP\", \"event\": \"signal\", \"count\": 1}");
    }
  }

  @Test
  void linesComeInOrderAndTheEndIsTold() throws Exception {
    try (CommandProcess process =
        shell("printf 'one\\r\\ntwo\\n\\nthree' | \"$@\"", "--stdin", "--json")) {
      Captured end = process.end();
      assertThat(end.out())
          .extracting(line -> line.replaceFirst(".*\"event\": ", ""))
          .containsExactly(
              "\"line\", \"text\": \"one\"}",
              "\"line\", \"text\": \"two\"}",
              "\"line\", \"text\": \"\"}",
              "\"line\", \"text\": \"three\"}",
              "\"end\"}");
      assertThat(end.status()).isZero();
    }
  }

  @Test
  void aProgramsLinesComeBeforeItsEnd() {
    Captured run = Captured.run("watch", "--run", "echo out; echo err >&2; exit 3");
    assertThat(run.out()).hasSize(3);
    assertThat(run.out().subList(0, 2))
        .anySatisfy(line -> assertThat(line).endsWith("line stream=output  out"))
        .anySatisfy(line -> assertThat(line).endsWith("line stream=errors  err"));
    assertThat(run.out().get(2)).endsWith("  exit code=3");
    assertThat(run.status()).isZero();
    assertThat(Captured.run("watch", "--run", "kill -TERM $$").out())
        .singleElement()
        .asString()
        .endsWith("  exit signal=TERM");
  }

  @Test
  void aCommandIsRunAtEachEventInOrder() throws Exception {
    Path log = folder.resolve("log");
    Captured run =
        Captured.run(
            "watch",
            "--run",
            "echo a; echo b; echo c",
            "--exec",
            "echo $SELKIE_EVENT $SELKIE_TEXT $SELKIE_CODE >> " + log);
    assertThat(run.status()).isZero();
    assertThat(Files.readAllLines(log)).containsExactly("line a", "line b", "line c", "exit 0");
    assertThat(Captured.run("watch", "--every", "10ms", "--once", "--exec", "exit 7").err())
        .contains("selkie: the command of --exec ended with exit code 7");
  }

  @Test
  void itEndsByCountOrByTime() {
    Captured count = Captured.run("watch", "--every", "10ms", "--count", "3");
    assertThat(count.out())
        .hasSize(3)
        .allSatisfy(line -> assertThat(line).contains("  every 10ms  tick count="));
    assertThat(count.status()).isZero();
    assertThat(Captured.run("watch", "--every", "1h", "--for", "20ms").status()).isZero();
    Captured late = Captured.run("watch", "--every", "1h", "--for", "20ms", "--once");
    assertThat(late.status()).isEqualTo(124);
    assertThat(late.out()).isEmpty();
  }

  @Test
  void atASignalNothingIsLeftBehind() throws Exception {
    Path unix = folder.resolve("socket");
    for (String signal : List.of("INT", "TERM", "KILL", "INT")) {
      try (CommandProcess process = shell("exec \"$@\"", "--unix=" + unix, "--json")) {
        assertThat(process.errorLine()).endsWith("unix " + unix + ": Ctrl-C ends it");
        assertThat(new ProcessBuilder("kill", "-" + signal, "" + process.pid()).start().waitFor())
            .isZero();
        assertThat(process.end().status()).isEqualTo(signal.equals("KILL") ? 128 + 9 : 0);
      }
      assertThat(unix.toFile().exists()).isEqualTo(signal.equals("KILL"));
    }
  }

  @Test
  void aProgramIsEndedWithTheWatch() throws Exception {
    Captured run = Captured.run("watch", "--run", "echo $$; sleep 1000; :", "--once");
    String line = run.out().getFirst();
    long number = Long.parseLong(line.substring(line.lastIndexOf(' ') + 1));
    ProcessHandle shell = ProcessHandle.of(number).orElse(null);
    if (shell != null) {
      shell.onExit().get(10, TimeUnit.SECONDS);
    }
    assertThat(run.status()).isZero();
  }

  @Test
  void commandsAreRunToTheirEndWhenTheTimeIsOver() throws Exception {
    Captured once =
        Captured.run(
            "watch", "--every", "10ms", "--once", "--exec", "exec sleep 1.2", "--for", "1s");
    assertThat(once.status()).isZero();
    Path log = folder.resolve("log");
    Captured many =
        Captured.run(
            "watch",
            "--run",
            "seq 300; exec sleep 1000",
            "--exec",
            "echo $SELKIE_TEXT >> " + log,
            "--for",
            "100ms");
    assertThat(many.status()).isZero();
    List<String> told = new ArrayList<>();
    many.out().forEach(line -> told.add(line.substring(line.lastIndexOf(' ') + 1)));
    assertThat(told.isEmpty() ? List.of() : Files.readAllLines(log)).isEqualTo(told);
  }

  @Test
  void aCommandIsToldEverythingAndPrintsBesideJson() {
    Captured run =
        Captured.run(
            "watch",
            "--run",
            "echo x >&2",
            "--once",
            "--json",
            "--exec",
            "test $SELKIE_TIME || exit 7; test \"$SELKIE_SOURCE\" || exit 8; echo $SELKIE_STREAM; exit 9");
    assertThat(run.out()).singleElement().asString().endsWith("\"text\": \"x\"}");
    assertThat(run.err()).contains("selkie: the command of --exec ended with exit code 9");
  }

  @Test
  void aLongLineIsToldInPiecesAndABigDatagramIsACommandsVariable() throws Exception {
    Path input = folder.resolve("input");
    Files.writeString(input, "a" + "\u00e9".repeat(40_000) + "\nb\n");
    try (CommandProcess process = shell("LC_ALL=C exec \"$@\" < " + input, "--stdin", "--json")) {
      List<String> lines = process.end().out();
      assertThat(lines.get(0))
          .endsWith("\"partial\": true, \"text\": \"a" + "\u00e9".repeat(32_767) + "\"}");
      assertThat(lines.get(1))
          .endsWith("\"event\": \"line\", \"text\": \"" + "\u00e9".repeat(7_233) + "\"}");
      assertThat(lines.get(2)).endsWith("\"event\": \"line\", \"text\": \"b\"}");
    }
    try (CommandProcess process =
        shell(
            "exec \"$@\"",
            "--udp=127.0.0.1:0",
            "--once",
            "--exec",
            "test ${#SELKIE_TEXT} = 40000")) {
      Matcher port = PORT.matcher(process.errorLine());
      assertThat(port.find()).isTrue();
      byte[] bytes = new byte[65_507];
      Arrays.fill(bytes, (byte) 'x');
      try (UdpSocket sender =
          UdpSocket.connect(
              new InetSocketAddress(
                  InetAddress.ofLiteral("127.0.0.1"), Integer.parseInt(port.group(1))))) {
        sender.send(ByteBuffer.wrap(bytes));
      }
      Captured end = process.end();
      assertThat(end.status()).isZero();
      assertThat(end.err()).isEmpty();
    }
  }

  @Test
  void standardInputMayBeAnything() throws Exception {
    try (CommandProcess process = shell("exec \"$@\" < /dev/null", "--stdin")) {
      assertThat(process.end().out()).singleElement().asString().endsWith("  stdin  end");
    }
    try (CommandProcess process = shell("exec \"$@\" <&-", "--stdin")) {
      Captured end = process.end();
      assertThat(end.status()).isEqualTo(1);
      assertThat(end.err())
          .singleElement()
          .asString()
          .contains("standard input")
          .contains("closed");
    }
  }

  @Test
  void aFolderThatIsDeletedEndsTheWatch() throws Exception {
    Path tree = Files.createDirectory(folder.resolve("tree"));
    try (CommandProcess process = shell("exec \"$@\"", "--folder=" + tree)) {
      assertThat(process.errorLine()).contains("watching");
      Files.delete(tree);
      Captured end = process.end();
      assertThat(end.out().getLast()).contains("  self-deleted path=" + tree);
      assertThat(end.status()).isZero();
    }
  }

  @Test
  void whatFailsToOpenIsNamed() throws Exception {
    Path file = Files.createFile(folder.resolve("file"));
    assertFails("--fifo", file.toString());
    assertFails("--folder", folder.resolve("nothing").toString());
    assertFails("--unix", folder.resolve("no/such/folder").toString());
    assertFails("--unix", folder.resolve("x".repeat(200)).toString());
    assertFails("--signal", "KILL");
    assertFails("--signal", "NOSUCH");
  }

  private static void assertFails(String option, String value) {
    Captured run = Captured.run("watch", option, value);
    assertThat(run.status()).isEqualTo(1);
    assertThat(run.err()).singleElement().asString().startsWith("selkie: ").contains(value);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          watch                             | there is nothing to watch: give --stdin, --folder PATH or the like
          watch --every soon                | --every 'soon' is no time: give a whole number above 0 with ms, s, m or h, as in 500ms
          watch --every 0s                  | --every '0s' is no time
          watch --every 1s --for 5          | --for '5' is no time
          watch --every 1s --count 0        | --count 0 is out of range
          watch --every 1s --once --count 2 | --once is --count 1: give one of the two
          watch --udp port                  | --udp 'port' is no whole number: give one from 0 to 65535
          watch --udp host:1                | --udp host:1: give a port, or an address and a port as in 127.0.0.1:5140 or [::1]:5140
          """)
  void wrongOptionsAreRefused(String line, String message) {
    Captured run = Captured.run(line.split(" "));
    assertThat(run.status()).isEqualTo(2);
    assertThat(run.err()).singleElement().asString().contains(message);
  }
}
