package dev.selkie.runtime;

import dev.selkie.DatagramBatch;
import dev.selkie.DatagramSource;
import dev.selkie.Envelope;
import dev.selkie.Io;
import dev.selkie.Source;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ReadPendingException;
import java.nio.channels.WritePendingException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Datagrams on an event loop: what {@link EventLoop#attach(DatagramSource)} makes of a source of
 * them.
 *
 * <p>Every operation comes in three styles: parking the calling thread, virtual or platform ({@link
 * #receive}); as a future ({@link #receiveAsync}); and polled with a {@link Waker} ({@link
 * #pollReceive}). It moves one datagram; 0 is an empty one. Where the source has them, a {@link
 * DatagramBatch} moves many at once. An {@link Envelope} tells the sender and whether the datagram
 * was cut, and names whom one is sent to; without one a datagram goes to the peer of a connected
 * socket. To receive and to send without an envelope allocates nothing.
 *
 * <p><b>Concurrency.</b> All methods may be called from any thread. One receive and one send at a
 * time may be under way, in whatever style; another one is refused with {@link
 * ReadPendingException} or {@link WritePendingException}. On the loop's own thread, outside a
 * fiber, a parking operation is refused with {@link IllegalStateException}.
 *
 * <p><b>Interrupts and timeouts.</b> An interrupted operation throws {@link
 * java.io.InterruptedIOException}, one that takes longer than {@link #readTimeout} {@link
 * java.net.SocketTimeoutException}; no datagram was moved then and the source stays usable. So it
 * does after a {@link dev.selkie.kernel.SystemCallException}, such as the refusal of a peer.
 *
 * <p><b>Closing.</b> {@link #close} ends operations under way with {@link
 * java.nio.channels.AsynchronousCloseException}; later ones throw {@link ClosedChannelException}.
 * The loop's close closes the source; what waits then gets {@link ClosedLoopException}.
 */
public final class Datagrams implements AutoCloseable {
  private static final long SHORTEST_WAIT = 1_000_000;
  private static final long LONGEST_WAIT = 100_000_000;

  private final ReadinessCell cell;
  private final Direction.Attempt<ByteBuffer> receiving;
  private final Direction.Attempt<ByteBuffer> sending;
  private final Direction.Attempt<Packet> receivingPacket;
  private final Direction.Attempt<Packet> sendingPacket;
  private final Direction.Attempt<DatagramBatch> receivingBatch;
  private final Direction.Attempt<DatagramBatch> sendingBatch;
  private final DatagramSource source;
  private volatile long readTimeoutNanos;

  /** How long a send waits to be tried again where nothing tells of room; the sender's. */
  private long patience = SHORTEST_WAIT;

  private record Packet(ByteBuffer buffer, Envelope envelope) {
    Packet {
      Objects.requireNonNull(envelope, "envelope");
    }
  }

  Datagrams(EventLoop loop, DatagramSource source) throws IOException {
    this.cell = new ReadinessCell(loop, source, ReadinessWord.READABLE | ReadinessWord.WRITABLE);
    this.source = source;
    this.receiving = (target, _) -> source.receive(target);
    this.sending = (data, _) -> source.send(data);
    this.receivingPacket = (packet, _) -> source.receive(packet.buffer, packet.envelope);
    this.sendingPacket = (packet, _) -> sendOnce(packet);
    this.receivingBatch = (batch, _) -> receiveOnce(batch);
    this.sendingBatch = new SendingBatch();
  }

  private long sendOnce(Packet packet) throws IOException {
    int n = source.send(packet.buffer, packet.envelope);
    if (n != Io.NOT_READY) {
      patience = SHORTEST_WAIT;
    } else if (!source.tellsOfRoom(packet.envelope)) {
      cell.loop.engine().alarm(() -> cell.told(ReadinessWord.WRITABLE), patience);
      patience = Math.min(2 * patience, LONGEST_WAIT);
    }
    return n;
  }

  /** Returns the bytes: what was moved is counted in them. */
  private long receiveOnce(DatagramBatch batch) throws IOException {
    int n = source.receive(batch);
    return n == Io.NOT_READY ? n : bytes(batch, 0, n);
  }

  private static long bytes(DatagramBatch batch, int from, int to) {
    long bytes = 0;
    for (int i = from; i < to; i++) {
      bytes += batch.length(i);
    }
    return bytes;
  }

  /** Sends all that remain, in as many attempts as it takes. */
  private final class SendingBatch implements Direction.Attempt<DatagramBatch> {
    @Override
    public long once(DatagramBatch batch, int seen) throws IOException {
      while (batch.remaining() > 0) {
        int first = batch.size() - batch.remaining();
        int n = source.send(batch);
        if (n == Io.NOT_READY) {
          return n;
        }
        cell.output.move(bytes(batch, first, first + n));
      }
      return 0;
    }

    @Override
    public boolean isTrivial(DatagramBatch batch) {
      return batch.remaining() == 0;
    }
  }

  /** The loop that the source is attached to. */
  public EventLoop loop() {
    return cell.loop;
  }

  /** The source behind: for its options and addresses, not to be used or closed. */
  public Source source() {
    return cell.source;
  }

  /** How long a receive may wait for a datagram; zero, as at first: without a limit. */
  public Datagrams readTimeout(Duration timeout) {
    readTimeoutNanos = Durations.timeout(timeout);
    return this;
  }

  /**
   * Receives a datagram, of whose sender nothing is asked, parking the thread until there is one.
   *
   * @return the count of bytes, 0 for an empty datagram
   */
  public int receive(ByteBuffer target) throws IOException {
    return (int) cell.input.call(receiving, target, readTimeoutNanos, "receiveAsync");
  }

  /**
   * Receives a datagram and fills the envelope, parking the thread until there is one.
   *
   * @return the count of bytes, 0 for an empty datagram
   */
  public int receive(ByteBuffer target, Envelope envelope) throws IOException {
    Packet packet = new Packet(target, envelope);
    return (int) cell.input.call(receivingPacket, packet, readTimeoutNanos, "receiveAsync");
  }

  /** Sends to the peer, parking the thread until the system takes the datagram. */
  public int send(ByteBuffer source) throws IOException {
    return (int) cell.output.call(sending, source, 0, "sendAsync");
  }

  /** Sends to whom the envelope names, parking the thread until the system takes the datagram. */
  public int send(ByteBuffer source, Envelope envelope) throws IOException {
    return (int) cell.output.call(sendingPacket, new Packet(source, envelope), 0, "sendAsync");
  }

  /** Receives by a call of the program's own, parking the thread until it has a result. */
  public int receive(SourceCall call) throws IOException {
    return (int) cell.input.call(Direction.CALL, checked(call), readTimeoutNanos, "receiveAsync");
  }

  /** Sends by a call of the program's own, parking the thread until it has a result. */
  public int send(SourceCall call) throws IOException {
    return (int) cell.output.call(Direction.CALL, checked(call), 0, "sendAsync");
  }

  private static SourceCall checked(SourceCall call) {
    return Objects.requireNonNull(call, "call");
  }

  /**
   * Room for datagrams that one call receives or sends; see {@link DatagramSource#newBatch}.
   *
   * @throws UnsupportedOperationException if the source moves single datagrams only
   */
  public DatagramBatch newBatch(int capacity, int bytes) {
    return source.newBatch(capacity, bytes);
  }

  /**
   * Receives what datagrams there are, as many as the batch has room for, parking the thread until
   * there is one. It allocates nothing.
   *
   * @return how many, at least 1
   */
  public int receive(DatagramBatch batch) throws IOException {
    long _ = cell.input.call(receivingBatch, batch, readTimeoutNanos, "receiveAsync");
    return batch.size();
  }

  /**
   * Sends what datagrams remain in the batch, parking the thread until the system has taken them
   * all. After an error those remain that were not sent, the one that met it first: {@link
   * DatagramBatch#skip} leaves it out.
   */
  public void send(DatagramBatch batch) throws IOException {
    long _ = cell.output.call(sendingBatch, batch, 0, "sendAsync");
  }

  /**
   * Receives a datagram, as soon as there is one.
   *
   * <p>The buffer, and the envelope, belong to the operation until the future is done, by whoever
   * it is: a future that was cancelled or has timed out ({@link CompletableFuture#orTimeout})
   * touches them no more.
   *
   * @return the count of bytes; {@link #receive} says what it may fail with
   */
  public CompletableFuture<Integer> receiveAsync(ByteBuffer target) {
    return cell.input.start(receiving, target, (_, n) -> (int) n);
  }

  /** Receives a datagram and fills the envelope; see {@link #receiveAsync(ByteBuffer)}. */
  public CompletableFuture<Integer> receiveAsync(ByteBuffer target, Envelope envelope) {
    return cell.input.start(receivingPacket, new Packet(target, envelope), (_, n) -> (int) n);
  }

  /** Sends to the peer, as soon as the system takes it; see {@link #receiveAsync(ByteBuffer)}. */
  public CompletableFuture<Integer> sendAsync(ByteBuffer source) {
    return cell.output.start(sending, source, (_, n) -> (int) n);
  }

  /** Sends to whom the envelope names; see {@link #receiveAsync(ByteBuffer)}. */
  public CompletableFuture<Integer> sendAsync(ByteBuffer source, Envelope envelope) {
    return cell.output.start(sendingPacket, new Packet(source, envelope), (_, n) -> (int) n);
  }

  /** Receives by a call of the program's own. */
  public CompletableFuture<Integer> receiveAsync(SourceCall call) {
    return cell.input.start(Direction.CALL, checked(call), (_, n) -> (int) n);
  }

  /** Sends by a call of the program's own. */
  public CompletableFuture<Integer> sendAsync(SourceCall call) {
    return cell.output.start(Direction.CALL, checked(call), (_, n) -> (int) n);
  }

  /**
   * Receives what datagrams there are, as soon as there is one; the batch belongs to the operation
   * as a buffer does.
   *
   * @return how many, at least 1
   */
  public CompletableFuture<Integer> receiveAsync(DatagramBatch batch) {
    return cell.input.start(receivingBatch, batch, (b, _) -> b.size());
  }

  /**
   * Sends what datagrams remain in the batch, as soon as the system takes them; see {@link
   * #send(DatagramBatch)}.
   */
  public CompletableFuture<@Nullable Void> sendAsync(DatagramBatch batch) {
    return cell.output.start(sendingBatch, batch, (_, _) -> null);
  }

  /**
   * Receives a datagram, or has a waker called when there may be one.
   *
   * <p>The waker of the last call counts; {@link Input#pollRead} says what holds for it.
   *
   * @return the count of bytes, 0 for an empty datagram, or {@link Io#NOT_READY}
   */
  public int pollReceive(ByteBuffer target, Waker waker) throws IOException {
    return (int) cell.input.poll(receiving, target, waker);
  }

  /** Receives a datagram and fills the envelope, or has a waker called. */
  public int pollReceive(ByteBuffer target, Envelope envelope, Waker waker) throws IOException {
    return (int) cell.input.poll(receivingPacket, new Packet(target, envelope), waker);
  }

  /** Sends to the peer, or has a waker called; see {@link #pollReceive(ByteBuffer, Waker)}. */
  public int pollSend(ByteBuffer source, Waker waker) throws IOException {
    return (int) cell.output.poll(sending, source, waker);
  }

  /** Sends to whom the envelope names, or has a waker called. */
  public int pollSend(ByteBuffer source, Envelope envelope, Waker waker) throws IOException {
    return (int) cell.output.poll(sendingPacket, new Packet(source, envelope), waker);
  }

  /** Receives by a call of the program's own, or has a waker called. */
  public int pollReceive(SourceCall call, Waker waker) throws IOException {
    return (int) cell.input.poll(Direction.CALL, checked(call), waker);
  }

  /** Sends by a call of the program's own, or has a waker called. */
  public int pollSend(SourceCall call, Waker waker) throws IOException {
    return (int) cell.output.poll(Direction.CALL, checked(call), waker);
  }

  /**
   * Receives what datagrams there are, or has a waker called when there may be some.
   *
   * @return how many, at least 1, or {@link Io#NOT_READY}
   */
  public int pollReceive(DatagramBatch batch, Waker waker) throws IOException {
    return cell.input.poll(receivingBatch, batch, waker) == Io.NOT_READY
        ? Io.NOT_READY
        : batch.size();
  }

  /**
   * Sends what datagrams remain in the batch, or has a waker called when more can be sent.
   *
   * @return 0 once none remain, or {@link Io#NOT_READY}
   */
  public int pollSend(DatagramBatch batch, Waker waker) throws IOException {
    return (int) cell.output.poll(sendingBatch, batch, waker);
  }

  /** Takes back a waker of either direction, if it was not called; otherwise nothing. */
  public void forget(Waker waker) {
    var _ = cell.input.forget(waker);
    var _ = cell.output.forget(waker);
  }

  /** Whether it was not closed. */
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
