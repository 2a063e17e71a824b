package dev.selkie.simulation;

import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import dev.selkie.runtime.Connection;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.Incoming;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** An echo server and its client in each style of the runtime. */
enum EchoPrograms {
  CALLBACKS {
    @Override
    AutoCloseable serve(EventLoop loop, InetSocketAddress at) throws IOException {
      TcpListener bound = TcpListener.bind(loop.kernel(), at);
      loop.watch(
          bound,
          Interest.READABLE,
          (listener, _) -> {
            TcpStream stream = listener.accept();
            if (stream != null) {
              ByteBuffer buffer = ByteBuffer.allocate(64);
              loop.watch(stream, Interest.READABLE, (source, _) -> echo(source, buffer));
            }
          });
      return bound;
    }

    private void echo(TcpStream stream, ByteBuffer buffer) throws IOException {
      if (stream.read(buffer.clear()) == Io.END) {
        stream.close();
        return;
      }
      for (buffer.flip(); buffer.hasRemaining(); ) {
        stream.write(buffer); // so little always fits
      }
    }

    @Override
    Future<String> ask(EventLoop loop, InetSocketAddress server, String question) {
      CompletableFuture<String> answer = new CompletableFuture<>();
      loop.execute(() -> {
        try {
          ByteBuffer out = bytes(question);
          ByteBuffer in = ByteBuffer.allocate(out.remaining());
          TcpStream stream = TcpStream.connect(server);
          loop.watch(
              stream,
              Interest.READABLE_WRITABLE.edge(),
              (source, _) -> {
                if (!source.finishConnect()) {
                  return;
                }
                while (out.hasRemaining()) {
                  source.write(out);
                }
                while (in.hasRemaining() && source.read(in) != Io.NOT_READY) {
                  // more
                }
                if (!in.hasRemaining()) {
                  source.close();
                  var _ = loop.schedule(() -> answer.complete(text(in)), 3, TimeUnit.MILLISECONDS);
                }
              });
        } catch (IOException e) {
          answer.completeExceptionally(e);
        }
      });
      return answer;
    }
  },

  FUTURES {
    @Override
    AutoCloseable serve(EventLoop loop, InetSocketAddress at) throws IOException {
      Incoming<Connection> incoming = loop.listen(at);
      accept(incoming);
      return incoming;
    }

    private void accept(Incoming<Connection> incoming) {
      var _ =
          incoming
              .takeAsync()
              .thenAccept(connection -> {
                echo(connection, ByteBuffer.allocate(64));
                accept(incoming);
              });
    }

    private void echo(Connection connection, ByteBuffer buffer) {
      var _ =
          connection
              .readAsync(buffer.clear())
              .thenAccept(n -> {
                if (n == Io.END) {
                  connection.close();
                } else {
                  var _ =
                      writeAll(connection, buffer.flip()).thenRun(() -> echo(connection, buffer));
                }
              });
    }

    private CompletableFuture<Connection> writeAll(Connection connection, ByteBuffer buffer) {
      return !buffer.hasRemaining()
          ? CompletableFuture.completedFuture(connection)
          : connection.writeAsync(buffer).thenCompose(_ -> writeAll(connection, buffer));
    }

    private CompletableFuture<Connection> readAll(Connection connection, ByteBuffer buffer) {
      return !buffer.hasRemaining()
          ? CompletableFuture.completedFuture(connection)
          : connection.readAsync(buffer).thenCompose(_ -> readAll(connection, buffer));
    }

    @Override
    Future<String> ask(EventLoop loop, InetSocketAddress server, String question) {
      ByteBuffer out = bytes(question);
      ByteBuffer in = ByteBuffer.allocate(out.remaining());
      return loop.connectAsync(server.getAddress().getHostAddress(), server.getPort())
          .orTimeout(1, TimeUnit.MINUTES)
          .thenCompose(connection -> writeAll(connection, out))
          .thenCompose(connection -> readAll(connection, in))
          .thenApplyAsync(connection -> {
            connection.close();
            return text(in);
          });
    }
  },

  FIBERS {
    @Override
    AutoCloseable serve(EventLoop loop, InetSocketAddress at) throws IOException {
      Incoming<Connection> incoming = loop.listen(at);
      var _ =
          loop.<@Nullable Void>fiber(
              "acceptor",
              () -> {
                while (true) {
                  Connection connection = incoming.take();
                  var _ = loop.fiber(() -> echo(connection));
                }
              });
      return incoming;
    }

    private boolean echo(Connection connection) throws IOException {
      ByteBuffer buffer = ByteBuffer.allocate(64);
      while (connection.read(buffer.clear()) != Io.END) {
        connection.writeFully(buffer.flip());
      }
      connection.close();
      return true;
    }

    @Override
    Future<String> ask(EventLoop loop, InetSocketAddress server, String question) {
      return loop.fiber(() -> {
        ByteBuffer out = bytes(question);
        ByteBuffer in = ByteBuffer.allocate(out.remaining());
        try (Connection connection = loop.connect(server)) {
          connection.writeFully(out);
          connection.readFully(in);
          loop.sleep(Duration.ofMillis(3));
        }
        return text(in);
      });
    }
  };

  /** Begins to serve; what to close when the loop has ended. */
  abstract AutoCloseable serve(EventLoop loop, InetSocketAddress at) throws IOException;

  /** Sends a question and takes as many bytes for its answer. */
  abstract Future<String> ask(EventLoop loop, InetSocketAddress server, String question);

  private static ByteBuffer bytes(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static String text(ByteBuffer buffer) {
    return StandardCharsets.US_ASCII.decode(buffer.flip()).toString();
  }
}
