package dev.selkie.cli;

import dev.selkie.Event;
import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.net.TcpStream;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A connection to the delay server: one request, its wait, one answer, and a close that lets the
 * answer arrive.
 */
final class DelayConnection extends ServerConnection {
  /*
   * Closing a socket with unread bytes makes TCP send a reset, which may overtake the answer. So
   * after the answer the sending side is ended, and what the client still sends is discarded until
   * its end of file, for a limited time (RFC 9112, 9.6).
   */
  private enum State {
    READING,
    WAITING,
    WRITING,
    LINGERING
  }

  private static final long SECOND = 1_000_000_000;
  private static final long REQUEST_NANOS = 30 * SECOND;
  private static final long ANSWER_NANOS = 30 * SECOND;
  private static final long LINGER_NANOS = 2 * SECOND;
  private static final int DISCARDS_A_TURN = 16;

  private final DelayServer protocol;
  private State state = State.READING;
  private @Nullable Decoder decoder;
  private @Nullable ByteBuffer answer;

  /** What happens next if the client does nothing. */
  private Deadlines.Deadline deadline;

  DelayConnection(Server server, TcpStream stream, DelayServer protocol) {
    super(server, stream);
    this.protocol = protocol;
    this.deadline =
        server.deadlines.after(
            REQUEST_NANOS,
            () -> {
              refuse(HttpResponseStatus.REQUEST_TIMEOUT, "no request in 30 seconds");
              proceed();
            });
  }

  @Override
  public void ready(Event<ReadyHandler> event) {
    if (state == State.LINGERING && (event.isError() || event.isWriteClosed())) {
      close(); // the answer was taken: nobody vanished
      return;
    }
    super.ready(event);
  }

  @Override
  void advance() throws IOException {
    if (state == State.READING) {
      readRequest();
    }
    // A second request waits unread in the socket meanwhile.
    if (state == State.WRITING) {
      writeAnswer();
    }
    if (state == State.LINGERING) {
      discard();
    }
  }

  @Override
  Interest awaited() {
    return switch (state) {
      case READING, LINGERING -> Interest.READABLE;
      case WAITING -> Watch.FAILURE; // what the client sends meanwhile stays unread
      case WRITING -> Interest.WRITABLE;
    };
  }

  @Override
  void ended() {
    deadline.cancel();
    releaseDecoder();
  }

  private void readRequest() throws IOException {
    while (state == State.READING) {
      ByteBuffer buffer = server.buffer.clear();
      int count = stream.read(buffer);
      if (count == Io.NOT_READY) {
        return;
      }
      if (count == Io.END) {
        if (decoder == null) {
          close(); // connected and went away without a word, as port scanners do
        } else {
          refuse(HttpResponseStatus.BAD_REQUEST, "the request ends in the middle");
        }
        return;
      }
      server.counts.bytesIn += count;
      decode(buffer.flip());
    }
  }

  private void decode(ByteBuffer bytes) {
    Decoder current = decoder;
    if (current == null) {
      current = protocol.decoders.take();
      decoder = current;
    }
    current.add(bytes);
    if (current.next() instanceof HttpRequest request) {
      releaseDecoder();
      accept(request);
    }
  }

  private void accept(HttpRequest request) {
    if (request.decoderResult().isFailure()) {
      refuse(
          HttpResponseStatus.BAD_REQUEST,
          "not an HTTP request: " + request.decoderResult().cause().getMessage());
      return;
    }
    if (!request.method().equals(HttpMethod.GET)) {
      refuse(HttpResponseStatus.METHOD_NOT_ALLOWED, "only GET is known here");
      return;
    }
    DelayRequestLine line;
    try {
      line = DelayRequestLine.parse(request.uri());
    } catch (IllegalArgumentException e) {
      refuse(HttpResponseStatus.BAD_REQUEST, "the path is not well encoded");
      return;
    }
    if (line == null) {
      refuse(
          HttpResponseStatus.NOT_FOUND,
          "ask for /{delay in ms, up to %d}/{message}".formatted(DelayRequestLine.MAX_MILLIS));
      return;
    }
    protocol.requested(server, line);
    state = State.WAITING;
    next(
        line.millis() * 1_000_000,
        () -> {
          byte[] body = line.message().getBytes(StandardCharsets.UTF_8);
          prepare(HttpResponseStatus.OK, body, protocol.tail());
          proceed();
        });
  }

  private void refuse(HttpResponseStatus status, String reason) {
    server.counts.refused++;
    releaseDecoder();
    prepare(status, (reason + "\n").getBytes(StandardCharsets.UTF_8), new byte[0]);
  }

  private void prepare(HttpResponseStatus status, byte[] body, byte[] tail) {
    byte[] head =
        """
        HTTP/1.1 %s\r
        Content-Type: text/plain; charset=utf-8\r
        Content-Length: %d\r
        %sConnection: close\r
        \r
        """
            .formatted(
                status,
                body.length + tail.length,
                status.equals(HttpResponseStatus.METHOD_NOT_ALLOWED) ? "Allow: GET\r\n" : "")
            .getBytes(StandardCharsets.US_ASCII);
    answer =
        ByteBuffer.allocate(head.length + body.length + tail.length)
            .put(head)
            .put(body)
            .put(tail)
            .flip();
    state = State.WRITING;
    next(ANSWER_NANOS, this::vanish);
  }

  private void writeAnswer() throws IOException {
    ByteBuffer bytes = Objects.requireNonNull(answer);
    while (bytes.hasRemaining()) {
      int count = stream.write(bytes);
      if (count == Io.NOT_READY) {
        return;
      }
      server.counts.bytesOut += count;
    }
    answer = null;
    stream.shutdownOutput();
    state = State.LINGERING;
    next(LINGER_NANOS, this::close);
  }

  private void discard() throws IOException {
    for (int i = 0; i < DISCARDS_A_TURN; i++) {
      int count = stream.read(server.buffer.clear());
      if (count == Io.NOT_READY) {
        return;
      }
      if (count == Io.END) {
        close();
        return;
      }
      server.counts.bytesIn += count;
    }
    server.proceedAgain(this);
  }

  private void next(long nanos, Runnable action) {
    deadline.cancel();
    deadline = server.deadlines.after(nanos, action);
  }

  private void releaseDecoder() {
    if (decoder != null) {
      protocol.decoders.giveBack(decoder);
      decoder = null;
    }
  }
}
