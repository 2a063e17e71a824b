package dev.selkie.cli.queue;

import dev.selkie.Event;
import dev.selkie.Interest;
import dev.selkie.Io;
import dev.selkie.cli.program.Answer;
import dev.selkie.cli.program.DelayProtocol;
import dev.selkie.cli.program.RequestReader;
import dev.selkie.net.TcpStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;

/**
 * A connection to the delay server: one request, its wait, one answer, and a close that lets the
 * answer arrive.
 */
final class DelayConnection extends ServerConnection {
  private enum State {
    READING,
    WAITING,
    WRITING,
    LINGERING
  }

  private static final int DISCARDS_A_TURN = 16;

  private final RequestReader reader;
  private State state = State.READING;
  private ByteBuffer answer = ByteBuffer.allocate(0);

  /** What happens next if the client does nothing. */
  private Deadlines.Deadline deadline;

  DelayConnection(Server server, TcpStream stream, RequestReader reader) {
    super(server, stream);
    this.reader = reader;
    this.deadline =
        server.deadlines.after(
            DelayProtocol.REQUEST.toNanos(),
            () -> {
              prepare(reader.late());
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
    reader.close();
  }

  private void readRequest() throws IOException {
    while (state == State.READING) {
      ByteBuffer buffer = server.buffer.clear();
      int count = stream.read(buffer);
      if (count == Io.NOT_READY) {
        return;
      }
      Answer next = count == Io.END ? reader.end() : reader.add(buffer.flip());
      if (next != null) {
        prepare(next);
      }
    }
  }

  private void prepare(Answer next) {
    reader.close();
    answer = next.bytes();
    if (next.delay().isZero()) {
      begin();
    } else {
      state = State.WAITING;
      next(
          next.delay(),
          () -> {
            begin();
            proceed();
          });
    }
  }

  private void begin() {
    state = State.WRITING;
    next(DelayProtocol.ANSWER, this::vanish);
  }

  private void writeAnswer() throws IOException {
    while (answer.hasRemaining()) {
      int count = stream.write(answer);
      if (count == Io.NOT_READY) {
        return;
      }
      server.counts.bytesOut.add(count);
    }
    stream.shutdownOutput();
    state = State.LINGERING;
    next(DelayProtocol.LINGER, this::close);
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
      server.counts.bytesIn.add(count);
    }
    server.proceedAgain(this);
  }

  private void next(Duration time, Runnable action) {
    deadline.cancel();
    deadline = server.deadlines.after(time.toNanos(), action);
  }
}
