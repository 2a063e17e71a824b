package dev.selkie.cli.futures;

import dev.selkie.cli.program.LoopServer;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import dev.selkie.runtime.Connection;
import dev.selkie.runtime.Incoming;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Takes connections, each of which belongs to the loop whose turn it is. */
final class Acceptor {
  private Acceptor() {}

  /** Listens, and has each connection served until the future is done that serving it yields. */
  static TcpListener listen(
      LoopServer server,
      InetSocketAddress address,
      Function<Connection, CompletableFuture<@Nullable Void>> serving)
      throws IOException {
    Incoming<Connection> incoming = server.listen(address);
    CompletableFuture<@Nullable Void> _ =
        Steps.repeat(() ->
                incoming
                    .takeAsync()
                    .thenApply(connection -> {
                      serve(server, connection, serving);
                      return true;
                    }))
            .whenComplete((_, problem) -> server.crashed(Steps.cause(problem)));
    return (TcpListener) incoming.source();
  }

  private static void serve(
      LoopServer server,
      Connection connection,
      Function<Connection, CompletableFuture<@Nullable Void>> serving) {
    TcpStream stream = (TcpStream) connection.source();
    server.opened(stream);
    CompletableFuture<@Nullable Void> _ =
        serving
            .apply(connection)
            .whenComplete((_, problem) -> {
              connection.close();
              server.closed(stream);
              if (problem == null) {
                return;
              }
              Throwable cause = Steps.cause(problem);
              if (cause instanceof IOException) {
                server.counts().vanished.increment(); // a reset or a broken connection
              } else {
                server.crashed(cause);
              }
            });
  }
}
