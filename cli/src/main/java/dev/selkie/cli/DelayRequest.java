package dev.selkie.cli;

import dev.selkie.Event;
import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.net.TcpStream;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One request of a {@link DelayClient}, from its connection to its end of file. */
final class DelayRequest implements ReadyHandler {
  /** How far a request is. */
  enum State {
    CONNECTING,
    SENDING,
    RECEIVING,
    ANSWERED,
    FAILED
  }

  /** How long a server that was asked to close may take to do so after its answer. */
  private static final long CLOSE_NANOS = 2_000_000_000;

  /** The number of the request. */
  final int index;

  /** The delay that it asks for. */
  final long delayMillis;

  private final DelayClient client;
  private final ByteBuffer request;
  private final AnswerReader answer;
  private @Nullable TcpStream stream;
  private @Nullable Watch watch;
  private Deadlines.Deadline deadline;
  private State state = State.CONNECTING;
  private boolean closed;
  private long startNanos;
  private long endNanos;
  private @Nullable String failure;

  DelayRequest(DelayClient client, int index) {
    this.client = client;
    this.index = index;
    this.delayMillis = client.run.delayMillis(index);
    this.startNanos = client.elapsedNanos();
    String message = DelayRun.message(index);
    this.answer = new AnswerReader(client.decoders, message);
    this.request =
        ByteBuffer.wrap(
            """
            GET /%d/%s HTTP/1.1\r
            Host: %s\r
            Connection: close\r
            \r
            """
                .formatted(
                    delayMillis,
                    URLEncoder.encode(message, StandardCharsets.UTF_8).replace("+", "%20"),
                    client.run.place())
                .getBytes(StandardCharsets.US_ASCII));
    Duration patience = client.run.patience().connect();
    this.deadline =
        client.deadlines.after(
            patience.toNanos(),
            () -> fail("no connection to %s in %s".formatted(client.run.place(), text(patience))));
  }

  /** Begins to connect. */
  void start() {
    try {
      TcpStream connecting = TcpStream.connect(client.kernel, client.run.server());
      stream = connecting;
      watch = Watch.begin(client.queue, connecting, awaited(), this);
    } catch (IOException e) {
      fail(e);
    }
  }

  State state() {
    return state;
  }

  /** When the request was sent, or begun if it is not sent, in nanoseconds of the run. */
  long startNanos() {
    return startNanos;
  }

  /** When the answer was whole, or the request failed, in nanoseconds of the run. */
  long endNanos() {
    return endNanos;
  }

  /** How long after its delay the answer was whole. */
  long lateNanos() {
    return Math.max(0, endNanos - startNanos - delayMillis * 1_000_000);
  }

  /** The answer's text. */
  String text() {
    return answer.text();
  }

  /** Why the request failed. */
  String failure() {
    return failure == null ? "" : failure;
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
    return switch (state) {
      case CONNECTING, SENDING -> Interest.WRITABLE;
      case RECEIVING, ANSWERED, FAILED -> Interest.READABLE;
    };
  }

  private void advance(TcpStream stream) throws IOException {
    if (state == State.CONNECTING) {
      if (!stream.finishConnect()) {
        return;
      }
      client.connected();
      become(State.SENDING);
      startNanos = client.elapsedNanos();
      Duration patience = client.run.patience().answer();
      next(
          delayMillis * 1_000_000 + patience.toNanos(),
          () -> fail("no answer within %s after its delay".formatted(text(patience))));
    }
    if (state == State.SENDING) {
      send(stream);
    }
    if (state == State.RECEIVING || state == State.ANSWERED) {
      receive(stream);
    }
  }

  private void send(TcpStream stream) throws IOException {
    while (request.hasRemaining()) {
      if (stream.write(request) == Io.NOT_READY) {
        return;
      }
    }
    become(State.RECEIVING);
  }

  private void receive(TcpStream stream) throws IOException {
    while (!closed) {
      ByteBuffer buffer = client.buffer.clear();
      int count = stream.read(buffer);
      if (count == Io.NOT_READY) {
        return;
      }
      if (count == Io.END) {
        client.counts.endsOfFile++;
        answer.end();
      } else {
        answer.add(buffer.flip());
      }
      judge(count == Io.END);
    }
  }

  private void judge(boolean ended) {
    String problem = answer.problem();
    if (problem != null) {
      if (state == State.ANSWERED) {
        close(); // the answer was right, and counted; what follows it is nobody's
      } else {
        fail(problem);
      }
      return;
    }
    if (answer.isComplete() && state == State.RECEIVING) {
      endNanos = client.elapsedNanos();
      become(State.ANSWERED);
      next(CLOSE_NANOS, this::close); // a server may ignore that it was asked to close
      client.answered(this);
    }
    if (ended) {
      close();
    }
  }

  private void fail(IOException e) {
    fail(
        e instanceof SystemCallException call
            ? Reasons.of(call, client.run.place())
            : Reasons.of(e));
  }

  private void fail(String reason) {
    if (state == State.ANSWERED) {
      close();
      return;
    }
    if (state != State.FAILED) {
      if (state == State.CONNECTING) {
        client.connected();
      }
      endNanos = client.elapsedNanos();
      failure = reason;
      become(State.FAILED);
      close();
      client.failed(this);
    }
  }

  /** Ends the request, whatever its state. */
  void close() {
    if (!closed) {
      closed = true;
      deadline.cancel();
      if (stream != null) {
        stream.close();
      }
      answer.close();
      client.closed();
    }
  }

  private void become(State next) {
    state = next;
  }

  private void next(long nanos, Runnable action) {
    deadline.cancel();
    deadline = client.deadlines.after(nanos, action);
  }

  private static String text(Duration duration) {
    return duration.toMillis() % 1000 == 0
        ? duration.toSeconds() + " s"
        : duration.toMillis() + " ms";
  }
}
