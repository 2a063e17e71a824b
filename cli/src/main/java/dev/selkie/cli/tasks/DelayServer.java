package dev.selkie.cli.tasks;

import dev.selkie.Io;
import dev.selkie.cli.program.Answer;
import dev.selkie.cli.program.DelayProtocol;
import dev.selkie.cli.program.LoopServer;
import dev.selkie.cli.program.RequestReader;
import dev.selkie.cli.program.TimeLimit;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import dev.selkie.runtime.Connection;
import dev.selkie.runtime.task.Task;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** The delay server: what a connection goes through is a task put together of smaller ones. */
public final class DelayServer {
  private final LoopServer server;
  private final Connection connection;
  private final RequestReader reader;
  private final ByteBuffer buffer = ByteBuffer.allocate(DelayProtocol.BUFFER_BYTES);
  private @Nullable Answer answer;

  private DelayServer(LoopServer server, Connection connection, RequestReader reader) {
    this.server = server;
    this.connection = connection;
    this.reader = reader;
  }

  /** Begins to serve. */
  public static TcpListener begin(
      LoopServer server, InetSocketAddress address, DelayProtocol protocol) throws IOException {
    return Acceptor.listen(
        server,
        address,
        connection -> new DelayServer(server, connection, protocol.reader()).serve());
  }

  private Task<@Nullable Void> serve() {
    return request()
        .<@Nullable Void>then(
            given -> delay(given.delay()).<@Nullable Void>then(_ -> send(given.bytes())))
        .<@Nullable Void>then(_ -> linger())
        .ensure(reader::close);
  }

  private Task<Answer> request() {
    Task<@Nullable Void> reading =
        Task.repeat(() -> Task.read(connection.input(), buffer.clear()).map(this::take));
    return reading
        .map(_ -> Objects.requireNonNull(answer))
        .withTimeout(connection.loop(), DelayProtocol.REQUEST)
        .recover(problem ->
            problem instanceof TimeoutException ? Task.of(reader.late()) : Task.failed(problem));
  }

  /** Takes what a read has brought of the request; whether more is needed. */
  private boolean take(int count) {
    answer = count == Io.END ? reader.end() : reader.add(buffer.flip());
    return answer == null;
  }

  private Task<@Nullable Void> delay(Duration time) {
    TimeLimit limit = new TimeLimit(connection.loop(), time);
    return discard(time) // it tells of a client that goes away
        .<@Nullable Void>then(_ -> Task.sleep(connection.loop(), limit.left()));
  }

  private Task<@Nullable Void> send(ByteBuffer bytes) {
    int length = bytes.remaining();
    return Task.write(connection.output(), bytes)
        .withTimeout(connection.loop(), DelayProtocol.ANSWER)
        .ensure(() -> server.counts().bytesOut.add(length - bytes.remaining()));
  }

  private Task<@Nullable Void> linger() {
    return Task.<@Nullable Void>defer(() -> {
      ((TcpStream) connection.source()).shutdownOutput();
      return discard(DelayProtocol.LINGER).recover(_ -> Task.of(null)); // the answer was taken
    });
  }

  /** Reads what nobody wants, until the end of file or for some time. */
  private Task<@Nullable Void> discard(Duration time) {
    return Task.repeat(() ->
            Task.read(connection.input(), buffer.clear())
                .map(count -> {
                  server.counts().bytesIn.add(Math.max(count, 0));
                  return count != Io.END;
                }))
        .withTimeout(connection.loop(), time)
        .recover(
            problem -> problem instanceof TimeoutException ? Task.of(null) : Task.failed(problem));
  }
}
