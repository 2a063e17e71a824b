package dev.selkie.runtime;

import dev.selkie.ByteInput;
import dev.selkie.Io;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ReadPendingException;
import java.nio.channels.ReadableByteChannel;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Bytes that come in on an event loop: what {@link EventLoop#attach(ByteInput)} makes of a source,
 * and one half of a {@link Connection}.
 *
 * <p>{@link Connection} says what holds for concurrency, interrupts, timeouts and closing. {@link
 * #close} closes the source, and so the other half of a connection too.
 */
public final class Input implements ReadableByteChannel {
  private static final Direction.Attempt<Called> CALLING = (called, _) -> called.attempt();

  final Direction direction;
  final ByteInput bytes;
  private final ReadinessCell cell;
  private final @Nullable LayeredSource layer;
  private final Direction.Moving reading = this::readOnce;
  private volatile long timeoutNanos;

  /** What a transfer took and did not hand on, which is read first; of whoever operates. */
  private @Nullable ByteBuffer returned;

  private record Called(Input input, SourceCall call) {
    Called {
      Objects.requireNonNull(call, "call");
    }

    long attempt() throws IOException {
      if (input.layer != null || input.returned != null) {
        throw new IllegalStateException(
            input + " has bytes of its own to be read first: make the call of another connection");
      }
      return call.attempt();
    }
  }

  Input(ReadinessCell cell, ByteInput bytes) {
    this.cell = cell;
    this.direction = cell.input;
    this.bytes = bytes;
    this.layer = bytes instanceof LayeredSource upper ? upper : null;
  }

  /** The loop that the source is attached to. */
  public EventLoop loop() {
    return cell.loop;
  }

  /** The source behind: for its options and addresses, not to be read or closed. */
  public ByteInput source() {
    return bytes;
  }

  /** How long a read may wait for its first byte; zero, as at first: without a limit. */
  public Input readTimeout(Duration timeout) {
    timeoutNanos = Durations.timeout(timeout);
    return this;
  }

  void copyTimeout(Input other) {
    timeoutNanos = other.timeoutNanos;
  }

  long timeoutNanos() {
    return timeoutNanos;
  }

  /**
   * Reads what there is, parking the thread until there is something.
   *
   * @return the count of bytes, or -1 at end of file; 0 at once if the buffer has no room
   */
  @Override
  public int read(ByteBuffer target) throws IOException {
    return (int) direction.call(reading, target, timeoutNanos, "readAsync");
  }

  /**
   * Reads by a call of the program's own, parking the thread until it has a result.
   *
   * @return what the call returned
   * @throws IllegalStateException if there is a layer, or a transfer has given back bytes that were
   *     to be read before
   */
  public int read(SourceCall call) throws IOException {
    return (int) direction.call(CALLING, new Called(this, call), timeoutNanos, "readAsync");
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
        throw earlyEnd(target);
      }
    }
  }

  private EOFException earlyEnd(ByteBuffer target) {
    return new EOFException(cell + ": the end came " + target.remaining() + " bytes too early");
  }

  /**
   * Reads what there is, as soon as there is something.
   *
   * <p>The buffer belongs to the operation until the future is done, by whoever it is: a future
   * that was cancelled or has timed out ({@link CompletableFuture#orTimeout}) touches it no more.
   *
   * @return the count of bytes, or -1 at end of file; {@link #read(ByteBuffer)} says what it may
   *     fail with. A timeout or cancel of a stage that follows it leaves the read under way: put it
   *     on this
   * @throws ReadPendingException if a read is under way
   */
  public CompletableFuture<Integer> readAsync(ByteBuffer target) {
    return direction.start(reading, target, (_, n) -> (int) n);
  }

  /**
   * Reads by a call of the program's own; see {@link #read(SourceCall)}, {@link
   * #readAsync(ByteBuffer)}.
   */
  public CompletableFuture<Integer> readAsync(SourceCall call) {
    return direction.start(CALLING, new Called(this, call), (_, n) -> (int) n);
  }

  /**
   * Reads until the buffer is full; see {@link #readAsync(ByteBuffer)}. What was read before it
   * failed or was cancelled is in the buffer.
   *
   * @return the count of bytes; it fails with {@link EOFException} if the end came before
   */
  public CompletableFuture<Integer> readFullyAsync(ByteBuffer target) {
    int wanted = target.remaining();
    direction.beginOrThrow();
    return new AsyncOperation<Integer>(direction) {
      @Override
      boolean attempt(boolean waited) throws IOException {
        if (target.hasRemaining()
            && Input.this.direction.attempt(reading, target, waited) == Io.END) {
          throw earlyEnd(target);
        }
        return !target.hasRemaining();
      }

      @Override
      Integer result() {
        return wanted;
      }
    }.startedOn(cell.loop.engine());
  }

  /**
   * Reads what there is, or has a waker called when there may be something.
   *
   * <p>The waker of the last call counts; it is called once, not from inside this. Who gives up
   * before takes it back by {@link #forget}. After 64 reads in a row that bring something one is
   * not ready all the same, and the waker is called in the loop's next turn: so a peer that sends
   * without end leaves room for others.
   *
   * @return the count of bytes, {@link Io#END} or {@link Io#NOT_READY}
   */
  public int pollRead(ByteBuffer target, Waker waker) throws IOException {
    return (int) direction.poll(reading, target, waker);
  }

  /** Reads by a call of the program's own, or has a waker called; as {@link #read(SourceCall)}. */
  public int pollRead(SourceCall call, Waker waker) throws IOException {
    return (int) direction.poll(CALLING, new Called(this, call), waker);
  }

  /** Takes back the waker of the last {@code pollRead}, if it was not called; otherwise nothing. */
  public void forget(Waker waker) {
    var _ = direction.forget(waker);
  }

  private long readOnce(ByteBuffer target, int seen) throws IOException {
    if (returned != null) {
      return readReturned(returned, target);
    }
    return readSource(target, seen);
  }

  /** Reads what there is in the source; for who operates. */
  int readSource(ByteBuffer target, int seen) throws IOException {
    int room = Math.min(target.remaining(), Io.HEAP_BYTES);
    int n = bytes.read(target);
    if (n >= 0 && (layer == null ? n < room : layer.isDrained())) {
      cell.readShort(seen);
    }
    return n;
  }

  private int readReturned(ByteBuffer from, ByteBuffer target) {
    int n = Math.min(from.remaining(), target.remaining());
    target.put(target.position(), from, from.position(), n);
    target.position(target.position() + n);
    from.position(from.position() + n);
    if (!from.hasRemaining()) {
      returned = null;
    }
    return n;
  }

  /** Whether bytes were given back; for who operates. */
  boolean hasReturned() {
    return returned != null;
  }

  /** Takes what was given back; for who operates. */
  @Nullable ByteBuffer takeReturned() {
    ByteBuffer taken = returned;
    returned = null;
    if (taken != null) {
      direction.move(taken.remaining());
    }
    return taken;
  }

  /** Has bytes read first; for who operates. */
  void giveBack(ByteBuffer unread) {
    returned = unread;
    direction.move(-unread.remaining());
    cell.raise(ReadinessWord.READABLE);
  }

  /**
   * Hands what comes in to an output until the end, parking the calling thread: within the kernel
   * where the system can ({@link dev.selkie.kernel.Facility#SPLICE}), by a buffer of 64 KiB
   * elsewhere. It takes no more than the output gives on, so that a slow reader there holds up the
   * sender here.
   *
   * <p>While it lasts nobody else reads here or writes there. Should it end early, by an interrupt,
   * the {@link #readTimeout} (which holds for each wait for input), a cancelled future or a
   * failure, no byte is lost: what was taken and not written is read next from this input. The
   * close of the output by this side is found when there is something to write.
   *
   * @return the count of bytes
   * @throws TransferException if the input or the output fails
   * @throws java.io.InterruptedIOException if the thread is interrupted, or {@link
   *     java.net.SocketTimeoutException} if nothing came in time: its {@code bytesTransferred} were
   *     written
   * @throws IllegalStateException on the thread of either one's loop, outside a fiber
   */
  public long transferTo(Output target) throws IOException {
    return transferTo(target, Long.MAX_VALUE);
  }

  /** Hands on so many bytes, or all until the end if that is less; see {@link #transferTo}. */
  public long transferTo(Output target, long most) throws IOException {
    return new Transfer(this, target, most, false).call();
  }

  /** Hands on what comes in until the end, and then ends the output; see {@link #transferTo}. */
  public long relayTo(Output target) throws IOException {
    return new Transfer(this, target, Long.MAX_VALUE, true).call();
  }

  /**
   * Hands on what comes in until the end; see {@link #transferTo(Output)}. The future may be
   * cancelled at any time, and has no effect once it is done, by whoever.
   */
  public CompletableFuture<Long> transferToAsync(Output target) {
    return transferToAsync(target, Long.MAX_VALUE);
  }

  /** Hands on so many bytes, or all until the end; see {@link #transferToAsync(Output)}. */
  public CompletableFuture<Long> transferToAsync(Output target, long most) {
    return new Transfer(this, target, most, false).start();
  }

  /** Hands on what comes in, and then ends the output; see {@link #transferToAsync(Output)}. */
  public CompletableFuture<Long> relayToAsync(Output target) {
    return new Transfer(this, target, Long.MAX_VALUE, true).start();
  }

  /** How many bytes can be read without waiting, as far as the source can tell. */
  public int available() throws IOException {
    ByteBuffer first = returned;
    return bytes.available() + (first == null ? 0 : first.remaining());
  }

  /**
   * A view of the input as a stream, such as blocking code takes.
   *
   * <p>Its reads park the calling thread, and are refused with {@link IllegalStateException} where
   * that would block the loop, and with {@link ReadPendingException} while another is under way.
   * Several views are of the same bytes, of which none keeps any. Closing one closes the source, as
   * with {@link java.net.Socket#getInputStream}; a later read throws {@link
   * java.nio.channels.ClosedChannelException}.
   */
  public InputStream inputStream() {
    return new InputView(this);
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
