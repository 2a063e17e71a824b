package dev.selkie.runtime;

import dev.selkie.Io;
import dev.selkie.net.TcpStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.channels.WritePendingException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

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

  /** Resolves a name off the loop and connects to the first of its addresses that answers. */
  static Connection connect(EventLoop loop, String host, int port, long nanos) throws IOException {
    loop.refuseToBlock("connectAsync");
    long deadline = loop.engine().timeAfter(nanos);
    IOException failure = null;
    for (InetAddress address : resolved(loop, host)) {
      long left = nanos == 0 ? 0 : deadline - loop.engine().nanoTime();
      if (nanos != 0 && left <= 0) {
        break;
      }
      try {
        return connect(loop, new InetSocketAddress(address, port), left);
      } catch (InterruptedIOException e) {
        if (!(e instanceof SocketTimeoutException)) {
          throw e;
        }
        failure = joined(failure, e);
      } catch (IOException e) {
        failure = joined(failure, e);
      }
    }
    throw failure == null ? new SocketTimeoutException("connect(" + host + ")") : failure;
  }

  private static IOException joined(@Nullable IOException first, IOException next) {
    if (first == null) {
      return next;
    }
    first.addSuppressed(next);
    return first;
  }

  private static List<InetAddress> resolved(EventLoop loop, String host) throws IOException {
    try {
      return loop.offload(() -> resolve(loop, host)).get();
    } catch (InterruptedException e) {
      throw new InterruptedIOException("interrupted while " + host + " was looked up");
    } catch (ExecutionException e) {
      throw e.getCause() instanceof IOException failure ? failure : new IOException(e.getCause());
    }
  }

  private static List<InetAddress> resolve(EventLoop loop, String host) throws IOException {
    List<InetAddress> addresses = new ArrayList<>();
    int count = loop.kernel().names().resolve(host, addresses::add);
    if (count <= 0) {
      throw new UnknownHostException(host);
    }
    return addresses;
  }

  /** Connects as a future. */
  static CompletableFuture<Connection> connectAsync(EventLoop loop, SocketAddress address) {
    try {
      return new Connecting(loop, address).future();
    } catch (IOException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  /** Resolves a name off the loop and connects to the first of its addresses that answers. */
  static CompletableFuture<Connection> connectAsync(EventLoop loop, String host, int port) {
    return loop.offload(() -> resolve(loop, host))
        .thenCompose(addresses -> firstOf(loop, addresses, port, 0));
  }

  private static CompletableFuture<Connection> firstOf(
      EventLoop loop, List<InetAddress> addresses, int port, int index) {
    CompletableFuture<Connection> attempt =
        connectAsync(loop, new InetSocketAddress(addresses.get(index), port));
    if (index == addresses.size() - 1) {
      return attempt;
    }
    return attempt.exceptionallyCompose(_ -> firstOf(loop, addresses, port, index + 1));
  }

  private CompletableFuture<Connection> future() {
    Direction output = output();
    if (!output.begin()) {
      throw new WritePendingException();
    }
    return new AsyncOperation<Connection>(output) {
      @Override
      @Nullable Connection attempt(boolean waited) throws IOException {
        try {
          return output.attempt(FINISH, stream, waited) == Io.NOT_READY ? null : connection;
        } catch (IOException e) {
          stream.close();
          throw e;
        }
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
