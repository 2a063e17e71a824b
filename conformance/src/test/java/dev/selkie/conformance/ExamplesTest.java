package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The single-file programs in {@code examples/} run as their readers run them. */
final class ExamplesTest {
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();
  private static final Path ROOT = Path.of("").toAbsolutePath().getParent();
  private static final Path ECHO_SERVER = ROOT.resolve("examples/EchoServer.java");

  @Test
  void theReadmeShowsTheEchoServerAsItIs() throws IOException {
    assertThat(Files.readString(ROOT.resolve("README.md")))
        .contains("```java\n" + Files.readString(ECHO_SERVER) + "```");
  }

  @Test
  void theEchoServerEchoesMoreThanItsBufferHolds() throws Exception {
    Process server = start(ECHO_SERVER);
    try (BufferedReader output = server.inputReader()) {
      String line = output.readLine();
      Matcher port = Pattern.compile("echo at .*:(\\d+)").matcher(line == null ? "" : line);
      assertThat(port.matches()).as("first line: %s", line).isTrue();
      try (Socket client = new Socket(LOOPBACK, Integer.parseInt(port.group(1)))) {
        client.setSoTimeout(5_000);
        byte[] sent = "0123456789".repeat(2_000).getBytes(StandardCharsets.US_ASCII);
        client.getOutputStream().write(sent);
        client.shutdownOutput();
        assertThat(client.getInputStream().readAllBytes()).isEqualTo(sent);
      }
    } finally {
      server.destroyForcibly();
      assertThat(server.waitFor(5, TimeUnit.SECONDS)).isTrue();
    }
  }

  private static Process start(Path program) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("-cp");
    command.add(System.getProperty("java.class.path"));
    command.add(program.toString());
    return new ProcessBuilder(command).redirectErrorStream(true).start();
  }
}
