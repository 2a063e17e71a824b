package dev.selkie.runtime.tls;

import dev.selkie.ByteInput;
import dev.selkie.ByteOutput;
import dev.selkie.Descriptor;
import dev.selkie.Io;
import dev.selkie.Source;
import dev.selkie.runtime.LayeredSource;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;
import java.nio.channels.ClosedChannelException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * TLS upon a stream: what {@link Tls#over} makes, a source that never waits.
 *
 * <p>The handshake is made by whatever reads or writes first. The end of the output is told by
 * close_notify, that of the input known by it: an end of what lies below without it is an {@link
 * SSLException}, so that nobody takes what was cut off for the whole (RFC 8446, 6.1). In TLS 1.3
 * each direction ends by itself; before it, the end of one ends the other as well. Renegotiation is
 * refused. After a failure of TLS, which is told to the peer, both directions fail.
 *
 * <p>Three records at most are kept in each direction, and none while there is nothing under way.
 */
public final class TlsStream implements LayeredSource {
  /*
   * One thread at a time is inside. Nobody waits for it, since it may be a fiber, for which the
   * loop must not wait: who finds it taken leaves a note, and the one inside calls the host when it
   * has left.
   */
  private static final int FREE = 0;
  private static final int TAKEN = 1;
  private static final int TAKEN_AND_NOTED = 2;

  private final Source below;
  private final ByteInput input;
  private final ByteOutput output;
  private final SSLEngine engine;
  private final Records records;
  private final long settleNanos;
  private final AtomicInteger gate = new AtomicInteger();

  private volatile @Nullable Host host;
  private volatile boolean late;
  private volatile boolean outputEnds;
  private volatile boolean closed;

  // Of who is inside
  private final ByteBuffer[] one = {Records.NOTHING};
  private boolean outputEnded;
  private boolean closing;
  private boolean finSent;
  private boolean noted;
  private boolean keepsTold;
  private boolean fatal;

  private @Nullable IOException readFailure;
  private @Nullable IOException writeFailure;

  // Of who reads, and of who writes
  private Need readNeeds = Need.INPUT;
  private boolean drained;
  private Need writeNeeds = Need.ROOM;

  /** TLS upon a stream, which is both an input and an output. */
  TlsStream(
      ByteInput input,
      ByteOutput output,
      SSLEngine engine,
      @Nullable Executor delegate,
      long settleNanos) {
    this.below = input;
    this.input = input;
    this.output = output;
    this.engine = engine;
    this.settleNanos = settleNanos;
    this.records = new Records(engine, input, output, delegate, this::callAgain);
  }

  /** The stream below. */
  @Override
  public Source below() {
    return below;
  }

  @Override
  public Descriptor descriptor() {
    return below.descriptor();
  }

  /** Whether the handshake is done. */
  @Override
  public boolean isSettled() {
    return records.isEstablished();
  }

  /**
   * The session: protocol, cipher suite, certificates of the peer.
   *
   * @throws IllegalStateException before the handshake is done
   */
  public SSLSession session() {
    checkEstablished();
    return engine.getSession();
  }

  /**
   * The protocol that both have agreed on by ALPN (RFC 7301); null: on none.
   *
   * @throws IllegalStateException before the handshake is done
   */
  public @Nullable String applicationProtocol() {
    checkEstablished();
    String agreed = engine.getApplicationProtocol();
    return agreed == null || agreed.isEmpty() ? null : agreed;
  }

  private void checkEstablished() {
    if (!records.isEstablished()) {
      throw new IllegalStateException(this + ": the handshake is not done; flush makes it");
    }
  }

  // Inside and outside

  private boolean enter() {
    while (!gate.compareAndSet(FREE, TAKEN)) {
      if (gate.compareAndSet(TAKEN, TAKEN_AND_NOTED) || gate.get() == TAKEN_AND_NOTED) {
        return false;
      }
    }
    return true;
  }

  private void exit() {
    one[0] = Records.NOTHING;
    if (closed && !closing) {
      closeInside();
    } else if (outputEnds && !outputEnded && records.isEstablished()) {
      outputEnded = true;
      records.endOutput();
      giveQuietly();
    }
    tellKept();
    records.rest();
    boolean news = records.takeNews();
    boolean tired = records.takeTired();
    news |= noted;
    noted = false;
    if (gate.getAndSet(FREE) == TAKEN_AND_NOTED || news) {
      if ((closed || outputEnds) && enter()) {
        exit();
      }
      callAgain();
    } else if (tired) {
      Host waiting = host;
      if (waiting != null) {
        waiting.againInTurn();
      }
    }
  }

  private void callAgain() {
    Host waiting = host;
    if (waiting != null) {
      waiting.again();
    }
  }

  private void tellKept() {
    Host waiting = host;
    boolean keeps = records.keeps();
    if (keeps != keepsTold && waiting != null) {
      keepsTold = keeps;
      waiting.keeps(keeps);
    }
  }

  @Override
  public void hostedBy(Host waiting) {
    if (host != null) {
      throw new IllegalStateException(this + " belongs to a loop already");
    }
    host = waiting;
  }

  private void checkOpen(@Nullable IOException failure) throws IOException {
    if (closed) {
      throw new ClosedChannelException();
    }
    if (failure != null) {
      throw sameAgain(failure);
    }
    if (late && !records.isEstablished()) {
      throw failed(
          new SSLHandshakeException(
              "the handshake was not done in " + Duration.ofNanos(settleNanos).toMillis() + " ms"));
    }
  }

  /** TLS has failed: the peer is told, as far as there is room. */
  private IOException failed(Exception e) {
    String message = this + ": " + e.getMessage();
    SSLException failure =
        e instanceof SSLHandshakeException
            ? new SSLHandshakeException(message, e)
            : new SSLException(message, e);
    readFailure = failure;
    writeFailure = failure;
    fatal = true;
    if (!records.isEstablished()) {
      records.endOutput(); // later it would say that all has been said
    }
    giveQuietly();
    return failure;
  }

  /** A failure that was told before, to be told on another thread. */
  private static IOException sameAgain(IOException failure) {
    String message = failure.getMessage();
    return failure instanceof SSLHandshakeException
        ? new SSLHandshakeException(message, failure)
        : failure instanceof SSLException
            ? new SSLException(message, failure)
            : new IOException(message, failure);
  }

  // Input

  @Override
  public ShortRead shortRead() {
    return input.shortRead();
  }

  @Override
  public Need readNeeds() {
    return readNeeds;
  }

  @Override
  public boolean isDrained() {
    return drained;
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    checkWritable(target);
    if (!target.hasRemaining()) {
      return 0;
    }
    if (!enter()) {
      readNeeds = Need.TURN;
      return Io.NOT_READY;
    }
    one[0] = target;
    return (int) readInside(one, 0, 1);
  }

  @Override
  public long read(ByteBuffer[] targets, int first, int count) throws IOException {
    Objects.checkFromIndexSize(first, count, targets.length);
    for (int i = first; i < first + count; i++) {
      checkWritable(targets[i]);
    }
    if (!Records.hasRemaining(targets, first, count)) {
      return 0;
    }
    if (!enter()) {
      readNeeds = Need.TURN;
      return Io.NOT_READY;
    }
    return readInside(targets, first, count);
  }

  @Override
  public long read(MemorySegment target) throws IOException {
    return read(ofSegment(target));
  }

  private static void checkWritable(ByteBuffer target) {
    if (target.isReadOnly()) {
      throw new ReadOnlyBufferException();
    }
  }

  private long readInside(ByteBuffer[] targets, int first, int count) throws IOException {
    try {
      checkOpen(readFailure);
      long n = readRecords(targets, first, count);
      drained = n >= 0 && records.isDrained();
      if (n == Io.NOT_READY) {
        readNeeds = records.lack();
      } else if (n == Io.END) {
        giveQuietly(); // before TLS 1.3 it is answered
      }
      return n;
    } finally {
      exit();
    }
  }

  private long readRecords(ByteBuffer[] targets, int first, int count) throws IOException {
    try {
      return records.read(targets, first, count);
    } catch (SSLException | RuntimeException e) {
      throw failed(e);
    }
  }

  @Override
  public int available() {
    if (!enter()) {
      return 0;
    }
    try {
      return records.available();
    } finally {
      exit();
    }
  }

  // Output

  @Override
  public Need writeNeeds() {
    return writeNeeds;
  }

  @Override
  public int write(ByteBuffer source) throws IOException {
    if (!source.hasRemaining()) {
      return 0;
    }
    if (!enter()) {
      writeNeeds = Need.TURN;
      return Io.NOT_READY;
    }
    one[0] = source;
    return (int) writeInside(one, 0, 1);
  }

  @Override
  public long write(ByteBuffer[] sources, int first, int count) throws IOException {
    Objects.checkFromIndexSize(first, count, sources.length);
    if (!Records.hasRemaining(sources, first, count)) {
      return 0;
    }
    if (!enter()) {
      writeNeeds = Need.TURN;
      return Io.NOT_READY;
    }
    return writeInside(sources, first, count);
  }

  @Override
  public long write(MemorySegment source) throws IOException {
    return write(ofSegment(source));
  }

  private static ByteBuffer ofSegment(MemorySegment segment) {
    long most = Math.min(segment.byteSize(), Io.HEAP_BYTES);
    return segment.asSlice(0, most).asByteBuffer();
  }

  private long writeInside(ByteBuffer[] sources, int first, int count) throws IOException {
    try {
      checkOpen(writeFailure);
      if (outputEnds) {
        throw new SSLException(this + ": the output was ended");
      }
      long n = written(writeRecords(sources, first, count));
      if (n == Io.END) {
        throw new SSLException(this + ": the peer has ended the stream");
      }
      return n;
    } finally {
      exit();
    }
  }

  private long writeRecords(ByteBuffer[] sources, int first, int count) throws IOException {
    try {
      return records.write(sources, first, count);
    } catch (SSLException | RuntimeException e) {
      throw failed(e);
    }
  }

  private long written(long n) {
    if (n == Io.NOT_READY) {
      writeNeeds = records.lack();
    }
    return n;
  }

  @Override
  public int settle() throws IOException {
    if (!enter()) {
      writeNeeds = Need.TURN;
      return Io.NOT_READY;
    }
    try {
      checkOpen(writeFailure);
      return settleInside();
    } finally {
      exit();
    }
  }

  private int settleInside() throws IOException {
    try {
      if (written(records.handshake()) == Io.NOT_READY) {
        return Io.NOT_READY;
      }
      if (records.give()) {
        return 0;
      }
      writeNeeds = Need.ROOM;
      return Io.NOT_READY;
    } catch (SSLException | RuntimeException e) {
      throw failed(e);
    }
  }

  @Override
  public long settleNanos() {
    return settleNanos;
  }

  @Override
  public void late() {
    late = true;
    callAgain();
  }

  @Override
  public @Nullable Need flush() {
    if (!enter()) {
      return null; // who is inside calls the host, which comes again
    }
    try {
      if (!giveQuietly()) {
        return Need.ROOM;
      }
      return closing ? awaitPeersEnd() : null;
    } finally {
      exit();
    }
  }

  private boolean giveQuietly() {
    try {
      return records.give();
    } catch (IOException | RuntimeException e) {
      records.dropSealed();
      IOException failure = e instanceof IOException io ? io : new SSLException(e.getMessage(), e);
      if (writeFailure == null) {
        writeFailure = failure;
      }
      if (readFailure == null && failure instanceof SSLException) {
        readFailure = failure; // of the engine: what it reads from now on is not to be trusted
      }
      return true;
    }
  }

  /**
   * Ends the output by close_notify, after the handshake and what was written; in TLS 1.3 the input
   * goes on.
   */
  @Override
  public void shutdownOutput() throws IOException {
    if (closed) {
      throw new ClosedChannelException();
    }
    outputEnds = true;
    if (enter()) {
      exit();
    }
  }

  // The end

  @Override
  public boolean isOpen() {
    return !closed && below.isOpen();
  }

  /**
   * Ends the output by close_notify, after what was written, and closes the stream below when the
   * peer has ended its own: bytes that came and were not read, such as the tickets of TLS 1.3,
   * would have the system reset the connection, and the peer lose what it has not read. A loop
   * waits five seconds for that, within which it drops a megabyte of what comes; elsewhere nothing
   * waits, and the stream below is closed at once.
   */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      if (enter()) {
        exit();
      }
    }
  }

  private void closeInside() {
    closing = true;
    if (!fatal) {
      records.endOutput();
    }
    boolean given = giveQuietly();
    Host waiting = host;
    if (waiting == null || (late && !records.isEstablished())) {
      records.dropSealed();
      below.close();
    } else if (!given || awaitPeersEnd() != null) {
      waiting.lingers();
      noted = true; // by flush the host comes to know what it waits for
    }
  }

  private @Nullable Need awaitPeersEnd() {
    try {
      if (!finSent) {
        finSent = true;
        output.shutdownOutput();
      }
      if (!records.dropInput()) {
        return Need.INPUT;
      }
    } catch (IOException | UnsupportedOperationException e) {
      // There is nothing to wait for.
    }
    below.close();
    return null;
  }

  @Override
  public String toString() {
    return "TLS upon " + below.descriptor();
  }
}
