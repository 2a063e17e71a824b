package dev.selkie.cli.callbacks;

import dev.selkie.Interest;
import dev.selkie.cli.program.LoopServer;
import dev.selkie.cli.program.Reasons;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.Watch;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Hands the connections of a listener to loops, each to the next one. */
final class Acceptor {
  /** What makes something of a stream; on the thread of the loop that gets it. */
  interface Taker {
    void take(EventLoop loop, TcpStream stream) throws IOException;
  }

  private static final long PAUSE_MILLIS = 100;

  private final LoopServer server;
  private final Taker taker;
  private final EventLoop loop;
  private final Watch watch;

  private Acceptor(LoopServer server, TcpListener listener, Taker taker) throws IOException {
    this.server = server;
    this.taker = taker;
    this.loop = server.group().next();
    this.watch = loop.watch(listener, Interest.READABLE, (source, _) -> accept(source));
  }

  static TcpListener listen(LoopServer server, InetSocketAddress address, Taker taker)
      throws IOException {
    TcpListener listener = TcpListener.bind(server.counts().kernel, address);
    try {
      Acceptor _ = new Acceptor(server, listener, taker);
      return listener;
    } catch (Throwable e) {
      listener.close();
      throw e;
    }
  }

  private void accept(TcpListener listener) throws IOException {
    try {
      for (TcpStream next = listener.accept(); next != null; next = listener.accept()) {
        hand(next, server.group().next());
      }
    } catch (SystemCallException e) {
      pause(e);
    }
  }

  private void hand(TcpStream stream, EventLoop to) {
    server.opened(stream);
    to.execute(() -> {
      try {
        taker.take(to, stream);
      } catch (IOException e) {
        server.closed(stream);
        stream.close();
      }
    });
  }

  /** Stops accepting, which would fail again and again, until a descriptor may be free. */
  private void pause(SystemCallException e) throws IOException {
    String reason = Reasons.ofPause(server.counts().kernel, e);
    if (reason == null) {
      throw e;
    }
    server.paused(reason);
    watch.modify(Interest.NONE);
    Future<?> _ = loop.schedule(this::resume, PAUSE_MILLIS, TimeUnit.MILLISECONDS);
  }

  private Object resume() throws IOException {
    watch.modify(Interest.READABLE);
    return watch;
  }
}
