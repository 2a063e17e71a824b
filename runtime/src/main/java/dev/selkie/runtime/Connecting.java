package dev.selkie.runtime;

import dev.selkie.Io;
import dev.selkie.net.TcpStream;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.nio.channels.WritePendingException;
import java.util.concurrent.CompletableFuture;

/** A TCP connection attempt of a loop. */
final class Connecting {
  private static final Direction.Attempt<TcpStream> FINISH =
      (stream, _) -> stream.finishConnect() ? 1 : Io.NOT_READY;

  private final TcpStream stream;
  private final Connection connection;

  private Connecting(EventLoop loop, SocketAddress address) throws IOException {
    this.stream = TcpStream.connect(loop.kernel(), address);
    try {
      this.connection = loop.attach(stream);
    } catch (Throwable e) {
      stream.close();
      throw e;
    }
  }

  /** Connects, parking the calling thread for some time, or without a limit if that is 0. */
  static Connection connect(EventLoop loop, SocketAddress address, long nanos) throws IOException {
    loop.refuseToBlock("connectAsync");
    Connecting attempt = new Connecting(loop, address);
    try {
      attempt.output().call(FINISH, attempt.stream, nanos, "connectAsync");
      return attempt.connection;
    } catch (SocketTimeoutException e) {
      attempt.stream.close();
      throw new SocketTimeoutException("connect(" + address + "): no answer in time");
    } catch (Throwable e) {
      attempt.stream.close();
      throw e;
    }
  }

  /** Connects as a future. */
  static CompletableFuture<Connection> connectAsync(EventLoop loop, SocketAddress address) {
    try {
      return new Connecting(loop, address).future();
    } catch (IOException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private CompletableFuture<Connection> future() {
    Direction output = output();
    if (!output.begin()) {
      throw new WritePendingException();
    }
    return new AsyncOperation<Connection>(output) {
      @Override
      boolean attempt(boolean waited) throws IOException {
        try {
          return output.attempt(FINISH, stream, waited) != Io.NOT_READY;
        } catch (Throwable e) {
          stream.close();
          throw e;
        }
      }

      @Override
      Connection result() {
        return connection;
      }

      @Override
      void abandoned() {
        stream.close();
      }
    }.startedOn(connection.loop().engine());
  }

  private Direction output() {
    return connection.cell().output;
  }
}
