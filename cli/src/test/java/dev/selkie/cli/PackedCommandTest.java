package dev.selkie.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The command as a user has it: the script and the packed jars, as a process. They lie in a folder
 * of the test, where the script finds everything built.
 */
final class PackedCommandTest {
  private static final String FULL = "/dev/full";
  private static final String PROFILE = "-Ddev.selkie.kernel.profile=";

  @TempDir private Path folder;
  private PackedScript packed;
  private Path script;

  @BeforeEach
  void layOut() throws IOException {
    packed = new PackedScript(folder);
    script = packed.path();
  }

  @AfterEach
  void unlink() throws IOException {
    packed.close();
  }

  /** The script with arguments, with the JDK of the tests. */
  private ProcessBuilder command(String... args) {
    return packed.command(args);
  }

  /** A line of shell in which {@code "$0"} is the script. */
  private ProcessBuilder shell(String line) {
    return prepared(List.of("sh", "-c", line, script.toString()));
  }

  private ProcessBuilder prepared(List<String> words) {
    return packed.prepared(words);
  }

  private static Captured run(ProcessBuilder builder) throws Exception {
    try (CommandProcess process = new CommandProcess(builder)) {
      return process.end();
    }
  }

  private static void assertFails(Captured run, int status, String line) {
    assertThat(run.err()).singleElement().asString().startsWith("selkie: ").contains(line);
    assertThat(run.out()).isEmpty();
    assertThat(run.status()).isEqualTo(status);
  }

  @ParameterizedTest
  @EnumSource
  void demoPrintsAPlainLineAnAnswer(Style style) throws Exception {
    Captured demo =
        run(command("demo", "--requests", "20", "--delay", "5", "--style", style.toString()));
    assertThat(demo.err()).isEmpty();
    assertThat(demo.status()).isZero();
    assertThat(demo.out().getFirst())
        .matches("20 requests to 127.0.0.1:[0-9]+, delayed by 5 to 100 ms, " + style.on(1) + ":");
    assertThat(demo.out())
        .allMatch(line -> line.matches("\\p{ASCII}*") && !line.contains("\u001b"));
    IntStream.range(0, 20)
        .forEach(i -> {
          String form =
              "request %d answered after [0-9]+ ms: hello from request %d".formatted(i, i);
          assertThat(demo.out().stream().filter(line -> line.matches(form))).hasSize(1);
        });
    assertThat(demo.out().getLast()).contains(" waits (", " 20 ends of file, ", " system calls.");
  }

  @ParameterizedTest
  @CsvSource({
    "TERM, queue, 1",
    "INT, queue, 1",
    "TERM, callbacks, 1",
    "INT, callbacks, 2",
    "TERM, futures, 2",
    "INT, futures, 1",
    "TERM, fibers, 2",
    "INT, fibers, 1"
  })
  void signalEndsAServerWithItsSummary(String signal, String style, String loops) throws Exception {
    ProcessBuilder serve = command("serve", "echo", "--style", style, "--loops", loops);
    if (run(shell("env --default-signal=INT true")).status() == 0) {
      // A shell lets its background jobs ignore SIGINT, and so their children, and the JVM keeps
      // it.
      serve.command().addAll(0, List.of("env", "--default-signal=INT"));
    }
    try (CommandProcess server = new CommandProcess(serve)) {
      String place = server.line();
      assertThat(place).matches("echo server at 127\\.0\\.0\\.1:[0-9]+");
      try (Socket socket = connect(place)) {
        socket.getOutputStream().write(new byte[] {1, 2, 3});
        assertThat(socket.getInputStream().readNBytes(3)).containsExactly(1, 2, 3);
      }
      assertThat(run(shell("kill -%s %d".formatted(signal, server.pid()))).status()).isZero();
      Captured end = server.end();
      assertThat(end.err()).isEmpty();
      assertThat(end.out())
          .singleElement()
          .asString()
          .matches(
              "1 connection, 3 bytes in, 3 bytes out, [0-9]+ waits, [0-9]+ events?,"
                  + " [0-9]+ system calls(, 1 .*)?");
      assertThat(end.status()).isZero();
    }
  }

  @Test
  void signalEndsTopAndItsRecording() throws Exception {
    try (CommandProcess server = new CommandProcess(command("serve", "echo", "--style", "fibers"));
        CommandProcess top = new CommandProcess(top(server))) {
      assertThat(top.line()).contains("  1 loop, load ");
      assertThat(run(shell("kill -INT " + top.pid())).status()).isZero();
      Captured end = top.end();
      assertThat(end.err()).isEmpty();
      assertThat(end.status()).isZero();
      Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
      assertThat(run(shell(jcmd + " " + server.pid() + " JFR.check")).out())
          .contains("No available recordings.");
    }
  }

  private ProcessBuilder top(CommandProcess server) throws Exception {
    assertThat(server.line()).startsWith("echo server at ");
    ProcessBuilder top = command("top", Long.toString(server.pid()));
    if (run(shell("env --default-signal=INT true")).status() == 0) {
      top.command().addAll(0, List.of("env", "--default-signal=INT"));
    }
    return top;
  }

  private ProcessBuilder byPoll(String... args) {
    ProcessBuilder command = command(args);
    command
        .environment()
        .merge(PackedScript.JVM_OPTIONS, " -Ddev.selkie.backend=poll", String::concat);
    return command;
  }

  @Test
  void everyCommandWorksByPoll() throws Exception {
    assertThat(run(byPoll("doctor")).out())
        .anyMatch(line -> line.matches("ok +backend +poll, timeouts in .*seconds"));
    Captured demo = run(byPoll("demo", "--delay", "5"));
    assertThat(demo.err()).isEmpty();
    assertThat(demo.out()).filteredOn(line -> line.contains(": hello from request ")).hasSize(5);
    try (CommandProcess server = new CommandProcess(byPoll("serve", "echo"));
        Socket socket = connect(server.line())) {
      socket.getOutputStream().write(new byte[] {1, 2, 3});
      assertThat(socket.getInputStream().readNBytes(3)).containsExactly(1, 2, 3);
    }
    try (CommandProcess server = new CommandProcess(byPoll("serve", "delay"));
        Socket socket = connect(server.line())) {
      socket.getOutputStream().write("GET /5/hello HTTP/1.1\r\n\r\n".getBytes(US_ASCII));
      assertThat(new String(socket.getInputStream().readAllBytes(), US_ASCII)).endsWith("hello");
    }
  }

  private static Socket connect(String place) throws IOException {
    int port = Integer.parseInt(place.substring(place.lastIndexOf(':') + 1));
    Socket socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), port);
    socket.setSoTimeout(10_000);
    return socket;
  }

  @Test
  void aProgramInOneFileRunsWithMountedFibers() throws Exception {
    Path program =
        Files.writeString(
            folder.resolve("Mounted.java"),
            """
            import dev.selkie.runtime.*;

            void main(String[] arguments) throws Exception {
              try (EventLoop loop = EventLoop.start()) {
                boolean mounted = loop.fiber(loop::isOnLoop).join();
                IO.println(arguments[0] + ": mounted " + mounted);
              }
            }
            """);
    Captured run = run(command("run", program.toString(), "fibers"));
    assertThat(run.out()).containsExactly("fibers: mounted true");
    assertThat(run.status()).isZero();
    Captured missing = run(command("run", "Missing.java"));
    assertFails(missing, 2, "run: there is no file 'Missing.java'");
    assertThat(run(command("run")).status()).isEqualTo(2);
    assertThat(run(command("help", "run")).out())
        .first()
        .asString()
        .startsWith("Usage: selkie run FILE.java");
  }

  @Test
  void closedPipeEndsQuietly() throws Exception {
    Captured demo = run(shell("{ \"$0\" demo --delay 300; echo \"status $?\" >&2; } | head -n 1"));
    assertThat(demo.out()).singleElement().asString().startsWith("5 requests to ");
    assertThat(demo.err()).containsExactly("status 141");
  }

  @ParameterizedTest
  @ValueSource(strings = {"--help", "demo --delay 1"})
  void fullDiskIsALineAndAStatus(String args) throws Exception {
    assumeTrue(Files.exists(Path.of(FULL)), "this system has no " + FULL);
    ProcessBuilder command = command(args.split(" ", -1)).redirectOutput(new File(FULL));
    assertFails(run(command), 1, "cannot write to the standard output: ");
  }

  @Test
  void lowDescriptorLimitIsToldAtOnce() throws Exception {
    assertFails(
        run(shell("ulimit -n 256 && exec \"$0\" demo --requests 5000")),
        1,
        "5000 requests need 10064 descriptors and the limit is 256: raise it with ulimit -n 10064");
  }

  @Test
  void portInUseIsNamed() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.ofLiteral("127.0.0.1"))) {
      String port = Integer.toString(taken.getLocalPort());
      assertFails(
          run(command("serve", "echo", "--port", port)), 1, "port " + port + " is in use at");
    }
  }

  @Test
  void wrongArgumentsAreALineAndAStatus() throws Exception {
    assertFails(
        run(command("demo", "--frobnicate")),
        2,
        "--frobnicate is no option of selkie demo; see selkie demo --help");
  }

  @Test
  void emptyPropertyIsALineAndAStatus() throws Exception {
    ProcessBuilder demo = command("demo");
    demo.environment().merge(PackedScript.JVM_OPTIONS, " -Ddev.selkie.backend=", String::concat);
    assertFails(run(demo), 1, "; correct -Ddev.selkie.backend, or leave it out");
  }

  @Test
  void machineWithoutProfileIsALineAndAStatus() throws Exception {
    ProcessBuilder demo = command("demo");
    demo.environment().merge(PackedScript.JVM_OPTIONS, " -Dos.arch=pdp11", String::concat);
    assertFails(run(demo), 1, "no profile for this system (os.name=");
  }

  @Test
  void malformedProfileIsALineAndAStatus() throws Exception {
    Path profile = Files.writeString(folder.resolve("mine.properties"), "constant.EPOLLIN = one\n");
    ProcessBuilder demo = command("demo");
    demo.environment().merge(PackedScript.JVM_OPTIONS, " " + PROFILE + profile, String::concat);
    assertFails(
        run(demo),
        1,
        "profile %s, key constant.EPOLLIN: not a number of 32 bits: \"one\"; mend that file"
            .formatted(profile));
  }

  @Test
  void unreadableProfileIsAFactOfTheDoctors() throws Exception {
    ProcessBuilder doctor = command("doctor");
    doctor
        .environment()
        .merge(PackedScript.JVM_OPTIONS, " " + PROFILE + "/no/such", String::concat);
    Captured facts = run(doctor);
    assertThat(facts.out().getLast())
        .matches(
            "missing +profile +profile /no/such cannot be read: no such file; mend that file .*");
    assertThat(facts.err()).isEmpty();
    assertThat(facts.status()).isEqualTo(1);
  }

  @Test
  void doctorNamesTheOptionThatMountsFibers() throws Exception {
    assertThat(run(command("doctor")).out())
        .anyMatch(line ->
            line.matches(
                "ok +fibers +mounted .* --add-opens java.base/java.lang=dev.selkie.runtime"));
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String main = "dev.selkie.cli.Main";
    assertThat(
            run(prepared(
                    List.of(
                        java,
                        "--enable-native-access=dev.selkie",
                        "-p",
                        PackedScript.JARS.toString(),
                        "-m",
                        "dev.selkie.cli/" + main,
                        "doctor")))
                .out())
        .anyMatch(line ->
            line.matches(
                "absent +fibers +run on the JDK's scheduler.*; start Java with --add-opens"
                    + " java.base/java.lang=dev.selkie.runtime"));
    assertThat(
            run(prepared(
                    List.of(
                        java,
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        PackedScript.JARS + "/*",
                        main,
                        "doctor")))
                .out())
        .anyMatch(line ->
            line.matches(
                "absent +fibers +run on the JDK's scheduler.*; start Java with --add-opens"
                    + " java.base/java.lang=ALL-UNNAMED"));
  }

  @Test
  void missingNativeAccessNamesTheFlag() throws Exception {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    ProcessBuilder bare =
        prepared(
            List.of(
                java.toString(),
                "--illegal-native-access=deny",
                "-p",
                PackedScript.JARS.toString(),
                "-m",
                "dev.selkie.cli/dev.selkie.cli.Main",
                "demo"));
    assertFails(run(bare), 1, "--enable-native-access=dev.selkie");
  }

  /** Lets the script ask for a JDK that no machine has, and nothing be found but by HOME. */
  private ProcessBuilder ofTheFuture(String... args) throws IOException {
    String text = Files.readString(script);
    assertThat(text).contains("jdk_select 25\n");
    Files.writeString(script, text.replace("jdk_select 25\n", "jdk_select 99\n"));
    return command(args);
  }

  @Test
  void missingJdkIsALineAndAStatus() throws Exception {
    Captured run = run(ofTheFuture("demo"));
    assertThat(run.err())
        .singleElement()
        .asString()
        .matches(
            "selkie needs JDK 99 or newer and found none: install one \\(.*\\) or set"
                + " JAVA_HOME\\.");
    assertThat(run.out()).isEmpty();
    assertThat(run.status()).isEqualTo(1);
  }

  @Test
  void jdkOfTheHomeFolderIsFoundWhereJavaHomeIsTooOld() throws Exception {
    Path bin = Files.createDirectories(folder.resolve(".jdks/newer one/bin"));
    Files.writeString(bin.resolveSibling("release"), "JAVA_VERSION=\"100.0.1\"\n");
    for (String name : List.of("java", "javac")) {
      Path program = bin.resolve(name);
      Files.writeString(program, "#!/bin/sh\nprintf '%s\\n' \"$@\"\n", US_ASCII);
      Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
    Captured run = run(ofTheFuture("demo", "--host", "two words"));
    assertThat(run.err()).isEmpty();
    assertThat(run.out())
        .contains("--enable-native-access=dev.selkie", "--illegal-native-access=deny")
        .endsWith("-m", "dev.selkie.cli/dev.selkie.cli.Main", "demo", "--host", "two words");
  }
}
