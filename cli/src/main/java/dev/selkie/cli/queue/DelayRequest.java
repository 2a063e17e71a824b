package dev.selkie.cli.queue;

import dev.selkie.Event;
import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.cli.program.Asked;
import dev.selkie.net.TcpStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One request of a {@link DelayClient}, from its connection to its end of file. */
final class DelayRequest implements ReadyHandler {
  private final DelayClient client;
  private final Asked asked;
  private final ByteBuffer request;
  private @Nullable TcpStream stream;
  private @Nullable Watch watch;
  private Deadlines.Deadline deadline;
  private boolean closed;

  DelayRequest(DelayClient client, Asked asked) {
    this.client = client;
    this.asked = asked;
    this.request = asked.request();
    this.deadline = deadline();
  }

  /** Begins to connect. */
  void start() {
    try {
      stream = TcpStream.connect(client.asking.kernel(), client.asking.run().server());
      watch = Watch.begin(client.queue, stream, awaited(), this);
    } catch (IOException e) {
      fail(e);
    }
  }

  @Override
  public void ready(Event<ReadyHandler> event) {
    try {
      advance(Objects.requireNonNull(stream));
      if (!closed) {
        Objects.requireNonNull(watch).await(awaited());
      }
    } catch (IOException e) {
      fail(e);
    }
  }

  private Interest awaited() {
    return request.hasRemaining() ? Interest.WRITABLE : Interest.READABLE;
  }

  private void advance(TcpStream stream) throws IOException {
    if (asked.state() == Asked.State.CONNECTING) {
      if (!stream.finishConnect()) {
        return;
      }
      asked.connected();
      renewDeadline();
    }
    while (request.hasRemaining()) {
      if (stream.write(request) == Io.NOT_READY) {
        return;
      }
    }
    receive(stream);
  }

  private void receive(TcpStream stream) throws IOException {
    while (true) {
      int count = stream.read(client.buffer.clear());
      if (count == Io.NOT_READY) {
        renewDeadline();
        return;
      }
      if (!asked.take(count, client.buffer)) {
        close();
        return;
      }
    }
  }

  private void fail(IOException e) {
    asked.failed(e);
    close();
  }

  /** Ends the request, whatever its state. */
  void close() {
    if (!closed) {
      closed = true;
      deadline.cancel();
      if (stream != null) {
        stream.close();
      }
      asked.close();
    }
  }

  private void renewDeadline() {
    deadline.cancel();
    deadline = deadline();
  }

  private Deadlines.Deadline deadline() {
    return client.deadlines.after(
        asked.timeLeft().toNanos(),
        () -> {
          asked.timedOut();
          close();
        });
  }
}
