package dev.selkie.cli.queue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.Interest;
import dev.selkie.cli.program.CountedKernel;
import dev.selkie.cli.program.DelayProtocol;
import dev.selkie.cli.program.ServerCounts;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.FaultyKernel;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCall;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.net.TcpStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What only the server on the queue itself has: turns and deadlines of its own. */
final class ServerTest {
  private static final InetSocketAddress ANY =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  private static final long A_WHILE = 10_000_000_000L;

  private final FaultyKernel faulty = new FaultyKernel(Kernel.system());
  private final ServerCounts counts = new ServerCounts(new CountedKernel(faulty));

  private static Socket connect(Server server) throws IOException {
    Socket socket = new Socket(server.address().getAddress(), server.address().getPort());
    socket.setSoTimeout(10_000);
    return socket;
  }

  private Server delayServer() throws IOException {
    return Server.delay(counts, ANY, new DelayProtocol(counts, false, line -> {}), line -> {});
  }

  /** Is never drained, and takes note of each time it is let proceed. */
  private static final class Restless extends ServerConnection {
    private final List<ServerConnection> turns;

    Restless(Server server, TcpStream stream, List<ServerConnection> turns) {
      super(server, stream);
      this.turns = turns;
    }

    @Override
    void advance() throws IOException {
      turns.add(this);
      stream.read(ByteBuffer.allocate(100));
      server.proceedAgain(this);
    }

    @Override
    Interest awaited() {
      return Interest.READABLE;
    }
  }

  @Test
  void connectionThatIsReadyToo_doesNotGetMoreTurnsThanOthers() throws Exception {
    List<ServerConnection> turns = new ArrayList<>();
    Server.Protocol protocol = (server, stream) -> new Restless(server, stream, turns);
    try (Server server = Server.listen(counts, ANY, protocol, line -> {});
        Socket busy = connect(server)) {
      server.runOnce(A_WHILE);
      for (int i = 0; i < 20; i++) {
        busy.getOutputStream().write(i); // an event, besides the turn that it asked for
        server.runOnce(A_WHILE);
      }
      turns.clear();
      server.runOnce(A_WHILE);
      server.runOnce(A_WHILE);
      assertThat(turns).hasSizeBetween(2, 4); // one a turn, and what events come late
    }
  }

  @Test
  void refusedRegistrationForgetsTheConnectionAndItsDeadline() throws Exception {
    try (Server server = delayServer();
        Socket refused = connect(server)) {
      faulty.on(SystemCall.EPOLL_CTL).times(1).fail(Errno.ENOSPC);
      server.runOnce(A_WHILE);
      assertThat(refused.getInputStream().read()).as("end of the refused one").isNegative();
      assertThat(counts.pauses.sum()).isEqualTo(1);
      server.runOnce(A_WHILE); // the pause ends
      try (Socket later = connect(server)) {
        later
            .getOutputStream()
            .write("GET /0/later HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        while (counts.bytesOut.sum() == 0) {
          server.runOnce(A_WHILE);
        }
        assertThat(new String(later.getInputStream().readAllBytes(), StandardCharsets.US_ASCII))
            .endsWith("later");
      }
      while (server.connections() > 0) {
        server.runOnce(A_WHILE);
      }
      assertThat(server.deadlines.nanosToNext()).as("none left").isEqualTo(Long.MAX_VALUE);
    }
  }

  @Test
  void refusedListenerLeavesNothingOpen() {
    FaultyKernel.Rule opened = faulty.on(SystemCall.EPOLL_CREATE).delay(0);
    FaultyKernel.Rule refused = faulty.on(SystemCall.EPOLL_CTL).fromCall(2);
    refused.fail(Errno.ENOSPC);
    FaultyKernel.Rule closed = faulty.on(SystemCall.CLOSE).delay(0);
    assertThatThrownBy(this::delayServer).isInstanceOf(SystemCallException.class);
    assertThat(opened.applied()).isEqualTo(1);
    assertThat(closed.applied()).as("the listener, the queue and its waker").isEqualTo(3);
  }
}
