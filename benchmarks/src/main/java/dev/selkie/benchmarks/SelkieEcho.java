package dev.selkie.benchmarks;

import dev.selkie.Event;
import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpOption;
import dev.selkie.net.TcpStream;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Echo over an {@link EventQueue}, level-triggered. */
final class SelkieEcho {
  private final EventQueue<Handler> queue;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(EchoServer.BUFFER_BYTES);

  private SelkieEcho(EventQueue<Handler> queue) {
    this.queue = queue;
  }

  static void run() throws IOException {
    try (EventQueue<Handler> queue = EventQueue.open();
        TcpListener listener =
            TcpListener.builder().backlog(EchoServer.BACKLOG).bind(EchoServer.address())) {
      SelkieEcho server = new SelkieEcho(queue);
      queue.register(listener, Interest.READABLE, () -> server.accept(listener));
      EchoServer.ready(listener.localAddress().getPort());
      while (true) {
        for (Event<Handler> event : queue.await()) {
          event.attachment().ready();
        }
      }
    }
  }

  private void accept(TcpListener listener) throws IOException {
    for (TcpStream s = listener.accept(); s != null; s = listener.accept()) {
      s.set(TcpOption.NODELAY, true);
      queue.register(s, Interest.READABLE, new Connection(s));
    }
  }

  /** What is done when a source is ready. */
  private interface Handler {
    void ready() throws IOException;
  }

  /** One client. */
  private final class Connection implements Handler {
    private final TcpStream stream;

    Connection(TcpStream stream) {
      this.stream = stream;
    }

    @Override
    public void ready() throws IOException {
      buffer.clear();
      int n = stream.read(buffer);
      if (n == Io.END) {
        stream.close();
      } else if (n != Io.NOT_READY) {
        buffer.flip();
        if (stream.write(buffer) != n) {
          throw EchoServer.shortWrite();
        }
      }
    }
  }
}
