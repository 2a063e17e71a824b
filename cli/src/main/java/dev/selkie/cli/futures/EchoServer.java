package dev.selkie.cli.futures;

import dev.selkie.Io;
import dev.selkie.cli.program.LoopServer;
import dev.selkie.net.TcpListener;
import dev.selkie.runtime.Connection;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Sends back what it receives: writes follow each read, and a read follows them. */
public final class EchoServer {
  private static final int BUFFER_BYTES = 1 << 14;

  private final LoopServer server;
  private final Connection connection;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);

  private EchoServer(LoopServer server, Connection connection) {
    this.server = server;
    this.connection = connection;
  }

  /** Begins to serve. */
  public static TcpListener begin(LoopServer server, InetSocketAddress address) throws IOException {
    return Acceptor.listen(
        server, address, connection -> new EchoServer(server, connection).serve());
  }

  private CompletableFuture<@Nullable Void> serve() {
    return Steps.repeat(() -> connection.readAsync(buffer.clear()).thenCompose(this::answer));
  }

  /** Sends back what a read has brought; whether there may be more. */
  private CompletableFuture<Boolean> answer(int count) {
    if (count == Io.END) {
      return CompletableFuture.completedFuture(false);
    }
    server.counts().bytesIn.add(count);
    buffer.flip();
    return Steps.repeat(() -> connection.writeAsync(buffer).thenApply(this::written))
        .thenApply(_ -> true);
  }

  private boolean written(int count) {
    server.counts().bytesOut.add(count);
    return buffer.hasRemaining();
  }
}
