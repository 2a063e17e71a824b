package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The programs in {@code examples/} for descriptors of others, and for loops of others. */
final class RecipesTest {
  private static final Path EXAMPLES =
      Path.of("").toAbsolutePath().resolveSibling("examples").normalize();

  @TempDir private Path folder;

  private static String run(String limits, String program, String... arguments) throws Exception {
    return ChildJvm.run(
        limits,
        List.of(
            "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow"),
        EXAMPLES.resolve(program),
        arguments);
  }

  @Test
  void anInheritedDescriptorIsRead() throws Exception {
    assertThat(run("exec 3<<-end\nhello\nend\n:", "Inherited.java", "3")).isEqualTo("hello\n");
    assertThatThrownBy(() -> run(":", "Inherited.java", "999"))
        .hasMessageContaining("fcntl(fd 999): EBADF");
  }

  @Test
  void aChannelOfTheJdkAndAPipeAreInOneWait() throws Exception {
    assertThat(run(":", "JdkChannels.java").lines())
        .containsExactlyInAnyOrder("by the JDK's channel", "by Selkie's pipe");
  }

  @Test
  void queueAndLoopAreWaitedForInsideAForeignPoll() throws Exception {
    assertThat(run(":", "InsidePoll.java").lines())
        .contains("loop: a tick", "queue: pipe")
        .endsWith("written: 1");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aQueueIsWaitedForInsideALoopOfNetty() throws Exception {
    assertThat(run(":", "InsideNetty.java")).startsWith("42 bytes, on multiThreadIoEventLoopGroup");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void inotifyByHandTellsOfAFolder() throws Exception {
    Path watched = Files.createDirectory(folder.resolve("watched"));
    List<String> lines = new ArrayList<>();
    converse(
        List.of(),
        "InotifyByHand.java",
        List.of(watched.toString(), "60"),
        lines,
        input -> {
          Files.delete(Files.writeString(watched.resolve("a"), "text"));
          Files.delete(watched);
        });
    assertThat(lines)
        .containsExactly("watching", "a made", "a written", "a deleted", "the folder is gone");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void changesOfTheNetworkAreToldWhereANamespaceCanBeMade() throws Exception {
    assumeTrue(succeeds("unshare", "-rn", "ip", "link"), "no namespace, or no ip(8)");
    List<String> lines = new ArrayList<>();
    converse(
        List.of("unshare", "-rn", "sh", "-c", "\"$@\" & read line; ip link set lo up; wait", "sh"),
        "RouteChanges.java",
        List.of("1"),
        lines,
        input -> {
          input.newLine();
          input.flush();
        });
    assertThat(lines).contains("watching", "link new or changed", "address new", "route new");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void anInterfaceThatIsNoBusIsRefused() {
    assertThatThrownBy(() -> run(":", "CanFrames.java", "lo", "1"))
        .hasMessageContaining("the interface is none of a bus");
  }

  /** Each of two sends a frame, and whoever was there first sees the other's. */
  @Test
  @EnabledOnOs(OS.LINUX)
  void framesOfAVirtualBusArePrintedWhereItCanBeMade() throws Exception {
    String make = "ip link add vcan0 type vcan";
    assumeTrue(succeeds("unshare", "-rn", "sh", "-c", make), "no namespace, no ip(8) or no vcan");
    List<String> lines = new ArrayList<>();
    String script = make + " && ip link set vcan0 up && { \"$@\" & \"$@\"; wait; }";
    converse(
        List.of("unshare", "-rn", "sh", "-c", script, "sh"),
        "CanFrames.java",
        List.of("vcan0", "5"),
        lines,
        _ -> {});
    assertThat(lines).contains("123 0102");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aLineGoesByAVirtualSocketWhereTheKernelHasALoopback() throws Exception {
    assumeTrue(Files.exists(Path.of("/sys/module/vsock_loopback")), "no vsock_loopback module");
    assumeTrue(succeeds("socat", "-V"), "no socat(1)");
    String log = "'" + folder.resolve("log") + "'";
    String listener = "socat -d -d VSOCK-LISTEN:40123 EXEC:cat 2>" + log;
    String started = "until grep -q listening " + log + "; do :; done";
    assertThat(run(listener + " & " + started, "Vsock.java", "1", "40123", "hello"))
        .isEqualTo("hello\n");
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aVirtualSocketWithoutAPeerSaysSo() {
    assertThatThrownBy(() -> run(":", "Vsock.java", "1", "9999", "hello"))
        .hasMessageMatching("(?s).*(connect\\(vsock\\)|no AF_VSOCK|nobody answers).*");
  }

  /** A FIFO stands for the device, which few machines of tests have. */
  @Test
  void whatADeviceReportsIsPrinted() throws Exception {
    Path device = folder.resolve("event0");
    assertThat(succeeds("mkfifo", device.toString())).isTrue();
    ByteBuffer events = ByteBuffer.allocate(48).order(ByteOrder.nativeOrder());
    events.putShort(16, (short) 1).putShort(18, (short) 30).putInt(20, 1).putInt(44, 7);
    Background<?> writer =
        Background.start(() -> {
          try (OutputStream out = Files.newOutputStream(device)) { // waits for the reader
            out.write(events.array());
          }
          return null;
        });
    assertThat(run(":", "InputDevice.java", device.toString(), "5").lines())
        .containsExactly("type 1, code 30, value 1", "type 0, code 0, value 7");
    writer.result();
  }

  @Test
  void aLibraryInCIsWaitedForWhereLibcurlIsInstalled() throws Exception {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(200, 100_000);
          exchange.getResponseBody().write(new byte[100_000]);
          exchange.close();
        });
    server.start();
    try {
      String url = "http://127.0.0.1:" + server.getAddress().getPort() + "/";
      String text = run(":", "Curl.java", url + "a", url + "b", "http://127.0.0.1:1/");
      assertThat(text.lines())
          .containsExactlyInAnyOrder(
              url + "a: 100000 bytes", url + "b: 100000 bytes", "http://127.0.0.1:1/: error 7");
    } catch (AssertionError e) {
      assumeTrue(!String.valueOf(e.getMessage()).contains("not installed"), "libcurl is missing");
      throw e;
    } finally {
      server.stop(0);
    }
  }

  private static boolean succeeds(String... command) throws Exception {
    Process process;
    try {
      process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
    } catch (IOException e) {
      return false;
    }
    if (!process.waitFor(10, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      return false;
    }
    return process.exitValue() == 0;
  }

  private interface Answer {
    void give(BufferedWriter input) throws IOException;
  }

  /** Runs a program, acts when it has printed its first line, and collects all lines. */
  private static void converse(
      List<String> before,
      String program,
      List<String> arguments,
      List<String> lines,
      Answer answer)
      throws Exception {
    List<String> command =
        Stream.concat(
                before.stream(),
                ChildJvm.command(
                    ":",
                    List.of(),
                    EXAMPLES.resolve(program).toString(),
                    arguments.toArray(String[]::new))
                    .stream())
            .toList();
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try (BufferedReader output = process.inputReader();
        BufferedWriter input = process.outputWriter()) {
      lines.add(String.valueOf(output.readLine()));
      answer.give(input);
      for (String line; (line = output.readLine()) != null; ) {
        lines.add(line);
      }
      assertThat(process.waitFor(10, TimeUnit.SECONDS)).isTrue();
    } finally {
      process.destroyForcibly();
    }
  }
}
