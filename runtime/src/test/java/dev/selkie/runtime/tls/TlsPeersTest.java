package dev.selkie.runtime.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.selkie.Io;
import dev.selkie.net.TcpListener;
import dev.selkie.runtime.Connection;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.Fiber;
import dev.selkie.runtime.Incoming;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** TLS with other implementations: OpenSSL's command where there is one, and the JDK's client. */
final class TlsPeersTest {
  private static final boolean OPENSSL =
      Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
          .anyMatch(folder -> Files.isExecutable(Path.of(folder, "openssl")));

  @TempDir Path folder;
  private final List<Process> children = new ArrayList<>();
  private EventLoop loop;

  @BeforeEach
  void open() throws IOException {
    loop = EventLoop.start();
  }

  @AfterEach
  void close() throws InterruptedException {
    loop.close();
    for (Process child : children) {
      child.destroyForcibly();
      assertThat(child.waitFor(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  private static InetSocketAddress loopback() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  private static int port(Incoming<Connection> incoming) throws IOException {
    return ((TcpListener) incoming.source()).localAddress().getPort();
  }

  private Process openssl(String... arguments) throws IOException {
    assumeTrue(OPENSSL, "there is no command openssl on PATH");
    List<String> command = new ArrayList<>(List.of("openssl"));
    command.addAll(Arrays.asList(arguments));
    Process child = new ProcessBuilder(command).redirectErrorStream(true).start();
    children.add(child);
    return child;
  }

  private static void say(Process child, String text) throws IOException {
    OutputStream out = child.getOutputStream();
    out.write(text.getBytes(StandardCharsets.US_ASCII));
    out.flush();
  }

  /** Reads the child's lines until one has some text in it; the child's end ends that too. */
  private static String until(Process child, String text) throws IOException {
    StringBuilder read = new StringBuilder();
    BufferedReader lines = child.inputReader(StandardCharsets.ISO_8859_1);
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      read.append(line).append('\n');
      if (line.contains(text)) {
        return read.toString();
      }
    }
    throw new AssertionError("no line with '" + text + "' in\n" + read);
  }

  /** Gives back what each client sends, until its end; the future fails as the first one does. */
  private Fiber<Integer> echo(Incoming<Connection> incoming, int clients) {
    return loop.fiber(() -> {
      for (int i = 0; i < clients; i++) {
        try (Connection client = incoming.take()) {
          ByteBuffer buffer = ByteBuffer.allocate(1000);
          while (client.read(buffer.clear()) != Io.END) {
            client.writeFully(buffer.flip());
          }
        }
      }
      return clients;
    });
  }

  private Process client(Incoming<Connection> incoming, String... more) throws Exception {
    Path trusted = Certificates.pem("localhost", folder);
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "s_client",
                "-connect",
                "127.0.0.1:" + port(incoming),
                "-servername",
                "localhost",
                "-verify_return_error",
                "-verify_hostname",
                "localhost",
                "-CAfile",
                trusted.toString()));
    arguments.addAll(List.of(more));
    return openssl(arguments.toArray(String[]::new));
  }

  @ParameterizedTest
  @ValueSource(strings = {"-tls1_2", "-tls1_3"})
  void aClientOfOpensslIsAnswered(String version) throws Exception {
    SSLContext context = Certificates.of("localhost");
    try (Incoming<Connection> incoming =
        Tls.server(context).protocols("h2", "http/1.1").listen(loop, loopback())) {
      Fiber<Integer> echo = echo(incoming, 1);
      Process client = client(incoming, version, "-alpn", "http/1.1");
      assertThat(until(client, "ALPN")).contains("ALPN protocol: http/1.1");
      say(client, "hello\n");
      until(client, "hello");
      client.getOutputStream().close(); // it says close_notify then
      assertThat(echo.get(10, TimeUnit.SECONDS)).isEqualTo(1);
      assertThat(client.waitFor(10, TimeUnit.SECONDS)).isTrue();
      assertThat(client.exitValue()).isZero();
    }
  }

  @Test
  void aClientOfOpensslRenewsKeysAndGoesOn() throws Exception {
    try (Incoming<Connection> incoming =
        Tls.server(Certificates.of("localhost")).listen(loop, loopback())) {
      Fiber<Integer> echo = echo(incoming, 1);
      Process client = client(incoming, "-tls1_3");
      say(client, "before\n");
      until(client, "before");
      say(client, "K\n");
      until(client, "KEYUPDATE");
      say(client, "after\n");
      until(client, "after");
      client.getOutputStream().close();
      assertThat(echo.get(10, TimeUnit.SECONDS)).isEqualTo(1);
    }
  }

  @Test
  void aClientOfOpensslThatRenegotiatesIsRefused() throws Exception {
    try (Incoming<Connection> incoming =
        Tls.server(Certificates.of("localhost")).listen(loop, loopback())) {
      Fiber<Integer> echo = echo(incoming, 1);
      Process client = client(incoming, "-tls1_2");
      say(client, "before\n");
      until(client, "before");
      say(client, "R\n");
      assertThatThrownBy(() -> echo.get(10, TimeUnit.SECONDS))
          .hasStackTraceContaining("renegotiation, which is refused");
      assertThat(client.waitFor(10, TimeUnit.SECONDS)).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"-tls1_2", "-tls1_3"})
  void aClientOfOpensslResumesItsSession(String version) throws Exception {
    try (Incoming<Connection> incoming =
        Tls.server(Certificates.of("localhost")).listen(loop, loopback())) {
      Fiber<Integer> echo = echo(incoming, 2);
      String session = folder.resolve("session").toString();
      Process first = client(incoming, version, "-sess_out", session);
      say(first, "first\n");
      assertThat(until(first, "first")).contains("New, TLS");
      first.getOutputStream().close();
      assertThat(first.waitFor(10, TimeUnit.SECONDS)).isTrue();
      Process second = client(incoming, version, "-sess_in", session);
      say(second, "second\n");
      assertThat(until(second, "second")).contains("Reused, TLS");
      second.getOutputStream().close();
      assertThat(echo.get(10, TimeUnit.SECONDS)).isEqualTo(2);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"-tls1_2", "-tls1_3"})
  void aServerOfOpensslAnswers(String version) throws Exception {
    Process server =
        openssl(
            "s_server",
            "-accept",
            "127.0.0.1:0",
            version,
            "-cert",
            Certificates.pem("localhost", folder).toString(),
            "-Verify",
            "1",
            "-verify_return_error",
            "-CAfile",
            Certificates.pem("client", folder).toString(),
            "-alpn",
            "echo",
            "-rev");
    String accepting = until(server, "ACCEPT");
    int port = Integer.parseInt(accepting.strip().replaceAll("(?s).*:", ""));
    SSLContext context = Certificates.context(List.of("client"), List.of("localhost"));
    try (Connection connection =
        Tls.client(context)
            .protocols("echo")
            .connect(loop, "localhost", port, Duration.ofSeconds(10))) {
      assertThat(((TlsStream) connection.source()).applicationProtocol()).isEqualTo("echo");
      connection.readTimeout(Duration.ofSeconds(10));
      connection.writeFully(ByteBuffer.wrap("abc\n".getBytes(StandardCharsets.US_ASCII)));
      ByteBuffer line = ByteBuffer.allocate(4);
      connection.readFully(line);
      assertThat(new String(line.array(), StandardCharsets.US_ASCII)).isEqualTo("cba\n");
      connection.shutdownOutput();
      assertThat(connection.read(ByteBuffer.allocate(1))).isEqualTo(Io.END);
    }
  }

  @Test
  void theClientOfTheJdkIsAnswered() throws Exception {
    try (Incoming<Connection> incoming =
            Tls.server(Certificates.of("localhost"))
                .protocols("http/1.1")
                .listen(loop, loopback());
        HttpClient client =
            HttpClient.newBuilder()
                .sslContext(Certificates.trusting("localhost"))
                .connectTimeout(Duration.ofSeconds(10))
                .build()) {
      byte[] body = new byte[300_000];
      Arrays.fill(body, (byte) 'x');
      Fiber<Integer> served =
          loop.fiber(() -> {
            try (Connection connection = incoming.take()) {
              BufferedReader lines =
                  new BufferedReader(
                      new java.io.InputStreamReader(
                          connection.inputStream(), StandardCharsets.US_ASCII));
              for (int i = 0; i < 2; i++) {
                assertThat(lines.readLine()).startsWith("GET / ");
                while (!lines.readLine().isEmpty()) {
                  // A field.
                }
                String head = "HTTP/1.1 200 OK\r\nContent-Length: " + body.length + "\r\n\r\n";
                connection.writeFully(ByteBuffer.wrap(head.getBytes(StandardCharsets.US_ASCII)));
                connection.writeFully(ByteBuffer.wrap(body));
              }
              return 2;
            }
          });
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("https://localhost:" + port(incoming) + "/"))
              .timeout(Duration.ofSeconds(10))
              .build();
      for (int i = 0; i < 2; i++) {
        HttpResponse<byte[]> response =
            client.send(request, HttpResponse.BodyHandlers.ofByteArray());
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isEqualTo(body);
      }
      assertThat(served.get(10, TimeUnit.SECONDS)).isEqualTo(2);
    }
  }
}
