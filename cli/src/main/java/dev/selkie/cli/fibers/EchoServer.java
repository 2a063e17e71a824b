package dev.selkie.cli.fibers;

import dev.selkie.Io;
import dev.selkie.cli.program.LoopServer;
import dev.selkie.net.TcpListener;
import dev.selkie.runtime.Connection;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;

/** Sends back what it receives. */
public final class EchoServer {
  private static final int BUFFER_BYTES = 1 << 14;

  private EchoServer() {}

  /** Begins to serve. */
  public static TcpListener begin(LoopServer server, InetSocketAddress address) throws IOException {
    return Acceptor.listen(server, address, connection -> echo(server, connection));
  }

  private static void echo(LoopServer server, Connection connection) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
    for (int n = connection.read(buffer); n != Io.END; n = connection.read(buffer.clear())) {
      server.counts().bytesIn.add(n);
      connection.writeFully(buffer.flip());
      server.counts().bytesOut.add(n);
    }
  }
}
