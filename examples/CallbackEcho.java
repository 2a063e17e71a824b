import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.net.*;
import dev.selkie.runtime.*;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.*;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * An echo server of callbacks on one event loop: a handler that accepts, and one a connection.
 *
 * <p>What is watched belongs to its handler: the listener's stops accepting for a while when the
 * process has no descriptor left, or it would be called again at once; a connection's keeps what
 * the system did not take, and reads on when that is gone.
 */
final class Acceptor {
  final EventLoop loop;
  final TcpListener listener;
  final LoopTimer pause; // made before it is needed, which is when the JVM can open no file either
  Watch watch;

  Acceptor(EventLoop loop, TcpListener listener) throws IOException {
    this.loop = loop;
    this.listener = listener;
    this.pause = loop.timer(this::resume);
    this.watch = loop.watch(listener, Interest.READABLE, (_, _) -> accept());
  }

  void accept() throws IOException {
    try {
      for (TcpStream s = listener.accept(); s != null; s = listener.accept()) {
        new Echo(loop, s);
      }
    } catch (SystemCallException e) {
      System.err.println("accepting pauses: " + e.getMessage());
      watch.modify(Interest.NONE);
      pause.set(Duration.ofMillis(100));
    }
  }

  void resume() {
    try {
      watch.modify(Interest.READABLE);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

final class Echo {
  final TcpStream stream;
  final Watch watch;
  final ByteBuffer buffer = ByteBuffer.allocateDirect(4096);
  boolean writing;

  Echo(EventLoop loop, TcpStream stream) throws IOException {
    this.stream = stream;
    this.watch = loop.watch(stream, Interest.READABLE, (_, _) -> ready());
  }

  void ready() throws IOException {
    try {
      if (!writing && stream.read(buffer) == Io.END) {
        stream.close(); // ends the watch too
        return;
      }
      stream.write(buffer.flip());
      buffer.compact();
      boolean rest = buffer.position() > 0;
      if (rest != writing) {
        writing = rest;
        watch.modify(rest ? Interest.WRITABLE : Interest.READABLE);
      }
    } catch (SystemCallException e) {
      stream.close(); // a reset or the like
    }
  }
}

void main(String[] args) throws Exception {
  int port = args.length == 0 ? 0 : Integer.parseInt(args[0]);
  var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  try (EventLoop loop = EventLoop.builder().open();
      TcpListener listener = TcpListener.bind(address)) {
    loop.execute(() -> {
      try {
        new Acceptor(loop, listener);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    });
    IO.println("echo at " + listener.localAddress());
    loop.run();
  }
}
