package dev.selkie.runtime;

import dev.selkie.ByteInput;
import dev.selkie.ByteOutput;
import dev.selkie.Source;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ReadPendingException;
import java.nio.channels.WritePendingException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A stream of bytes each way on an event loop: what {@link EventLoop#attach} makes of a source that
 * is input and output. {@link Input} and {@link Output} are its halves.
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
  private final Source source;
  private final Input input;
  private final Output output;

  <S extends ByteInput & ByteOutput> Connection(EventLoop loop, S source) throws IOException {
    this(new ReadinessCell(loop, source, ReadinessWord.READABLE | ReadinessWord.WRITABLE), source);
  }

  private <S extends ByteInput & ByteOutput> Connection(ReadinessCell cell, S source) {
    this.cell = cell;
    this.source = source;
    this.input = new Input(cell, source);
    this.output = new Output(cell, source);
    Layer layer = cell.layer();
    if (layer != null) {
      layer.begin();
    }
  }

  /**
   * Puts a layer upon the source, such as TLS: the connection that is returned takes the place of
   * this one, which is not to be used any more.
   *
   * @throws IllegalArgumentException if the layer lies upon another source
   * @throws IllegalStateException if the connection has a layer already; a {@link
   *     ReadPendingException} or {@link WritePendingException} if an operation is under way, or
   *     there is a {@link WriteQueue}
   */
  public Connection layered(LayeredSource layer) {
    if (!layer.below().equals(source)) {
      throw new IllegalArgumentException(layer + " does not lie upon " + source);
    }
    cell.input.beginOrThrow();
    try {
      cell.output.beginOrThrow();
      try {
        if (input.hasReturned()) {
          throw new IllegalStateException(this + " has bytes that a transfer gave back: read them");
        }
        cell.layered(layer);
        Connection upper = new Connection(cell, layer);
        upper.input.copyTimeout(input);
        return upper;
      } finally {
        cell.output.end();
      }
    } finally {
      cell.input.end();
    }
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
    return source;
  }

  /** What comes in, to be handed to whoever reads alone. */
  public Input input() {
    return input;
  }

  /** What goes out, to be handed to whoever writes alone. */
  public Output output() {
    return output;
  }

  /** How long a read may wait for its first byte; zero, as at first: without a limit. */
  public Connection readTimeout(Duration timeout) {
    input.readTimeout(timeout);
    return this;
  }

  /**
   * Reads what there is, parking the thread until there is something.
   *
   * @return the count of bytes, or -1 at end of file; 0 at once if the buffer has no room
   */
  @Override
  public int read(ByteBuffer target) throws IOException {
    return input.read(target);
  }

  /**
   * Reads until the buffer is full.
   *
   * @throws java.io.EOFException if the end came before
   * @see Input#readFully
   */
  public void readFully(ByteBuffer target) throws IOException {
    input.readFully(target);
  }

  /**
   * Writes what the system takes, parking the thread until it takes something.
   *
   * @return the count of bytes; 0 at once if nothing remains in the buffer
   */
  @Override
  public int write(ByteBuffer source) throws IOException {
    return output.write(source);
  }

  /** Writes all that remains; after an interrupt the buffer's position says how much was. */
  public void writeFully(ByteBuffer source) throws IOException {
    output.writeFully(source);
  }

  /** Reads what there is, as soon as there is something; see {@link Input#readAsync}. */
  public CompletableFuture<Integer> readAsync(ByteBuffer target) {
    return input.readAsync(target);
  }

  /** Reads until the buffer is full; see {@link Input#readFullyAsync}. */
  public CompletableFuture<Integer> readFullyAsync(ByteBuffer target) {
    return input.readFullyAsync(target);
  }

  /** Writes what the system takes, as soon as it does; see {@link Output#writeAsync}. */
  public CompletableFuture<Integer> writeAsync(ByteBuffer source) {
    return output.writeAsync(source);
  }

  /** Writes all that remains; see {@link Output#writeFullyAsync}. */
  public CompletableFuture<Integer> writeFullyAsync(ByteBuffer source) {
    return output.writeFullyAsync(source);
  }

  /** Gives on what a layer keeps, and makes its handshake; see {@link Output#flush}. */
  public void flush() throws IOException {
    output.flush();
  }

  /** Gives on what a layer keeps, and makes its handshake; see {@link Output#flush}. */
  public CompletableFuture<@Nullable Void> flushAsync() {
    return output.flushAsync();
  }

  /** Reads what there is, or has a waker called; see {@link Input#pollRead}. */
  public int pollRead(ByteBuffer target, Waker waker) throws IOException {
    return input.pollRead(target, waker);
  }

  /** Writes what the system takes, or has a waker called; see {@link Output#pollWrite}. */
  public int pollWrite(ByteBuffer source, Waker waker) throws IOException {
    return output.pollWrite(source, waker);
  }

  /** Takes back a waker of either direction; see {@link Input#forget} and {@link Output#forget}. */
  public void forget(Waker waker) {
    input.forget(waker);
    output.forget(waker);
  }

  /** A view of what comes in as a stream; see {@link Input#inputStream}. */
  public InputStream inputStream() {
    return input.inputStream();
  }

  /** A view of what goes out as a stream; see {@link Output#outputStream}. */
  public OutputStream outputStream() {
    return output.outputStream();
  }

  /** Hands what comes in to another connection until the end; see {@link Input#transferTo}. */
  public long transferTo(Connection target) throws IOException {
    return input.transferTo(target.output);
  }

  /** Hands on so many bytes, or all until the end; see {@link Input#transferTo(Output, long)}. */
  public long transferTo(Connection target, long most) throws IOException {
    return input.transferTo(target.output, most);
  }

  /** Hands on until the end, and hands the end on too; see {@link Input#relayTo}. */
  public long relayTo(Connection target) throws IOException {
    return input.relayTo(target.output);
  }

  /** Hands on until the end; see {@link Input#transferToAsync(Output)}. */
  public CompletableFuture<Long> transferToAsync(Connection target) {
    return input.transferToAsync(target.output);
  }

  /** Hands on so many bytes, or all until the end; see {@link Input#transferToAsync(Output)}. */
  public CompletableFuture<Long> transferToAsync(Connection target, long most) {
    return input.transferToAsync(target.output, most);
  }

  /** Hands on until the end, and hands the end on too; see {@link Input#relayToAsync}. */
  public CompletableFuture<Long> relayToAsync(Connection target) {
    return input.relayToAsync(target.output);
  }

  /** Has all that is written from now on wait in a queue; see {@link Output#writeQueue}. */
  public WriteQueue writeQueue(long low, long high) {
    return output.writeQueue(low, high);
  }

  /** Ends the output after what was written; see {@link Output#shutdownOutput}. */
  public void shutdownOutput() throws IOException {
    output.shutdownOutput();
  }

  @Override
  public boolean isOpen() {
    return source.isOpen();
  }

  @Override
  public void close() {
    source.close();
  }

  @Override
  public String toString() {
    return cell.toString();
  }
}
