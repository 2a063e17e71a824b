package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.selkie.Io;
import dev.selkie.Registration;
import dev.selkie.net.TcpListener;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.AsynchronousCloseException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
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

  /** The cell's word said that both were ready, and nobody was woken to find out. */
  @Test
  void whoWaitsForOutputIsToldThatNothingCanBeAskedForAnyMore() throws Exception {
    try (EventLoop loop = EventLoop.builder().backend("poll").start();
        Incoming<Connection> incoming =
            loop.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))) {
      Connection client = loop.connect(((TcpListener) incoming.source()).localAddress());
      ByteBuffer much = ByteBuffer.allocateDirect(1 << 22);
      while (client.pollWrite(much.clear(), () -> {}) != Io.NOT_READY) {
        // until the system takes no more
      }
      CompletableFuture<Integer> write = client.writeAsync(much);
      loop.submit(
              () -> {
                loop.engine().queue().registrations().stream()
                    .filter(registration -> registration.source().equals(client.source()))
                    .forEach(Registration::cancel);
                client.cell().clear(ReadinessWord.READABLE, client.cell().word());
              })
          .get(10, TimeUnit.SECONDS);
      assertThatThrownBy(() -> write.get(10, TimeUnit.SECONDS))
          .hasRootCauseInstanceOf(AsynchronousCloseException.class);
      assertThat(client.isOpen()).as("a connection of which nothing can be told").isFalse();
    }
  }
}
