package dev.selkie.cli.fibers;

import dev.selkie.Io;
import dev.selkie.cli.program.Answer;
import dev.selkie.cli.program.DelayProtocol;
import dev.selkie.cli.program.LoopServer;
import dev.selkie.cli.program.RequestReader;
import dev.selkie.cli.program.TimeLimit;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import dev.selkie.runtime.Connection;
import dev.selkie.runtime.Scope;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.time.Duration;

/** The delay server: what a connection goes through is written down in its order. */
public final class DelayServer {
  private final LoopServer server;
  private final Connection connection;
  private final ByteBuffer buffer = ByteBuffer.allocate(DelayProtocol.BUFFER_BYTES);

  private DelayServer(LoopServer server, Connection connection) {
    this.server = server;
    this.connection = connection;
  }

  /** Begins to serve. */
  public static TcpListener begin(
      LoopServer server, InetSocketAddress address, DelayProtocol protocol) throws IOException {
    return Acceptor.listen(
        server, address, connection -> new DelayServer(server, connection).serve(protocol));
  }

  private void serve(DelayProtocol protocol) throws IOException, InterruptedException {
    Answer answer;
    try (RequestReader reader = protocol.reader()) {
      answer = request(reader);
    }
    delay(answer.delay());
    send(answer.bytes());
    ((TcpStream) connection.source()).shutdownOutput();
    try {
      discard(DelayProtocol.LINGER);
    } catch (IOException e) {
      // the answer was taken
    }
  }

  private Answer request(RequestReader reader) throws IOException {
    try (Scope _ = within(DelayProtocol.REQUEST)) {
      Answer answer;
      do {
        int count = connection.read(buffer.clear());
        answer = count == Io.END ? reader.end() : reader.add(buffer.flip());
      } while (answer == null);
      return answer;
    } catch (SocketTimeoutException e) {
      return reader.late();
    }
  }

  private void delay(Duration time) throws IOException, InterruptedException {
    TimeLimit limit = new TimeLimit(connection.loop(), time);
    discard(time); // it tells of a client that goes away
    connection.loop().sleep(limit.left());
  }

  private void send(ByteBuffer bytes) throws IOException {
    try (Scope _ = within(DelayProtocol.ANSWER)) {
      while (bytes.hasRemaining()) {
        server.counts().bytesOut.add(connection.write(bytes));
      }
    }
  }

  /** Reads what nobody wants, until the end of file or for some time. */
  private void discard(Duration time) throws IOException {
    try (Scope _ = within(time)) {
      for (int n = 0; n != Io.END; n = connection.read(buffer.clear())) {
        server.counts().bytesIn.add(n);
      }
    } catch (SocketTimeoutException e) {
      // the time is over
    }
  }

  /** Ends what is done with the connection when a time is over. */
  private Scope within(Duration time) {
    return connection.loop().scope().deadline(time);
  }
}
