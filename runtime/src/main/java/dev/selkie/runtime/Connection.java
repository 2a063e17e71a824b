package dev.selkie.runtime;

import dev.selkie.ByteInput;
import dev.selkie.ByteOutput;
import dev.selkie.Io;
import dev.selkie.Source;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ReadPendingException;
import java.nio.channels.WritePendingException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/**
 * A stream of bytes each way on an event loop: what {@link EventLoop#attach} makes of a source that
 * is input and output.
 *
 * <p>Every operation comes in three styles: parking the calling thread, virtual or platform ({@link
 * #read}); as a future ({@link #readAsync}); and polled with a {@link Waker} ({@link #pollRead}).
 *
 * <p><b>Concurrency.</b> All methods may be called from any thread. One read and one write at a
 * time may be under way, in whatever style; another one is refused with {@link
 * ReadPendingException} or {@link WritePendingException}. On the loop's own thread, outside a
 * fiber, a parking operation is refused with {@link IllegalStateException}.
 *
 * <p><b>Interrupts and timeouts.</b> An interrupted operation throws {@link
 * java.io.InterruptedIOException}, one that takes longer than {@link #readTimeout} {@link
 * java.net.SocketTimeoutException}; nothing was moved then and the connection stays usable, unless
 * the documentation of the operation says otherwise.
 *
 * <p><b>Closing.</b> {@link #close} ends operations under way with {@link
 * java.nio.channels.AsynchronousCloseException}; later ones throw {@link ClosedChannelException}.
 * The loop's close closes the connection; what waits then gets {@link ClosedLoopException}.
 */
public final class Connection implements ByteChannel {
  private final ReadinessCell cell;
  private final ByteInput input;
  private final ByteOutput output;
  private final Direction.Attempt<ByteBuffer> reading = this::readOnce;
  private final Direction.Attempt<ByteBuffer> writing = this::writeOnce;
  private volatile long readTimeoutNanos;

  <S extends ByteInput & ByteOutput> Connection(EventLoop loop, S source) throws IOException {
    this.input = source;
    this.output = source;
    this.cell = new ReadinessCell(loop, source);
  }

  ReadinessCell cell() {
    return cell;
  }

  /** The loop that the connection is attached to. */
  public EventLoop loop() {
    return cell.loop;
  }

  /** The source behind: for its options and addresses, not to be read, written or closed. */
  public Source source() {
    return cell.source;
  }

  /** How long a read may wait for its first byte; zero, as at first: without a limit. */
  public Connection readTimeout(Duration timeout) {
    if (timeout.isNegative()) {
      throw new IllegalArgumentException("a timeout of " + timeout + ": it must not be negative");
    }
    readTimeoutNanos = Durations.nanos(timeout);
    return this;
  }

  /**
   * Reads what there is, parking the thread until there is something.
   *
   * @return the count of bytes, or -1 at end of file
   */
  @Override
  public int read(ByteBuffer target) throws IOException {
    return (int) cell.input.call(reading, target, readTimeoutNanos, "readAsync");
  }

  /**
   * Reads until the buffer is full.
   *
   * @throws EOFException if the end came before; what was read until then is in the buffer, as it
   *     is after an interrupt or a timeout
   */
  public void readFully(ByteBuffer target) throws IOException {
    while (target.hasRemaining()) {
      if (read(target) == Io.END) {
        throw new EOFException(cell + ": the end came " + target.remaining() + " bytes too early");
      }
    }
  }

  /**
   * Writes what the system takes, parking the thread until it takes something.
   *
   * @return the count of bytes; 0 if nothing remains in the buffer
   */
  @Override
  public int write(ByteBuffer source) throws IOException {
    return (int) cell.output.call(writing, source, 0, "writeAsync");
  }

  /** Writes all that remains; after an interrupt the buffer's position says how much was. */
  public void writeFully(ByteBuffer source) throws IOException {
    while (source.hasRemaining()) {
      write(source);
    }
  }

  /**
   * Reads what there is, as soon as there is something.
   *
   * <p>The buffer belongs to the operation until the future is done, by whoever it is: a future
   * that was cancelled or has timed out ({@link CompletableFuture#orTimeout}) touches it no more.
   *
   * @return the count of bytes, or -1 at end of file; {@link #read} says what it may fail with
   */
  public CompletableFuture<Integer> readAsync(ByteBuffer target) {
    return cell.input.start(reading, target, (_, n) -> (int) n);
  }

  /** Writes what the system takes, as soon as it takes something; see {@link #readAsync}. */
  public CompletableFuture<Integer> writeAsync(ByteBuffer source) {
    return cell.output.start(writing, source, (_, n) -> (int) n);
  }

  /**
   * Reads what there is, or has a waker called when there may be something.
   *
   * <p>The waker of the last call counts; it is called once.
   *
   * @return the count of bytes, {@link Io#END} or {@link Io#NOT_READY}
   */
  public int pollRead(ByteBuffer target, Waker waker) throws IOException {
    return (int) cell.input.poll(reading, target, waker);
  }

  /** Writes what the system takes, or has a waker called; see {@link #pollRead}. */
  public int pollWrite(ByteBuffer source, Waker waker) throws IOException {
    return (int) cell.output.poll(writing, source, waker);
  }

  private long readOnce(ByteBuffer target, int seen) throws IOException {
    int room = Math.min(target.remaining(), Io.HEAP_BYTES);
    int n = input.read(target);
    if (n >= 0 && n < room) {
      cell.readShort(seen);
    }
    return n;
  }

  private long writeOnce(ByteBuffer source, int seen) throws IOException {
    return output.write(source);
  }

  @Override
  public boolean isOpen() {
    return cell.source.isOpen();
  }

  @Override
  public void close() {
    cell.source.close();
  }

  @Override
  public String toString() {
    return cell.toString();
  }
}
