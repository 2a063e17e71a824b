package dev.selkie.benchmarks;

import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpOption;
import dev.selkie.net.TcpStream;
import dev.selkie.runtime.Connection;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.Fiber;
import dev.selkie.runtime.Incoming;
import dev.selkie.runtime.Waker;
import dev.selkie.runtime.task.Poll;
import dev.selkie.runtime.task.Task;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;

/** Echo on one {@link EventLoop}, in its styles. */
final class LoopEcho {
  private LoopEcho() {}

  static void callbacks() throws IOException {
    try (EventLoop loop = EventLoop.builder().open();
        TcpListener listener = listener()) {
      ByteBuffer buffer = ByteBuffer.allocateDirect(EchoServer.BUFFER_BYTES);
      loop.watch(
          listener,
          Interest.READABLE,
          (_, _) -> {
            for (TcpStream s = listener.accept(); s != null; s = listener.accept()) {
              s.set(TcpOption.NODELAY, true);
              loop.watch(s, Interest.READABLE, (stream, _) -> echo(stream, buffer));
            }
          });
      EchoServer.ready(listener.localAddress().getPort());
      loop.run();
    }
  }

  private static void echo(TcpStream stream, ByteBuffer buffer) throws IOException {
    int n = stream.read(buffer.clear());
    if (n == Io.END) {
      stream.close();
    } else if (n != Io.NOT_READY && stream.write(buffer.flip()) != n) {
      throw EchoServer.shortWrite();
    }
  }

  static void futures() throws IOException {
    try (EventLoop loop = EventLoop.builder().open()) {
      accept(listen(loop));
      loop.run();
    }
  }

  private static void accept(Incoming<Connection> incoming) {
    incoming
        .takeAsync()
        .thenAccept(connection -> {
          nextMessage(connection, ByteBuffer.allocateDirect(EchoServer.BUFFER_BYTES));
          accept(incoming);
        })
        .exceptionally(LoopEcho::fail);
  }

  private static void nextMessage(Connection connection, ByteBuffer buffer) {
    connection
        .readAsync(buffer.clear())
        .thenCompose(n -> {
          if (n == Io.END) {
            connection.close();
            return CompletableFuture.completedFuture(n);
          }
          return connection.writeAsync(buffer.flip());
        })
        .thenAccept(n -> {
          if (n != Io.END) {
            nextMessage(connection, buffer);
          }
        })
        .exceptionally(LoopEcho::fail);
  }

  static void tasks() throws IOException {
    try (EventLoop loop = EventLoop.builder().open()) {
      Incoming<Connection> incoming = listen(loop);
      loop.run(
              Task.repeat(() ->
                  Task.take(incoming)
                      .map(connection -> {
                        loop.run(new EchoTask(connection)).exceptionally(LoopEcho::fail);
                        return true;
                      })))
          .exceptionally(LoopEcho::fail);
      loop.run();
    }
  }

  /** A connection as a task. */
  private static final class EchoTask implements Task<Void> {
    private final Connection connection;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(EchoServer.BUFFER_BYTES).limit(0);

    EchoTask(Connection connection) {
      this.connection = connection;
    }

    @Override
    public Poll<Void> poll(Waker waker) throws IOException {
      while (true) {
        while (buffer.hasRemaining()) {
          if (connection.pollWrite(buffer, waker) == Io.NOT_READY) {
            return Poll.pending();
          }
        }
        int n = connection.pollRead(buffer.clear(), waker);
        buffer.flip();
        if (n == Io.NOT_READY) {
          return Poll.pending();
        }
        if (n == Io.END) {
          connection.close();
          return Poll.ready(null);
        }
      }
    }
  }

  static void fibers(boolean mounted) throws IOException {
    try (EventLoop loop = EventLoop.builder().mountFibers(mounted).open()) {
      Incoming<Connection> incoming = listen(loop);
      Fiber<?> acceptor =
          loop.fiber(() -> {
            while (true) {
              Connection connection = incoming.take();
              var _ = loop.fiber(() -> serve(connection));
            }
          });
      acceptor.toCompletableFuture().exceptionally(LoopEcho::fail);
      loop.run();
    }
  }

  private static <T> T serve(Connection connection) {
    try (connection) {
      ByteBuffer buffer = ByteBuffer.allocateDirect(EchoServer.BUFFER_BYTES);
      while (connection.read(buffer.clear()) != Io.END) {
        connection.writeFully(buffer.flip());
      }
    } catch (IOException e) {
      ChildMain.fail(e);
    }
    return null;
  }

  private static TcpListener listener() throws IOException {
    return TcpListener.builder().backlog(EchoServer.BACKLOG).bind(EchoServer.address());
  }

  private static Incoming<Connection> listen(EventLoop loop) throws IOException {
    TcpListener listener = listener();
    Incoming<Connection> incoming =
        loop.attach(
            listener,
            stream -> {
              stream.set(TcpOption.NODELAY, true);
              return loop.attach(stream);
            });
    EchoServer.ready(listener.localAddress().getPort());
    return incoming;
  }

  private static <T> T fail(Throwable problem) {
    ChildMain.fail(problem);
    return null;
  }
}
