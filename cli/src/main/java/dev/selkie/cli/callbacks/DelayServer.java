package dev.selkie.cli.callbacks;

import dev.selkie.Event;
import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.cli.program.Answer;
import dev.selkie.cli.program.DelayProtocol;
import dev.selkie.cli.program.LoopServer;
import dev.selkie.cli.program.RequestReader;
import dev.selkie.net.TcpListener;
import dev.selkie.net.TcpStream;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.ReadyHandler;
import dev.selkie.runtime.Watch;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** The delay server: a connection is in one of four states, which events and timers change. */
public final class DelayServer implements ReadyHandler<TcpStream> {
  private enum State {
    READING,
    WAITING,
    WRITING,
    LINGERING
  }

  private final LoopServer server;
  private final EventLoop loop;
  private final TcpStream stream;
  private final RequestReader reader;
  private final ByteBuffer buffer = ByteBuffer.allocate(DelayProtocol.BUFFER_BYTES);
  private final Watch watch;
  private State state = State.READING;
  private ByteBuffer answer = buffer;

  /** What happens next if the client does nothing. */
  private Future<?> timer;

  private DelayServer(LoopServer server, EventLoop loop, TcpStream stream, RequestReader reader)
      throws IOException {
    this.server = server;
    this.loop = loop;
    this.stream = stream;
    this.reader = reader;
    this.watch = loop.watch(stream, Interest.READABLE, this);
    this.timer = after(DelayProtocol.REQUEST, () -> take(reader.late()));
  }

  /** Begins to serve. */
  public static TcpListener begin(
      LoopServer server, InetSocketAddress address, DelayProtocol protocol) throws IOException {
    return Acceptor.listen(
        server,
        address,
        (loop, stream) -> new DelayServer(server, loop, stream, protocol.reader()));
  }

  @Override
  public void ready(TcpStream source, Event<?> event) {
    try {
      switch (state) {
        case READING -> read();
        case WAITING, LINGERING -> discard();
        case WRITING -> write();
      }
    } catch (IOException e) {
      vanish(); // a reset or a broken connection
    }
  }

  private void read() throws IOException {
    int count = stream.read(buffer.clear());
    if (count != Io.NOT_READY) {
      Answer next = count == Io.END ? reader.end() : reader.add(buffer.flip());
      if (next != null) {
        take(next);
      }
    }
  }

  private void take(Answer next) {
    answer = next.bytes();
    state = State.WAITING;
    next(next.delay(), this::send);
  }

  private void send() {
    state = State.WRITING;
    next(DelayProtocol.ANSWER, this::vanish);
    try {
      watch.modify(Interest.WRITABLE);
    } catch (IOException e) {
      vanish();
    }
  }

  private void write() throws IOException {
    server.counts().bytesOut.add(Math.max(stream.write(answer), 0));
    if (!answer.hasRemaining()) {
      stream.shutdownOutput();
      state = State.LINGERING;
      watch.modify(Interest.READABLE);
      next(DelayProtocol.LINGER, this::close);
    }
  }

  /** Reads what nobody wants; before the answer that tells of a client that goes away. */
  private void discard() throws IOException {
    int count = stream.read(buffer.clear());
    if (count != Io.END) {
      server.counts().bytesIn.add(Math.max(count, 0));
    } else if (state == State.WAITING) {
      watch.modify(Interest.NONE); // it has half-closed, and may wait for its answer
    } else {
      close();
    }
  }

  private void next(Duration time, Runnable action) {
    timer.cancel(false);
    timer = after(time, action);
  }

  private Future<?> after(Duration time, Runnable action) {
    return loop.schedule(action, time.toNanos(), TimeUnit.NANOSECONDS);
  }

  private void vanish() {
    if (state != State.LINGERING) { // else the answer was taken
      server.counts().vanished.increment();
    }
    close();
  }

  private void close() {
    timer.cancel(false);
    reader.close();
    stream.close(); // ends the watch too
    server.closed(stream);
  }
}
