package dev.selkie.runtime;

import dev.selkie.Io;
import dev.selkie.net.StreamSocket;
import dev.selkie.runtime.jfr.ConnectEvent;
import dev.selkie.runtime.jfr.Recorder;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.nio.channels.WritePendingException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A connection attempt of a loop. */
final class Connecting {
  private static final Direction.Attempt<StreamSocket> FINISH =
      (stream, _) -> stream.finishConnect() ? 0 : Io.NOT_READY; // it moves no bytes

  private final StreamSocket stream;
  private final Connection connection;

  /** Null if nobody wants it. */
  private final @Nullable ConnectEvent event;

  private Connecting(EventLoop loop, SocketAddress address) throws IOException {
    this.event = Recorder.isOn() ? ConnectEvent.begin(loop.name(), address) : null;
    StreamSocket made = null;
    try {
      made = StreamSocket.connect(loop.kernel(), address);
      this.connection = loop.attach(made);
    } catch (Throwable e) {
      failed(made, e);
      throw e;
    }
    this.stream = made;
  }

  private void failed(@Nullable StreamSocket made, Object failure) {
    if (made != null) {
      made.close();
    }
    if (event != null) {
      event.ended(failure.toString());
    }
  }

  private Connection connected() {
    connection.loop().engine().traffic().connected();
    if (event != null) {
      event.ended("");
    }
    return connection;
  }

  /** Connects, parking the calling thread for some time, or without a limit if that is 0. */
  static Connection connect(EventLoop loop, SocketAddress address, long nanos) throws IOException {
    loop.refuseToBlock("connectAsync");
    Connecting attempt = new Connecting(loop, address);
    try {
      attempt.output().call(FINISH, attempt.stream, nanos, "connectAsync");
      return attempt.connected();
    } catch (SocketTimeoutException e) {
      attempt.failed(attempt.stream, e);
      throw new SocketTimeoutException("connect(" + address + "): no answer in time");
    } catch (Throwable e) {
      attempt.failed(attempt.stream, e);
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
          failed(stream, e);
          throw e;
        }
      }

      @Override
      Connection result() {
        return connected();
      }

      @Override
      void abandoned() {
        failed(stream, "given up");
      }
    }.startedOn(connection.loop().engine());
  }

  private Direction output() {
    return connection.cell().output;
  }
}
