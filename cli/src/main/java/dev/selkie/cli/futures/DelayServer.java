package dev.selkie.cli.futures;

import dev.selkie.Io;
import dev.selkie.cli.program.Answer;
import dev.selkie.cli.program.DelayProtocol;
import dev.selkie.cli.program.LoopServer;
import dev.selkie.cli.program.RequestReader;
import dev.selkie.cli.program.TimeLimit;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import dev.selkie.runtime.Connection;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** The delay server: a connection is a chain of stages, each of which begins the next. */
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

  private CompletableFuture<@Nullable Void> serve() {
    return request()
        .thenCompose(_ -> delay())
        .thenCompose(_ -> send())
        .<@Nullable Void>thenCompose(_ -> linger())
        .whenComplete((_, _) -> reader.close());
  }

  private CompletableFuture<@Nullable Void> request() {
    TimeLimit limit = new TimeLimit(connection.loop(), DelayProtocol.REQUEST);
    return Steps.repeat(() -> read(limit).thenApply(this::take))
        .exceptionally(problem -> {
          answer = late(problem);
          return null;
        });
  }

  /** Takes what a read has brought of the request; whether more is needed. */
  private boolean take(int count) {
    answer = count == Io.END ? reader.end() : reader.add(buffer.flip());
    return answer == null;
  }

  private Answer late(Throwable problem) {
    if (Steps.cause(problem) instanceof TimeoutException) {
      return reader.late();
    }
    throw new CompletionException(Steps.cause(problem));
  }

  private CompletableFuture<@Nullable Void> delay() {
    TimeLimit limit = new TimeLimit(connection.loop(), Objects.requireNonNull(answer).delay());
    return discard(limit) // it tells of a client that goes away
        .thenCompose(_ -> connection.loop().sleepAsync(limit.left()));
  }

  private CompletableFuture<@Nullable Void> send() {
    ByteBuffer bytes = Objects.requireNonNull(answer).bytes();
    TimeLimit limit = new TimeLimit(connection.loop(), DelayProtocol.ANSWER);
    return Steps.repeat(() ->
        connection
            .writeAsync(bytes)
            .orTimeout(limit.left().toNanos(), TimeUnit.NANOSECONDS)
            .thenApply(count -> {
              server.counts().bytesOut.add(count);
              return bytes.hasRemaining();
            }));
  }

  private CompletableFuture<@Nullable Void> linger() {
    try {
      ((TcpStream) connection.source()).shutdownOutput();
    } catch (IOException e) {
      return CompletableFuture.failedFuture(e);
    }
    return discard(new TimeLimit(connection.loop(), DelayProtocol.LINGER))
        .exceptionally(_ -> null); // the answer was taken
  }

  /** Reads what nobody wants, until the end of file or for some time. */
  private CompletableFuture<@Nullable Void> discard(TimeLimit limit) {
    return Steps.repeat(() ->
            read(limit)
                .thenApply(count -> {
                  server.counts().bytesIn.add(Math.max(count, 0));
                  return count != Io.END;
                }))
        .exceptionallyCompose(problem ->
            Steps.cause(problem) instanceof TimeoutException
                ? CompletableFuture.completedFuture(null)
                : CompletableFuture.failedFuture(Steps.cause(problem)));
  }

  private CompletableFuture<Integer> read(TimeLimit limit) {
    return connection
        .readAsync(buffer.clear())
        .orTimeout(limit.left().toNanos(), TimeUnit.NANOSECONDS);
  }
}
