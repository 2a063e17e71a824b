package dev.selkie.cli.fibers;

import dev.selkie.cli.program.LoopServer;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import dev.selkie.runtime.Connection;
import dev.selkie.runtime.Fiber;
import dev.selkie.runtime.Incoming;
import java.io.IOException;
import java.net.InetSocketAddress;

/** Takes connections, and starts a fiber for each. */
final class Acceptor {
  /** What a fiber does for a connection. */
  interface Serving {
    void serve(Connection connection) throws IOException, InterruptedException;
  }

  private Acceptor() {}

  /** Listens, and has each connection served on the loop that it belongs to. */
  static TcpListener listen(LoopServer server, InetSocketAddress address, Serving serving)
      throws IOException {
    Incoming<Connection> incoming = server.listen(address);
    Fiber<?> _ =
        server
            .group()
            .fiber(() -> {
              try {
                while (true) {
                  Connection connection = incoming.take(); // waits while no descriptor is left
                  Fiber<?> _ = connection.loop().fiber(() -> serve(server, connection, serving));
                }
              } catch (Throwable e) {
                server.crashed(e);
                throw e;
              }
            });
    return (TcpListener) incoming.source();
  }

  private static Object serve(LoopServer server, Connection connection, Serving serving) {
    TcpStream stream = (TcpStream) connection.source();
    server.opened(stream);
    try (connection) {
      serving.serve(connection);
    } catch (IOException e) {
      server.counts().vanished.increment(); // a reset or a broken connection
    } catch (InterruptedException e) {
      // the server ends
    } catch (Throwable e) {
      server.crashed(e);
    } finally {
      server.closed(stream);
    }
    return server;
  }
}
