package dev.selkie.runtime;

import dev.selkie.ByteOutput;
import dev.selkie.Io;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.channels.WritePendingException;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Bytes that go out on an event loop: what {@link EventLoop#attach(ByteOutput)} makes of a source,
 * and one half of a {@link Connection}.
 *
 * <p>{@link Connection} says what holds for concurrency, interrupts and closing. {@link #close}
 * closes the source, and so the other half of a connection too; {@link #shutdownOutput} does not.
 */
public final class Output implements WritableByteChannel {
  private static final Direction.Attempt<Output> SETTLE =
      new Direction.Attempt<>() {
        @Override
        public long once(Output output, int seen) throws IOException {
          return output.bytes instanceof LayeredSource layer ? layer.settle() : 0;
        }

        @Override
        public boolean isTrivial(Output output) {
          return !(output.bytes instanceof LayeredSource);
        }
      };

  final Direction direction;
  final ByteOutput bytes;
  private final ReadinessCell cell;
  private final Direction.Moving writing = this::writeOnce;

  Output(ReadinessCell cell, ByteOutput bytes) {
    this.cell = cell;
    this.direction = cell.output;
    this.bytes = bytes;
  }

  /** The loop that the source is attached to. */
  public EventLoop loop() {
    return cell.loop;
  }

  /** The source behind: for its options and addresses, not to be written or closed. */
  public ByteOutput source() {
    return bytes;
  }

  /**
   * Writes what the system takes, parking the thread until it takes something.
   *
   * @return the count of bytes; 0 at once if nothing remains in the buffer
   */
  @Override
  public int write(ByteBuffer source) throws IOException {
    return (int) direction.call(writing, source, 0, "writeAsync");
  }

  /**
   * Writes by a call of the program's own, parking the thread until it has a result.
   *
   * @return what the call returned
   * @throws IllegalStateException if there is a layer
   */
  public int write(SourceCall call) throws IOException {
    return (int) direction.call(Direction.CALL, direct(call), 0, "writeAsync");
  }

  private SourceCall direct(SourceCall call) {
    if (bytes instanceof LayeredSource) {
      throw new IllegalStateException(this + " has a layer, beside which nothing can be written");
    }
    return Objects.requireNonNull(call, "call");
  }

  /** Writes all that remains; after an interrupt the buffer's position says how much was. */
  public void writeFully(ByteBuffer source) throws IOException {
    while (source.hasRemaining()) {
      write(source);
    }
  }

  /** Writes what the system takes, as soon as it does; see {@link Input#readAsync}. */
  public CompletableFuture<Integer> writeAsync(ByteBuffer source) {
    return direction.start(writing, source, (_, n) -> (int) n);
  }

  /** Writes by a call of the program's own; see {@link #write(SourceCall)}. */
  public CompletableFuture<Integer> writeAsync(SourceCall call) {
    return direction.start(Direction.CALL, direct(call), (_, n) -> (int) n);
  }

  /**
   * Writes all that remains; see {@link Input#readAsync}. The buffer's position says how much was
   * written before it failed or was cancelled.
   *
   * @return the count of bytes
   */
  public CompletableFuture<Integer> writeFullyAsync(ByteBuffer source) {
    int wanted = source.remaining();
    direction.beginOrThrow();
    return new AsyncOperation<Integer>(direction) {
      @Override
      boolean attempt(boolean waited) throws IOException {
        if (source.hasRemaining()) {
          Output.this.direction.attempt(writing, source, waited);
        }
        return !source.hasRemaining();
      }

      @Override
      Integer result() {
        return wanted;
      }
    }.startedOn(cell.loop.engine());
  }

  /** Writes what the system takes, or has a waker called; see {@link Input#pollRead}. */
  public int pollWrite(ByteBuffer source, Waker waker) throws IOException {
    return (int) direction.poll(writing, source, waker);
  }

  /** Writes by a call of the program's own, or has a waker called. */
  public int pollWrite(SourceCall call, Waker waker) throws IOException {
    return (int) direction.poll(Direction.CALL, direct(call), waker);
  }

  /**
   * Takes back the waker of the last {@code pollWrite}, if it was not called; otherwise nothing. A
   * loop that is shut down waits for who waits for room.
   */
  public void forget(Waker waker) {
    var _ = direction.forget(waker);
  }

  /**
   * Has a layer make its handshake, if it has not, and give on what it keeps, parking the thread
   * until that is done; at once without a layer. A write need not be followed by it: what was taken
   * goes out as there is room.
   */
  public void flush() throws IOException {
    direction.call(SETTLE, this, 0, "flushAsync");
  }

  /** Does as {@link #flush} as a future; see {@link Input#readAsync}. */
  public CompletableFuture<@Nullable Void> flushAsync() {
    return direction.<Output, @Nullable Void>start(SETTLE, this, (_, _) -> null);
  }

  /**
   * Does as {@link #flush}, or has a waker called; see {@link Input#pollRead}.
   *
   * @return whether it is done
   */
  public boolean pollFlush(Waker waker) throws IOException {
    return direction.poll(SETTLE, this, waker) != Io.NOT_READY;
  }

  private long writeOnce(ByteBuffer source, int seen) throws IOException {
    return bytes.write(source);
  }

  /**
   * Has all that is written from now on wait in a queue, which callbacks and futures can fill; it
   * takes the output for good.
   *
   * @param low bytes that wait at most when a queue that was full is writable again
   * @param high bytes that wait at most when another buffer is taken
   * @throws WritePendingException if a write is under way, or there is a queue already
   * @throws IllegalArgumentException unless 0 &lt;= low &lt;= high
   */
  public WriteQueue writeQueue(long low, long high) {
    return new WriteQueue(direction, bytes, low, high, loop().engine()::request);
  }

  /**
   * Ends the output after what was written: the peer reads end of file. What comes in is read on.
   *
   * @throws UnsupportedOperationException if the source cannot end one direction alone
   */
  public void shutdownOutput() throws IOException {
    bytes.shutdownOutput();
  }

  /**
   * A view of the output as a stream, such as blocking code takes.
   *
   * <p>Its writes park the calling thread until all is written, and are refused with {@link
   * IllegalStateException} where that would block the loop, and with {@link WritePendingException}
   * while another is under way. The {@code bytesTransferred} of an {@link
   * java.io.InterruptedIOException} says how much of the array was written. It keeps no bytes, so
   * flushing does nothing. Closing it closes the source, as with {@link
   * java.net.Socket#getOutputStream}; to end the output alone use {@link #shutdownOutput}.
   */
  public OutputStream outputStream() {
    return new OutputView(this);
  }

  @Override
  public boolean isOpen() {
    return bytes.isOpen();
  }

  @Override
  public void close() {
    bytes.close();
  }

  @Override
  public String toString() {
    return cell.toString();
  }
}
