package dev.selkie.cli.program;

import dev.selkie.Io;
import dev.selkie.kernel.SystemCallException;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One request of a run: what is to be sent, what has come of it, and how long there is patience. It
 * is for whoever makes the request, one thread at a time.
 */
public final class Asked implements AutoCloseable {
  /** How far a request is. */
  public enum State {
    CONNECTING,
    ASKING,
    ANSWERED,
    FAILED
  }

  /** Of a buffer to read an answer with. */
  public static final int BUFFER_BYTES = 4096;

  /** How long a server that was asked to close may take to do so after its answer. */
  private static final Duration CLOSE = Duration.ofSeconds(2);

  private final Asking asking;
  private final int index;
  private final AnswerReader answer;

  // guarded by asking
  private State state = State.CONNECTING;
  private boolean over;
  private long startNanos;
  private long endNanos;
  private long deadlineNanos;
  private @Nullable String failure;

  Asked(Asking asking, int index) {
    this.asking = asking;
    this.index = index;
    this.answer = new AnswerReader(asking.decoders, DelayRun.message(index));
    this.startNanos = asking.elapsedNanos();
    this.deadlineNanos = startNanos + asking.run.patience().connect().toNanos();
  }

  /** The number of the request. */
  public int index() {
    return index;
  }

  /** The delay that it asks for. */
  public long delayMillis() {
    return asking.run.delayMillis(index);
  }

  /** How far it is. */
  public State state() {
    synchronized (asking) {
      return state;
    }
  }

  /** When the request was sent, or begun if it is not sent, in nanoseconds of the run. */
  public long startNanos() {
    return startNanos;
  }

  /** When the answer was whole, or the request failed, in nanoseconds of the run. */
  public long endNanos() {
    return endNanos;
  }

  /** How long after its delay the answer was whole. */
  public long lateNanos() {
    return Math.max(0, endNanos - startNanos - delayMillis() * 1_000_000);
  }

  /** The answer's text. */
  public String text() {
    return answer.text();
  }

  /** Why the request failed. */
  public String failure() {
    return failure == null ? "" : failure;
  }

  /** What is to be sent. */
  public ByteBuffer request() {
    String message = URLEncoder.encode(DelayRun.message(index), StandardCharsets.UTF_8);
    return ByteBuffer.wrap(
        """
        GET /%d/%s HTTP/1.1\r
        Host: %s\r
        Connection: close\r
        \r
        """
            .formatted(delayMillis(), message.replace("+", "%20"), asking.run.place())
            .getBytes(StandardCharsets.US_ASCII));
  }

  /** How much longer there is patience, before {@link #timedOut}; at least a nanosecond. */
  public Duration timeLeft() {
    return Duration.ofNanos(Math.max(1, deadlineNanos - asking.elapsedNanos()));
  }

  /** Takes note of a connection: the request can be sent. */
  public void connected() {
    synchronized (asking) {
      asking.connected();
      state = State.ASKING;
      startNanos = asking.elapsedNanos();
      deadlineNanos =
          startNanos + delayMillis() * 1_000_000 + asking.run.patience().answer().toNanos();
    }
  }

  /**
   * Takes what a read has brought.
   *
   * @param count what it returned
   * @param buffer what it has filled
   * @return whether there may be more to come
   */
  public boolean take(int count, ByteBuffer buffer) {
    if (count == Io.END) {
      answer.end();
    } else {
      answer.add(buffer.flip());
    }
    synchronized (asking) {
      if (count == Io.END) {
        asking.counts.endsOfFile++;
      }
      judge();
      return !over && count != Io.END;
    }
  }

  private void judge() {
    String problem = answer.problem();
    if (problem != null) {
      failed(problem); // unless the answer was right: what follows it is nobody's
      over = true;
    } else if (answer.isComplete() && state == State.ASKING) {
      endNanos = asking.elapsedNanos();
      state = State.ANSWERED;
      deadlineNanos = endNanos + CLOSE.toNanos(); // a server may ignore that it was asked to close
      asking.counts.answered++;
      asking.observer.answered(this);
    }
  }

  /** Takes note that there is no patience left. */
  public void timedOut() {
    DelayRun.Patience patience = asking.run.patience();
    failed(
        state() == State.CONNECTING
            ? "no connection to %s in %s".formatted(asking.run.place(), text(patience.connect()))
            : "no answer within %s after its delay".formatted(text(patience.answer())));
  }

  /** Takes note of a failure of the connection. */
  public void failed(IOException e) {
    failed(
        e instanceof SystemCallException call
            ? Reasons.of(call, asking.run.place())
            : Reasons.of(e));
  }

  private void failed(String reason) {
    synchronized (asking) {
      if (state == State.ANSWERED || state == State.FAILED || asking.isDone()) {
        return;
      }
      if (state == State.CONNECTING) {
        asking.connected();
      }
      endNanos = asking.elapsedNanos();
      failure = reason;
      state = State.FAILED;
      asking.counts.failed++;
      asking.observer.failed(this);
    }
  }

  /** Takes note of the end of the connection, however it came; the last of all. */
  @Override
  public void close() {
    answer.close();
    synchronized (asking) {
      asking.closed();
    }
  }

  private static String text(Duration duration) {
    return duration.toMillis() % 1000 == 0
        ? duration.toSeconds() + " s"
        : duration.toMillis() + " ms";
  }
}
