import dev.selkie.net.TcpListener;
import dev.selkie.runtime.*;
import java.io.IOException;
import java.net.*;
import java.nio.ByteBuffer;

/**
 * An echo server of fibers on one event loop: code in sequence, a fiber a connection.
 *
 * <p>With {@code --add-opens java.base/java.lang=ALL-UNNAMED} the fibers are mounted on the loop's
 * own thread; without it they run on the JDK's scheduler.
 */
static Object echo(Connection connection) throws IOException {
  try (connection) {
    ByteBuffer buffer = ByteBuffer.allocateDirect(4096);
    while (connection.read(buffer.clear()) >= 0) {
      connection.writeFully(buffer.flip());
    }
    return "end";
  }
}

void main(String[] args) throws Exception {
  int port = args.length == 0 ? 0 : Integer.parseInt(args[0]);
  var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  try (EventLoop loop = EventLoop.start()) {
    TcpListener listener = TcpListener.bind(address);
    Incoming<Connection> incoming = loop.listen(listener);
    IO.println("echo at " + listener.localAddress());
    while (true) {
      Connection connection = incoming.take(); // waits while no descriptor is left
      loop.fiber(() -> echo(connection))
          .toCompletableFuture()
          .whenComplete((_, failure) -> {
            if (failure != null) {
              System.err.println(failure); // or nobody would learn of it
            }
          });
    }
  }
}
