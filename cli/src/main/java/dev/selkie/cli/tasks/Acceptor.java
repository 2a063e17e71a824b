package dev.selkie.cli.tasks;

import dev.selkie.cli.program.LoopServer;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import dev.selkie.runtime.ClosedLoopException;
import dev.selkie.runtime.Connection;
import dev.selkie.runtime.Incoming;
import dev.selkie.runtime.task.Task;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Takes connections, each of which has a task of its own on the loop whose turn it is. */
final class Acceptor {
  private Acceptor() {}

  /** Listens, and has the task of each connection polled until its end. */
  static TcpListener listen(
      LoopServer server,
      InetSocketAddress address,
      Function<Connection, Task<@Nullable Void>> serving)
      throws IOException {
    Incoming<Connection> incoming = server.listen(address);
    Task<@Nullable Void> taking =
        Task.repeat(() ->
            Task.take(incoming)
                .map(connection -> {
                  serve(server, connection, serving);
                  return true;
                }));
    CompletableFuture<@Nullable Void> _ =
        server.group().next().run(taking).whenComplete((_, problem) -> server.crashed(problem));
    return (TcpListener) incoming.source();
  }

  private static void serve(
      LoopServer server,
      Connection connection,
      Function<Connection, Task<@Nullable Void>> serving) {
    TcpStream stream = (TcpStream) connection.source();
    server.opened(stream);
    CompletableFuture<@Nullable Void> _ =
        connection
            .loop()
            .run(serving.apply(connection))
            .whenComplete((_, problem) -> {
              connection.close();
              server.closed(stream);
              switch (problem) {
                case null -> {}
                case ClosedLoopException _ -> {} // the server ends
                case IOException _ -> server.counts().vanished.increment(); // a reset or the like
                default -> server.crashed(problem);
              }
            });
  }
}
