package dev.selkie.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.selkie.kernel.CountingKernel;
import dev.selkie.kernel.SystemCall;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a message costs that is written through a queue, of a loop in this thread. */
final class WriteQueueCostTest extends EchoCosts {
  private void serveByQueues(int count) throws IOException {
    try (TcpListener listener = listener()) {
      connect(listener, count);
      for (TcpStream s = accept(listener); s != null; s = listener.accept()) {
        loop().execute(new QueuedEcho(loop().attach(s)));
      }
    }
  }

  /** Callbacks alone: a waker for what comes, and a queue for what goes. */
  private static final class QueuedEcho implements Runnable, Waker {
    private final Connection connection;
    private final WriteQueue queue;
    private ByteBuffer buffer = ByteBuffer.allocateDirect(4096);
    private ByteBuffer queued = ByteBuffer.allocateDirect(4096); // the queue's until written

    QueuedEcho(Connection connection) {
      this.connection = connection;
      this.queue = connection.writeQueue(0, BYTES);
    }

    @Override
    public void run() {
      wake();
    }

    @Override
    public void wake() {
      try {
        while (connection.pollRead(buffer.clear(), this) > 0) {
          if (!queue.offer(buffer.flip())) {
            throw new IOException("the answer to the message before was not sent");
          }
          ByteBuffer free = queued;
          queued = buffer;
          buffer = free;
        }
      } catch (IOException e) {
        connection.close(); // the end of the test
      }
    }
  }

  @Test
  void aMessageThroughAWriteQueueCostsTwoCalls() throws IOException {
    CountingKernel calls = counting();
    serveByQueues(CONNECTIONS);
    warmUp();
    calls.reset();
    round();
    assertThat(calls.count(SystemCall.RECV)).isEqualTo(CONNECTIONS);
    assertThat(calls.count(SystemCall.SEND)).isEqualTo(CONNECTIONS);
    assertThat(calls.total()).isLessThanOrEqualTo(2 * CONNECTIONS + 2L);
  }

  @Test
  @Timeout(60)
  void aMessageThroughAWriteQueueAllocatesNothing() throws IOException {
    start();
    serveByQueues(8);
    assertThat(fewestBytes()).isZero();
  }
}
