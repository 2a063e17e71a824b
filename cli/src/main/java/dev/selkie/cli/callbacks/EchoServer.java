package dev.selkie.cli.callbacks;

import dev.selkie.Event;
import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.cli.program.LoopServer;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.ReadyHandler;
import dev.selkie.runtime.Watch;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;

/**
 * Sends back what it receives. What a peer does not take yet stays in its buffer, and nothing more
 * is read meanwhile: a peer that does not read is held back by TCP.
 */
public final class EchoServer implements ReadyHandler<TcpStream> {
  private static final int BUFFER_BYTES = 1 << 14;

  private final LoopServer server;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
  private final Watch watch;
  private boolean writing;

  private EchoServer(LoopServer server, EventLoop loop, TcpStream stream) throws IOException {
    this.server = server;
    this.watch = loop.watch(stream, Interest.READABLE, this);
  }

  /** Begins to serve. */
  public static TcpListener begin(LoopServer server, InetSocketAddress address) throws IOException {
    return Acceptor.listen(server, address, (loop, stream) -> new EchoServer(server, loop, stream));
  }

  /** Reads once and writes once; what is left is told of again. */
  @Override
  public void ready(TcpStream stream, Event<?> event) {
    try {
      if (!writing) {
        int count = stream.read(buffer);
        if (count == Io.END) {
          close(stream); // all that came was sent: the peer reads it, then end of file
          return;
        }
        server.counts().bytesIn.add(Math.max(count, 0));
      }
      server.counts().bytesOut.add(Math.max(stream.write(buffer.flip()), 0));
      buffer.compact();
      waitFor(buffer.position() > 0);
    } catch (IOException e) {
      server.counts().vanished.increment(); // a reset or a broken connection
      close(stream);
    }
  }

  private void waitFor(boolean write) throws IOException {
    if (write != writing) {
      writing = write;
      watch.modify(write ? Interest.WRITABLE : Interest.READABLE);
    }
  }

  private void close(TcpStream stream) {
    stream.close(); // ends the watch too
    server.closed(stream);
  }
}
