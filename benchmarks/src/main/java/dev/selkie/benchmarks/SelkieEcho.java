package dev.selkie.benchmarks;

import dev.selkie.Event;
import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.net.StreamListener;
import dev.selkie.net.StreamSocket;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpOption;
import dev.selkie.net.TcpStream;
import dev.selkie.net.UnixListener;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;

/** Echo over an {@link EventQueue}, level-triggered. */
final class SelkieEcho {
  private final EventQueue<Handler> queue;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(EchoServer.BUFFER_BYTES);

  private SelkieEcho(EventQueue<Handler> queue) {
    this.queue = queue;
  }

  static void run(SocketAddress address) throws IOException {
    try (EventQueue<Handler> queue = EventQueue.open();
        StreamListener<?> listener = listen(address)) {
      SelkieEcho server = new SelkieEcho(queue);
      queue.register(listener, Interest.READABLE, () -> server.accept(listener));
      EchoServer.ready(listener.localAddress());
      while (true) {
        for (Event<Handler> event : queue.await()) {
          event.attachment().ready();
        }
      }
    }
  }

  private static StreamListener<?> listen(SocketAddress address) throws IOException {
    return address instanceof UnixDomainSocketAddress
        ? UnixListener.builder().backlog(EchoServer.BACKLOG).bind(address)
        : TcpListener.builder().backlog(EchoServer.BACKLOG).bind(address);
  }

  private void accept(StreamListener<?> listener) throws IOException {
    for (StreamSocket s = listener.accept(); s != null; s = listener.accept()) {
      if (s instanceof TcpStream tcp) {
        tcp.set(TcpOption.NODELAY, true);
      }
      queue.register(s, Interest.READABLE, new Connection(s));
    }
  }

  /** What is done when a source is ready. */
  private interface Handler {
    void ready() throws IOException;
  }

  /** One client. */
  private final class Connection implements Handler {
    private final StreamSocket stream;

    Connection(StreamSocket stream) {
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
