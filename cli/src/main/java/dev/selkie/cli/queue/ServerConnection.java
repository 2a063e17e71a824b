package dev.selkie.cli.queue;

import dev.selkie.Event;
import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.net.TcpStream;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** One accepted connection. */
abstract class ServerConnection implements ReadyHandler {
  final Server server;
  final TcpStream stream;
  private @Nullable Watch watch;
  private boolean open = true;

  ServerConnection(Server server, TcpStream stream) {
    this.server = server;
    this.stream = stream;
  }

  /** Reads and writes as far as it goes without waiting. */
  abstract void advance() throws IOException;

  /** What the connection waits for: what {@link #advance} found not ready. */
  abstract Interest awaited();

  /** What happens as the connection ends, whatever ended it. */
  void ended() {}

  /** Begins to be told of what arrives. */
  final void register(EventQueue<ReadyHandler> queue) throws IOException {
    watch = Watch.begin(queue, stream, awaited(), this);
  }

  @Override
  public void ready(Event<ReadyHandler> event) {
    if (event.isError() || event.isWriteClosed()) {
      vanish(); // nothing can be sent any more, and sending is all that is left to do
      return;
    }
    proceed();
  }

  /** Goes on, and ends the connection if that fails. */
  final void proceed() {
    if (!open) {
      return;
    }
    try {
      advance();
      if (open && watch != null) {
        watch.await(awaited());
      }
    } catch (IOException e) {
      vanish(); // a reset or a broken connection: the peer is gone
    }
  }

  /** Ends the connection because its client is gone. */
  final void vanish() {
    if (open) {
      server.counts.vanished.increment();
      close();
    }
  }

  /** Ends the connection. */
  final void close() {
    if (open) {
      open = false;
      stream.close();
      ended();
      server.closed(this);
    }
  }
}
