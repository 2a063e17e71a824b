package dev.selkie.cli.callbacks;

import dev.selkie.Event;
import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.cli.program.Asked;
import dev.selkie.cli.program.Asking;
import dev.selkie.net.TcpStream;
import dev.selkie.runtime.EventLoop;
import dev.selkie.runtime.ReadyHandler;
import dev.selkie.runtime.Watch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** One request to a delay server: what is done next follows from how far it is. */
public final class DelayClient implements ReadyHandler<TcpStream> {
  private final EventLoop loop;
  private final Asked asked;
  private final TcpStream stream;
  private final Watch watch;
  private final ByteBuffer request;
  private final ByteBuffer buffer = ByteBuffer.allocate(Asked.BUFFER_BYTES);
  private Future<?> timer;

  private DelayClient(EventLoop loop, Asked asked, TcpStream stream) throws IOException {
    this.loop = loop;
    this.asked = asked;
    this.stream = stream;
    this.request = asked.request();
    this.watch = loop.watch(stream, Interest.WRITABLE, this);
    this.timer = timer();
  }

  /** Begins a request; on the loop's thread. */
  public static void ask(EventLoop loop, Asking asking, Asked asked) {
    try {
      TcpStream stream = TcpStream.connect(loop.kernel(), asking.run().server());
      try {
        DelayClient _ = new DelayClient(loop, asked, stream);
      } catch (Throwable e) {
        stream.close();
        throw e;
      }
    } catch (IOException e) {
      asked.failed(e);
      asked.close();
    }
  }

  @Override
  public void ready(TcpStream source, Event<?> event) {
    try {
      if (asked.state() == Asked.State.CONNECTING) {
        connect();
      } else if (request.hasRemaining()) {
        send();
      } else {
        receive();
      }
    } catch (IOException e) {
      asked.failed(e);
      close();
    }
  }

  private void connect() throws IOException {
    if (stream.finishConnect()) {
      asked.connected();
      renewTimer();
    }
  }

  private void send() throws IOException {
    if (stream.write(request) != Io.NOT_READY && !request.hasRemaining()) {
      watch.modify(Interest.READABLE);
    }
  }

  private void receive() throws IOException {
    int count = stream.read(buffer.clear());
    if (count == Io.NOT_READY) {
      return;
    }
    if (asked.take(count, buffer)) {
      renewTimer();
    } else {
      close();
    }
  }

  private void renewTimer() {
    timer.cancel(false);
    timer = timer();
  }

  private Future<?> timer() {
    return loop.schedule(this::timedOut, asked.timeLeft().toNanos(), TimeUnit.NANOSECONDS);
  }

  private void timedOut() {
    asked.timedOut();
    close();
  }

  private void close() {
    timer.cancel(false);
    stream.close(); // ends the watch too
    asked.close();
  }
}
