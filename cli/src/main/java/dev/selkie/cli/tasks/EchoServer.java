package dev.selkie.cli.tasks;

import dev.selkie.Io;
import dev.selkie.cli.program.LoopServer;
import dev.selkie.net.TcpListener;
import dev.selkie.runtime.Connection;
import dev.selkie.runtime.Waker;
import dev.selkie.runtime.task.Poll;
import dev.selkie.runtime.task.Task;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Sends back what it receives: a task by hand, whose state between two polls is its buffer. */
public final class EchoServer implements Task<@Nullable Void> {
  private static final int BUFFER_BYTES = 1 << 14;

  private final LoopServer server;
  private final Connection connection;

  /** What was received and is to be sent. */
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES).limit(0);

  private EchoServer(LoopServer server, Connection connection) {
    this.server = server;
    this.connection = connection;
  }

  /** Begins to serve. */
  public static TcpListener begin(LoopServer server, InetSocketAddress address) throws IOException {
    return Acceptor.listen(server, address, connection -> new EchoServer(server, connection));
  }

  @Override
  public Poll<@Nullable Void> poll(Waker waker) throws IOException {
    while (true) {
      while (buffer.hasRemaining()) {
        int sent = connection.pollWrite(buffer, waker);
        if (sent == Io.NOT_READY) {
          return Poll.pending();
        }
        server.counts().bytesOut.add(sent);
      }
      int received = connection.pollRead(buffer.clear(), waker);
      buffer.flip();
      if (received == Io.NOT_READY) {
        return Poll.pending();
      }
      if (received == Io.END) {
        return Poll.ready(null);
      }
      server.counts().bytesIn.add(received);
    }
  }
}
