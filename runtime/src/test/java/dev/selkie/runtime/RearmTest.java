package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.net.TcpListener;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** A backend without edges, which a connection asks anew from two threads at a time. */
final class RearmTest {
  private static final int BYTES = 1000;
  private static final int ROUNDS = 20_000;

  /**
   * One round in some thousands hung: the reader's thread asked for input while the loop's, which
   * had looked before there was none, was about to ask for nothing.
   */
  @Test
  void aReaderOnAnotherThreadIsNotForgottenByPoll() throws Exception {
    try (EventLoop loop = EventLoop.builder().backend("poll").mountFibers(true).start();
        Incoming<Connection> incoming =
            loop.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
      Connection client = loop.connect(((TcpListener) incoming.source()).localAddress());
      Connection server = incoming.take();
      Fiber<Integer> echo =
          loop.fiber(() -> {
            ByteBuffer all = ByteBuffer.allocate(BYTES);
            for (int i = 0; i < ROUNDS; i++) {
              server.readFully(all.clear());
              server.writeFully(all.flip());
            }
            return ROUNDS;
          });
      ByteBuffer buffer = ByteBuffer.allocateDirect(BYTES);
      for (int i = 0; i < ROUNDS; i++) {
        client.writeFully(buffer.clear());
        client.readFully(buffer.clear());
      }
      assertThat(echo.join()).isEqualTo(ROUNDS);
    }
  }
}
