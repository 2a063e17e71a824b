package dev.selkie.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.cli.program.CountedKernel;
import dev.selkie.cli.program.ServerCounts;
import dev.selkie.cli.program.Service;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

@ParameterizedClass(name = "{1}, {0}")
@MethodSource("dev.selkie.cli.Styles#onEachQueue")
final class EchoServerTest {
  private final ServerCounts counts;
  private final Style style;
  private Service server;
  private ServerThread running;

  EchoServerTest(Queues queues, Style style) {
    this.counts = new ServerCounts(new CountedKernel(queues.kernel()));
    this.style = style;
  }

  @BeforeEach
  void start() throws IOException {
    InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
    server = style.echo(counts, any, 1, line -> {});
    running = ServerThread.start(server);
  }

  @AfterEach
  void close() {
    running.close();
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket(server.address().getAddress(), server.address().getPort());
    socket.setSoTimeout(10_000);
    return socket;
  }

  @Test
  void sendsBackWhatItReceivesAndHonoursHalfClose() throws IOException {
    try (Socket socket = connect()) {
      socket.getOutputStream().write(new byte[] {1, 2, 3});
      assertThat(socket.getInputStream().readNBytes(3)).containsExactly(1, 2, 3);
      socket.getOutputStream().write(new byte[] {4});
      socket.shutdownOutput();
      assertThat(socket.getInputStream().readAllBytes()).containsExactly(4);
    }
  }

  @Test
  void holdsBackAPeerThatDoesNotReadAndLosesNothing() throws Exception {
    byte[] sent = new byte[20_000_000];
    new Random(1).nextBytes(sent);
    try (Socket socket = connect()) {
      Thread writer =
          Thread.ofPlatform()
              .start(() -> {
                try {
                  OutputStream out = socket.getOutputStream();
                  out.write(sent);
                  socket.shutdownOutput();
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      assertThat(socket.getInputStream().readAllBytes()).isEqualTo(sent);
      writer.join();
    }
  }

  @Test
  void countsWhatItDid() throws IOException {
    try (Socket socket = connect()) {
      socket.getOutputStream().write(new byte[1000]);
      assertThat(socket.getInputStream().readNBytes(1000)).hasSize(1000);
      assertThat(server.connections()).isEqualTo(1);
    }
    running.close();
    assertThat(counts.summary(false, 0))
        .startsWith("1 connection, 1000 bytes in, 1000 bytes out, ")
        .contains(" waits, ", " events, ", " system calls");
  }

  @Test
  void oneClientThatVanishesLeavesTheOthersAlone() throws IOException {
    try (Socket stays = connect()) {
      Socket goes = connect();
      goes.getOutputStream().write(new byte[100_000]);
      goes.setSoLinger(true, 0);
      goes.close();
      stays.getOutputStream().write(7);
      assertThat(stays.getInputStream().read()).isEqualTo(7);
    }
  }
}
