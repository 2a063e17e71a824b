package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.selkie.Envelope;
import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.kernel.UnixAddress;
import dev.selkie.net.UdpSocket;
import dev.selkie.net.UnixDatagramSocket;
import dev.selkie.source.PseudoTerminal;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The single-file programs in {@code examples/} run as their readers run them. */
final class ExamplesTest {
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
  private static final String MOUNTING = "--add-opens java.base/java.lang=ALL-UNNAMED";
  private static final Path ROOT = Path.of("").toAbsolutePath().getParent();
  private static final Path ECHO_SERVER = ROOT.resolve("examples/EchoServer.java");
  private static final Path UDP_ECHO = ROOT.resolve("examples/UdpEcho.java");
  private static final Path SIMULATED_ECHO = ROOT.resolve("examples/SimulatedEcho.java");
  private static final Path SIMULATED_SERVER = ROOT.resolve("examples/SimulatedServer.java");

  /**
   * As jars: out of folders the JVM opens a file for each class, for which a server has no room.
   */
  @TempDir private static Path jars;

  private static String classPath = "";

  @BeforeAll
  static void pack() {
    List<String> path = new ArrayList<>();
    for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
      if (Files.isDirectory(Path.of(entry))) {
        String jar = jars.resolve(path.size() + ".jar").toString();
        assertThat(
                ToolProvider.findFirst("jar")
                    .orElseThrow()
                    .run(System.out, System.err, "--create", "--file", jar, "-C", entry, "."))
            .as("jar of %s", entry)
            .isZero();
        path.add(jar);
      } else {
        path.add(entry);
      }
    }
    classPath = String.join(File.pathSeparator, path);
  }

  @Test
  void theReadmeShowsTheEchoServerAsItIs() throws IOException {
    assertThat(Files.readString(ROOT.resolve("README.md")))
        .contains("```java\n" + Files.readString(ECHO_SERVER) + "```");
  }

  @ParameterizedTest
  @ValueSource(strings = {"EchoServer.java", "CallbackEcho.java", "FiberEcho.java"})
  void anEchoServerEchoesMoreThanItsBufferHolds(String name) throws Exception {
    Process server = start(ROOT.resolve("examples", name), List.of(MOUNTING.split(" ")));
    try (BufferedReader output = server.inputReader();
        Socket client = new Socket(LOOPBACK, port(output.readLine()))) {
      client.setSoTimeout(5_000);
      byte[] sent = "0123456789".repeat(2_000).getBytes(StandardCharsets.US_ASCII);
      client.getOutputStream().write(sent);
      client.shutdownOutput();
      assertThat(client.getInputStream().readAllBytes()).isEqualTo(sent);
    } finally {
      end(server);
    }
  }

  /** More clients than descriptors: who is not accepted waits until others have left. */
  @ParameterizedTest
  @ValueSource(strings = {"EchoServer.java", "CallbackEcho.java", "FiberEcho.java"})
  void anEchoServerOutlivesItsDescriptors(String name) throws Exception {
    Process server =
        start(
            ROOT.resolve("examples", name),
            List.of(MOUNTING.split(" ")),
            "sh",
            "-c",
            "ulimit -n 96 && exec \"$@\"",
            "sh");
    List<Socket> clients = new ArrayList<>();
    try (BufferedReader output = server.inputReader()) {
      int port = port(output.readLine());
      for (int i = 0; i < 120; i++) {
        Socket client = new Socket(LOOPBACK, port);
        clients.add(client);
        client.setSoTimeout(5_000);
        client.getOutputStream().write(i);
      }
      for (int i = 0; i < clients.size(); i++) {
        assertThat(clients.get(i).getInputStream().read()).as("client %d", i).isEqualTo(i);
        clients.get(i).close();
      }
    } finally {
      for (Socket client : clients) {
        client.close();
      }
      end(server);
    }
  }

  @Test
  void theTlsEchoAnswersTheTlsClient() throws Exception {
    Path certificates =
        ROOT.resolve("runtime/src/test/resources/dev/selkie/runtime/tls/certificates.p12");
    Process server =
        start(
            ROOT.resolve("examples/TlsEcho.java"),
            List.of(MOUNTING.split(" ")),
            List.of(certificates.toString(), "selkie-test"));
    try (BufferedReader output = server.inputReader()) {
      int port = port(output.readLine());
      KeyStore store = KeyStore.getInstance(certificates.toFile(), "selkie-test".toCharArray());
      Path certificate =
          Files.write(
              jars.resolve("localhost.der"), store.getCertificate("localhost").getEncoded());
      Process client =
          start(
              ROOT.resolve("examples/TlsClient.java"),
              List.of(MOUNTING.split(" ")),
              List.of("localhost", Integer.toString(port), certificate.toString()));
      try (BufferedReader said = client.inputReader()) {
        assertThat(said.readAllLines()).containsExactly("TLSv1.3, CN=localhost", "hello, TLS");
        assertThat(client.waitFor(10, TimeUnit.SECONDS)).isTrue();
        assertThat(client.exitValue()).isZero();
      } finally {
        end(client);
      }
    } finally {
      end(server);
    }
  }

  @Test
  void theUdpEchoAnswersEachSenderAndOutlivesOneThatIsGone() throws Exception {
    Process server = start(UDP_ECHO, List.of(MOUNTING.split(" ")));
    try (BufferedReader output = server.inputReader()) {
      InetSocketAddress address = new InetSocketAddress(LOOPBACK, port(output.readLine()));
      for (int size : new int[] {5, 0, 60_000}) {
        try (DatagramSocket gone = new DatagramSocket()) {
          gone.send(new DatagramPacket(new byte[1], 1, address));
        }
        try (DatagramSocket client = new DatagramSocket()) {
          client.setSoTimeout(5_000);
          client.send(new DatagramPacket(new byte[size], size, address));
          DatagramPacket answer = new DatagramPacket(new byte[1 << 16], 1 << 16);
          client.receive(answer);
          assertThat(answer.getLength()).isEqualTo(size);
        }
      }
    } finally {
      end(server);
    }
  }

  @Test
  void theManualPageShowsTheUdpEchoAsItIs() throws IOException {
    assertThat(Files.readString(ROOT.resolve("docs/runtime.md")))
        .contains("```java\n" + Files.readString(UDP_ECHO) + "```");
  }

  @Test
  void theStatisticsCountDatagramsGapsAndMarks() throws Exception {
    Process program = start(ROOT.resolve("examples/UdpStatistics.java"));
    try (BufferedReader output = program.inputReader()) {
      InetSocketAddress address = new InetSocketAddress(LOOPBACK, port(output.readLine()));
      try (UdpSocket one = UdpSocket.connect(address);
          UdpSocket other = UdpSocket.connect(address)) {
        Envelope marked = new Envelope().sendTrafficClass(3);
        for (long number : new long[] {5, 6, 9, 8}) { // 7 is lost, 8 is late
          one.send(ByteBuffer.allocate(3000).putLong(0, number).limit(number == 6 ? 3000 : 8));
        }
        other.send(ByteBuffer.allocate(8), marked);
        String line = output.readLine();
        while (line != null && !line.startsWith("5 datagrams")) {
          line = output.readLine();
        }
        assertThat(line)
            .isEqualTo("5 datagrams of 2 senders, 1 lost, 1 cut, 4 without ECN, 1 met congestion");
      }
    } finally {
      end(program);
    }
  }

  private static int port(String line) {
    Matcher port =
        Pattern.compile("(?:echo|counting) at .*:(\\d+)").matcher(line == null ? "" : line);
    assertThat(port.matches()).as("first line: %s", line).isTrue();
    return Integer.parseInt(port.group(1));
  }

  private static void end(Process server) throws InterruptedException {
    server.destroyForcibly();
    assertThat(server.waitFor(5, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void micrometerIsHandedWhatALoopCounts() throws Exception {
    Process program =
        start(ROOT.resolve("examples/MicrometerLoops.java"), List.of(MOUNTING.split(" ")));
    assertThat(output(program, 0))
        .contains(
            "selkie.loop.received.bytes [tag(loop=metered)] 1000.0",
            "selkie.loop.sent.bytes [tag(loop=metered)] 1000.0",
            "selkie.loop.connections.accepted [tag(loop=metered)] 1.0",
            "selkie.loop.registrations [tag(loop=metered)] 3.0")
        .anyMatch(line -> line.startsWith("selkie.loop.load [tag(loop=metered)] 0."))
        .hasSize(16);
  }

  @Test
  void theLogOfAFifoOutlivesItsWriters() throws Exception {
    Path fifo = jars.resolve("log");
    Process program =
        start(ROOT.resolve("examples/FifoLog.java"), List.of(), List.of(fifo.toString()));
    try (BufferedReader output = program.inputReader()) {
      assertThat(output.readLine()).isEqualTo("reading " + fifo);
      for (String line : new String[] {"one", "two\nthree", "stop"}) {
        Files.writeString(fifo, line + "\n", StandardOpenOption.WRITE);
      }
      assertThat(output.readAllLines()).containsExactly("1: one", "2: two", "3: three");
      assertThat(program.waitFor(5, TimeUnit.SECONDS)).isTrue();
      assertThat(program.exitValue()).isZero();
      assertThat(fifo).doesNotExist();
    } finally {
      end(program);
    }
  }

  @Test
  void keysAreShownAsTheyArePressed() throws Exception {
    try (PseudoTerminal terminal = PseudoTerminal.open()) {
      Process program =
          start(
              ROOT.resolve("examples/RawKeys.java"),
              "sh",
              "-c",
              "exec \"$@\" < " + terminal.slave().path(),
              "sh");
      try (BufferedReader output = program.inputReader()) {
        assertThat(output.readLine()).isEqualTo("press keys, q to leave");
        terminal.master().write(ByteBuffer.wrap(new byte[] {'a'}));
        assertThat(output.readLine()).isEqualTo("key LATIN SMALL LETTER A");
        terminal.master().write(ByteBuffer.wrap(new byte[] {'\r'}));
        assertThat(output.readLine()).isEqualTo("key CARRIAGE RETURN (CR)");
        terminal.master().write(ByteBuffer.wrap(new byte[] {'q'}));
        assertThat(output.readLine()).isNull();
        assertThat(program.waitFor(5, TimeUnit.SECONDS)).isTrue();
        assertThat(program.exitValue()).isZero();
      } finally {
        end(program);
      }
    }
    assertThat(output(start(ROOT.resolve("examples/RawKeys.java")), 2))
        .containsExactly("standard input is no terminal");
  }

  @Test
  void ticksComeInTheirTime() throws Exception {
    assertThat(output(start(ROOT.resolve("examples/Ticks.java")), 0))
        .startsWith("after 10 ms", "after 20 ms", "after 40 ms", "after 80 ms", "after 160 ms")
        .last()
        .asString()
        .matches("time is up after 1[0-9] periods");
  }

  @Test
  void connectionsArePassedToAWorker() throws Exception {
    Path example = ROOT.resolve("examples/PassConnections.java");
    String path = jars.resolve("front").toString();
    Process front = start(example, List.of(), List.of("front", path));
    Process worker = null;
    try (BufferedReader output = front.inputReader()) {
      int port = Integer.parseInt(output.readLine().substring("port ".length()));
      worker = start(example, List.of(), List.of("worker", path));
      assertThat(output.readLine()).isEqualTo("worker is process " + worker.pid());
      for (int i = 0; i < 3; i++) {
        try (Socket client = new Socket(LOOPBACK, port)) {
          client.setSoTimeout(30_000);
          assertThat(new String(client.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
              .isEqualTo("served by process " + worker.pid() + "\n");
        }
      }
    } finally {
      end(front);
      if (worker != null) {
        end(worker);
      }
    }
  }

  @Test
  void aServiceTellsItsManagerThatItIsReady() throws Exception {
    String path = jars.resolve("notify").toString();
    try (UnixDatagramSocket manager = UnixDatagramSocket.bind(UnixAddress.path(path));
        EventQueue<String> queue = EventQueue.open()) {
      queue.register(manager, Interest.READABLE, "manager");
      Process service =
          start(
              ROOT.resolve("examples/SystemdEcho.java"),
              List.of(MOUNTING.split(" ")),
              "env",
              "NOTIFY_SOCKET=" + path,
              "WATCHDOG_USEC=1000000");
      Set<String> told = new HashSet<>();
      ByteBuffer buffer = ByteBuffer.allocate(1000);
      try (BufferedReader output = service.inputReader()) {
        int port = port(output.readLine());
        while (!told.containsAll(Set.of("READY=1", "WATCHDOG=1"))) {
          assertThat(queue.await(Duration.ofSeconds(30)).isEmpty()).isFalse();
          if (manager.receive(buffer.clear()) >= 0) {
            told.add(StandardCharsets.US_ASCII.decode(buffer.flip()).toString());
          }
        }
        try (Socket client = new Socket(LOOPBACK, port)) {
          client.setSoTimeout(30_000);
          client.getOutputStream().write(7);
          assertThat(client.getInputStream().read()).isEqualTo(7);
        }
      } finally {
        end(service);
      }
      assertThat(told).anyMatch(line -> line.startsWith("STATUS=echo at "));
    }
  }

  @Test
  void aDaemonReadsItsSettingsAgainWhenItIsToldTo() throws Exception {
    Path settings = Files.writeString(jars.resolve("settings"), "one thread");
    Process daemon =
        start(ROOT.resolve("examples/HangUp.java"), List.of(), List.of(settings.toString()));
    try (BufferedReader output = daemon.inputReader()) {
      String first = output.readLine();
      assumeThat(first).as("as under nohup").doesNotContain("cannot be taken: it was ignored");
      assertThat(first).isEqualTo("process " + daemon.pid() + " with one thread");
      Files.writeString(settings, "two threads");
      Kill.send(daemon.pid(), "USR1", 1);
      assertThat(output.readLine()).isEqualTo("well, with one thread");
      Kill.send(daemon.pid(), "HUP", 1);
      assertThat(output.readLine()).isEqualTo("read again: two threads");
      Kill.send(daemon.pid(), "TERM", 1);
      assertThat(output.readLine()).isEqualTo("ends on TERM");
      assertThat(daemon.waitFor(10, TimeUnit.SECONDS)).isTrue();
      assertThat(daemon.exitValue()).isZero();
    } finally {
      end(daemon);
    }
  }

  @Test
  void aFolderIsWatchedUntilItIsGone(@TempDir Path temporary) throws Exception {
    Path folder = Files.createDirectory(temporary.toRealPath().resolve("watched"));
    Process program =
        start(ROOT.resolve("examples/WatchFolder.java"), List.of(), List.of(folder.toString()));
    try (BufferedReader output = program.inputReader()) {
      assertThat(output.readLine()).isEqualTo("watching " + folder);
      Path inner = Files.createDirectories(folder.resolve("a/b"));
      assertThat(output.readLine()).isEqualTo("CREATED folder " + folder.resolve("a"));
      assertThat(output.readLine()).isEqualTo("CREATED folder " + inner);
      Files.move(inner, folder.resolve("c"));
      assertThat(output.readLine())
          .isEqualTo("RENAMED folder " + inner + " to " + folder.resolve("c"));
      Files.delete(folder.resolve("a"));
      Files.delete(folder.resolve("c"));
      Files.delete(folder);
      assertThat(output.readAllLines())
          .endsWith("SELF_DELETED folder " + folder)
          .contains("DELETED folder " + folder.resolve("c"));
      assertThat(program.waitFor(5, TimeUnit.SECONDS)).isTrue();
    } finally {
      end(program);
    }
  }

  @Test
  void childrenEndEachInItsWay() throws Exception {
    assertThat(output(start(ROOT.resolve("examples/RunChildren.java")), 0))
        .containsExactlyInAnyOrder(
            "exit code 0",
            "exit code 3",
            "killed by SIGKILL",
            "counting: killed by SIGTERM",
            "of the JDK: exit code 0");
  }

  @Test
  void theManualPageShowsTheSimulatedEchoAsItIs() throws IOException {
    assertThat(Files.readString(ROOT.resolve("docs/simulation.md")))
        .contains("```java\n" + Files.readString(SIMULATED_ECHO) + "```");
  }

  @Test
  void theSimulatedEchoDoesTheSameFromOneSeed() throws Exception {
    assertThat(output(start(SIMULATED_ECHO), 0))
        .hasSizeGreaterThan(20)
        .contains("the same again: true", "another seed, the same: false")
        .anyMatch(line -> line.matches("seed 7: echoed after \\d+ us of virtual time"))
        .anyMatch(line -> line.matches("\\d+ client connect .* = EINPROGRESS"));
  }

  @Test
  void theManualPageShowsTheSimulatedServerAsItIs() throws IOException {
    assertThat(Files.readString(ROOT.resolve("docs/simulation.md")))
        .contains("```java\n" + Files.readString(SIMULATED_SERVER) + "```");
  }

  @Test
  void theSimulatedServerOutlivesAPartitionFromEverySeed() throws Exception {
    assertThat(output(start(SIMULATED_SERVER, List.of(MOUNTING.split(" "))), 0))
        .contains(
            "seed 7: [1, 2, 3, missed, 1, 2, 3, 4, 5, 6] after PT10M17S",
            "the same again: true",
            "another seed, the same: false",
            "twenty more seeds: no failure")
        .last()
        .asString()
        .matches("nothing is left .* loop alone: \\[waiter \\(WAITING\\) for input of .*");
  }

  @Test
  void withoutTheOptionThatMountsFibersASimulationNamesIt() throws Exception {
    assertThat(String.join("\n", output(start(SIMULATED_SERVER), 1)))
        .contains("fibers cannot be mounted", "start the JVM with " + MOUNTING);
  }

  private static List<String> output(Process program, int status) throws Exception {
    try (BufferedReader output = program.inputReader()) {
      List<String> lines = output.readAllLines();
      assertThat(program.waitFor(5, TimeUnit.SECONDS)).isTrue();
      assertThat(program.exitValue()).as("%s", lines).isEqualTo(status);
      return lines;
    } finally {
      end(program);
    }
  }

  /** Starts a program, by a command in front of it. */
  private static Process start(Path program, String... before) throws IOException {
    return start(program, List.of(), before);
  }

  /** Starts a program with options for its JVM. */
  private static Process start(Path program, List<String> options, String... before)
      throws IOException {
    return start(program, options, List.of(), before);
  }

  /** Starts a program with arguments. */
  private static Process start(
      Path program, List<String> options, List<String> arguments, String... before)
      throws IOException {
    List<String> command = new ArrayList<>(List.of(before));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(options);
    command.add("-cp");
    command.add(classPath);
    command.add(program.toString());
    command.addAll(arguments);
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }
}
