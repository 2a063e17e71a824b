package dev.selkie.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.Io;
import dev.selkie.net.TcpListener;
import dev.selkie.runtime.Connection;
import dev.selkie.runtime.Fiber;
import dev.selkie.runtime.Incoming;
import dev.selkie.runtime.tls.Tls;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.Random;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Programs of TLS on two simulated hosts, whose kernels read and write short, split what was
 * written, and report events that are none: each way in which an operation of one direction waits
 * for the other comes up by itself. Keys are random, so that a seed replays the network, not the
 * bytes.
 */
final class TlsProgramTest {
  private static final int SEEDS = 6;
  private static final char[] PASSWORD = "selkie-test".toCharArray();
  private static final SSLContext CONTEXT = context();

  private static SSLContext context() {
    Path file = Path.of("../runtime/src/test/resources/dev/selkie/runtime/tls/certificates.p12");
    try {
      KeyStore store = KeyStore.getInstance(file.toFile(), PASSWORD);
      KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
      keys.init(store, PASSWORD);
      KeyStore trusted = KeyStore.getInstance("PKCS12");
      trusted.load(null, null);
      trusted.setCertificateEntry("localhost", store.getCertificate("localhost"));
      TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
      trust.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys.getKeyManagers(), trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException | IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static int echo(Incoming<Connection> incoming) throws IOException {
    int bytes = 0;
    try (Connection connection = incoming.take()) {
      ByteBuffer buffer = ByteBuffer.allocate(5_000);
      while (connection.read(buffer.clear()) != Io.END) {
        bytes += buffer.position();
        connection.writeFully(buffer.flip());
      }
    }
    return bytes;
  }

  private static byte[] readAll(Connection connection, int size) throws IOException {
    ByteBuffer all = ByteBuffer.allocate(size);
    connection.readFully(all);
    return all.array();
  }

  private static void exchange(SimulatedSystem system, String version, long seed) throws Exception {
    byte[] sent = new byte[60_000];
    new Random(seed).nextBytes(sent);
    SimulatedNetwork network =
        SimulatedNetwork.builder()
            .seed(seed)
            .allow(Freedom.values())
            .latency(Duration.ofMillis(1), Duration.ofMillis(9))
            .build();
    try (Simulation simulation = Simulation.of(network)) {
      SimulatedHost server =
          simulation.host(
              SimulatedKernel.builder()
                  .network(network)
                  .system(system)
                  .name("server")
                  .address(InetAddress.ofLiteral("10.1.0.1"))
                  .build());
      SimulatedHost client = simulation.host("client");
      Tls serving = Tls.server(CONTEXT).adjust(p -> p.setProtocols(new String[] {version}));
      TcpListener listener = TcpListener.bind(server.kernel(), server.address(443));
      Incoming<Connection> incoming =
          server.loop().attach(listener, stream -> server.loop().attach(serving.over(stream)));
      Fiber<Integer> echoed = server.loop().fiber(() -> echo(incoming));
      Fiber<byte[]> answer =
          client
              .loop()
              .fiber(() -> {
                Connection plain = client.loop().connect(server.address(443));
                try (Connection connection = Tls.client(CONTEXT).secure(plain, "localhost", 443)) {
                  Fiber<byte[]> reading =
                      client.loop().fiber(() -> readAll(connection, sent.length));
                  for (int i = 0; i < sent.length; i += 7_000) {
                    connection.writeFully(
                        ByteBuffer.wrap(sent, i, Math.min(7_000, sent.length - i)));
                  }
                  return reading.join();
                }
              });
      assertThat(simulation.runUntil(answer)).as("seed %d", seed).isEqualTo(sent);
      assertThat(simulation.runUntil(echoed)).as("seed %d", seed).isEqualTo(sent.length);
    }
  }

  @ParameterizedTest
  @CsvSource({"LINUX, TLSv1.3", "LINUX, TLSv1.2", "MACOS, TLSv1.3"})
  void whatIsSaidComesBackWhateverTheKernelsDo(SimulatedSystem system, String version)
      throws Exception {
    for (long seed = 1; seed <= SEEDS; seed++) {
      exchange(system, version, seed);
    }
  }
}
