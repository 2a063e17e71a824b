package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.kernel.CountingKernel;
import dev.selkie.kernel.SystemCall;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import dev.selkie.runtime.task.Poll;
import dev.selkie.runtime.task.Task;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a message costs, exactly: system calls and allocated bytes, of a loop in this thread. */
final class LoopCostTest extends EchoCosts {
  private void serveByCallbacks(int count) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(4096);
    try (TcpListener listener = listener()) {
      connect(listener, count);
      for (TcpStream s = accept(listener); s != null; s = accept(listener)) {
        loop().watch(s, Interest.READABLE.edge(), (stream, _) -> echo(stream, buffer));
      }
    }
  }

  private static void echo(TcpStream stream, ByteBuffer buffer) throws IOException {
    int n = stream.read(buffer.clear());
    if (n > 0 && stream.write(buffer.flip()) == Io.NOT_READY) {
      throw new IOException("the peer does not read");
    }
  }

  private void serveByFibers(int count) throws IOException {
    try (TcpListener listener = listener()) {
      connect(listener, count);
      for (TcpStream s = accept(listener); s != null; s = accept(listener)) {
        Connection connection = loop().attach(s);
        Fiber<Object> fiber = loop().fiber(() -> serve(connection));
        assertThat(fiber.isDone()).isFalse();
      }
    }
  }

  private static Object serve(Connection connection) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(4096);
    while (connection.read(buffer.clear()) != Io.END) {
      connection.writeFully(buffer.flip());
    }
    return "end";
  }

  private void serveByTasks(int count) throws IOException {
    try (TcpListener listener = listener()) {
      connect(listener, count);
      for (TcpStream s = accept(listener); s != null; s = accept(listener)) {
        assertThat(loop().run(new EchoTask(loop().attach(s)))).isNotDone();
      }
    }
  }

  /** A connection as a task. */
  private static final class EchoTask implements Task<@Nullable Void> {
    private final Connection connection;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(4096).limit(0);

    EchoTask(Connection connection) {
      this.connection = connection;
    }

    @Override
    public Poll<@Nullable Void> poll(Waker waker) throws IOException {
      while (true) {
        while (buffer.hasRemaining()) {
          if (connection.pollWrite(buffer, waker) == Io.NOT_READY) {
            return Poll.pending();
          }
        }
        int n = connection.pollRead(buffer.clear(), waker);
        buffer.flip();
        if (n == Io.NOT_READY) {
          return Poll.pending();
        }
        if (n == Io.END) {
          return Poll.ready(null);
        }
      }
    }
  }

  @Test
  void aMessageCostsTwoCallsAndABatchOneWait() throws IOException {
    CountingKernel calls = counting();
    serveByFibers(CONNECTIONS);
    warmUp();
    calls.reset();
    round();
    assertThat(calls.count(SystemCall.RECV)).isEqualTo(CONNECTIONS);
    assertThat(calls.count(SystemCall.SEND)).isEqualTo(CONNECTIONS);
    assertThat(calls.count(SystemCall.EPOLL_WAIT)).isLessThanOrEqualTo(2);
    assertThat(calls.total()).isLessThanOrEqualTo(2 * CONNECTIONS + 2L);
  }

  @Test
  void aConnectionIsRegisteredOnceInItsLife() throws IOException {
    CountingKernel calls = counting();
    loop();
    calls.reset(); // a queue registers its waker
    serveByFibers(1);
    warmUp();
    clients().getFirst().close();
    for (int i = 0; i < 5; i++) {
      loop().runOnce(Duration.ofMillis(20));
    }
    assertThat(calls.count(SystemCall.EPOLL_CTL)).isEqualTo(1);
  }

  @Test
  @Timeout(60)
  void aMessageToAFiberAllocatesNothing() throws IOException {
    start();
    serveByFibers(8);
    assertThat(fewestBytes()).isZero();
  }

  @Test
  @Timeout(60)
  void aMessageToATaskAllocatesNothing() throws IOException {
    start();
    serveByTasks(8);
    assertThat(fewestBytes()).isZero();
  }

  @Test
  @Timeout(60)
  void aMessageToACallbackAllocatesNothing() throws IOException {
    start();
    serveByCallbacks(8);
    assertThat(fewestBytes()).isZero();
  }
}
