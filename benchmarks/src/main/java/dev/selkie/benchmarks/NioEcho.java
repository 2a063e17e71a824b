package dev.selkie.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;

/** Echo over a {@link Selector}, by both forms of select. */
final class NioEcho {
  private final Selector selector;
  private final ServerSocketChannel listener;
  private final ByteBuffer buffer = ByteBuffer.allocateDirect(EchoServer.BUFFER_BYTES);

  private NioEcho(Selector selector, ServerSocketChannel listener) {
    this.selector = selector;
    this.listener = listener;
  }

  static void run(boolean byAction, SocketAddress address) throws IOException {
    try (Selector selector = Selector.open();
        ServerSocketChannel listener =
            address instanceof UnixDomainSocketAddress
                ? ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                : ServerSocketChannel.open()) {
      listener.bind(address, EchoServer.BACKLOG).configureBlocking(false);
      listener.register(selector, SelectionKey.OP_ACCEPT);
      NioEcho server = new NioEcho(selector, listener);
      EchoServer.ready(listener.getLocalAddress());
      while (true) {
        NioWait.once(selector, byAction, server::ready);
      }
    }
  }

  private void ready(SelectionKey key) {
    try {
      if (key.isAcceptable()) {
        accept();
      } else {
        echo((SocketChannel) key.channel());
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void accept() throws IOException {
    for (SocketChannel c = listener.accept(); c != null; c = listener.accept()) {
      c.configureBlocking(false);
      if (c.supportedOptions().contains(StandardSocketOptions.TCP_NODELAY)) {
        c.setOption(StandardSocketOptions.TCP_NODELAY, true);
      }
      c.register(selector, SelectionKey.OP_READ);
    }
  }

  private void echo(SocketChannel channel) throws IOException {
    buffer.clear();
    int n = channel.read(buffer);
    if (n < 0) {
      channel.close();
    } else if (n > 0) {
      buffer.flip();
      if (channel.write(buffer) != n) {
        throw EchoServer.shortWrite();
      }
    }
  }
}
