package dev.selkie.runtime.tls;

import dev.selkie.ByteInput;
import dev.selkie.ByteOutput;
import dev.selkie.Io;
import dev.selkie.runtime.LayeredSource.Need;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.Executor;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import org.jspecify.annotations.Nullable;

/**
 * The records of one stream: what an engine makes of them, and what is under way. One thread at a
 * time; only {@link #isEstablished} is for any.
 */
final class Records {
  /*
   *            plain <-- unwrap -- received <-- fill -- below
   *                      wrap -----> sealed -- drain --> below
   *
   * Each buffer is ready to be read from. "received" has what came and makes no whole record so
   * far, or was not asked for; "plain" the rest of a record that was larger than the reader's room;
   * "sealed" what below had no room for: three records at most in each, and while it has any,
   * nothing more is taken for it. So a peer that does not read, or sends what nobody reads, costs
   * that and no more.
   */
  static final ByteBuffer NOTHING = ByteBuffer.allocate(0);
  private static final ByteBuffer[] NONE = {NOTHING};

  /** Records in a row at most that bring the user nothing, before others have their turn. */
  private static final int IDLE_RECORDS = 8;

  /** What a waiting stream keeps in a copy of its size, not in a buffer for many records. */
  private static final int SMALL = 4096;

  private static final int HEADER = 5;

  /** What is read after the close, at most. */
  private static final int DROPPED = 1 << 20;

  private final SSLEngine engine;
  private final ByteInput input;
  private final ByteOutput output;
  private final @Nullable Executor delegate;
  private final Runnable delegated;

  private ByteBuffer received = NOTHING;
  private ByteBuffer plain = NOTHING;
  private ByteBuffer sealed = NOTHING;
  private Need lack = Need.INPUT;
  private int dropped;
  private boolean begun;
  private boolean ended;
  private boolean outputEnded;
  private boolean drained;
  private boolean refused;
  private boolean tired;
  private boolean news;
  private volatile boolean established;
  private volatile boolean delegating;

  /**
   * Records of an engine.
   *
   * @param delegate runs what takes long; null: whoever reads or writes does
   * @param delegated is called when that has been done
   */
  Records(
      SSLEngine engine,
      ByteInput input,
      ByteOutput output,
      @Nullable Executor delegate,
      Runnable delegated) {
    this.engine = engine;
    this.input = input;
    this.output = output;
    this.delegate = delegate;
    this.delegated = delegated;
  }

  /** Whether the first handshake is done. */
  boolean isEstablished() {
    return established;
  }

  /** What the last call waits for that was not ready. */
  Need lack() {
    return lack;
  }

  /** Whether something has come that is worth an attempt to who waits in the other direction. */
  boolean takeNews() {
    boolean taken = news;
    news = false;
    return taken;
  }

  /** Whether the last call gave up for the sake of others. */
  boolean takeTired() {
    boolean taken = tired;
    tired = false;
    return taken;
  }

  /** Whether below has nothing more, as far as a short read tells, nor is there a whole record. */
  boolean isDrained() {
    return drained && !plain.hasRemaining() && !hasRecord();
  }

  /** Bytes that a read would give without another record. */
  int available() {
    return plain.remaining();
  }

  /** Whether something waits for room below. */
  boolean keeps() {
    return sealed.hasRemaining();
  }

  private int lacks(Need need) {
    lack = need;
    return Io.NOT_READY;
  }

  private int rests() {
    tired = true;
    return lacks(Need.TURN);
  }

  /** Goes on with a handshake until there is none: 0, or not ready. */
  int handshake() throws IOException {
    if (delegating) { // the engine's own lock is held all the while
      return lacks(Need.TURN);
    }
    if (!begun) {
      begun = true;
      engine.beginHandshake();
    }
    for (int i = 0; i < IDLE_RECORDS; i++) {
      switch (engine.getHandshakeStatus()) {
        case NEED_TASK -> {
          if (!runTasks()) {
            return lacks(Need.TURN);
          }
        }
        case NEED_WRAP -> {
          if (!drain()) {
            return lacks(Need.ROOM);
          }
          seal(NONE, 0, 1);
        }
        case NEED_UNWRAP, NEED_UNWRAP_AGAIN -> {
          if (established && outputEnded) { // it wants the peer's end: not before what comes first
            return 0;
          }
          if (!drain()) { // the peer waits for it
            return lacks(Need.ROOM);
          }
          if (open(NONE, 0, 1) == Io.NOT_READY) {
            return lacks(Need.INPUT);
          }
          if (ended) {
            throw new SSLHandshakeException("the peer has ended the stream in the handshake");
          }
        }
        case FINISHED, NOT_HANDSHAKING -> {
          drain();
          news |= !established;
          established = true;
          return 0;
        }
      }
    }
    return rests();
  }

  /** Runs what takes long, or has it run: whether it has been. */
  private boolean runTasks() {
    if (delegate == null) {
      runThem();
      return true;
    }
    delegating = true;
    try {
      delegate.execute(() -> {
        try {
          runThem();
        } finally {
          delegating = false;
          delegated.run();
        }
      });
    } catch (Throwable e) {
      delegating = false;
      throw e;
    }
    return false;
  }

  private void runThem() {
    for (Runnable task = engine.getDelegatedTask();
        task != null;
        task = engine.getDelegatedTask()) {
      task.run();
    }
  }

  /** Reads into buffers that have room: a count, the end, or not ready. */
  long read(ByteBuffer[] targets, int first, int count) throws IOException {
    drained = false; // what was short before this call says nothing of what came since
    for (int i = 0; i < IDLE_RECORDS; i++) {
      if (plain.hasRemaining()) {
        return readPlain(targets, first, count);
      }
      if (ended) {
        return Io.END;
      }
      if (handshake() == Io.NOT_READY) {
        return Io.NOT_READY;
      }
      int n = open(targets, first, count);
      if (n > 0) {
        return n;
      }
      if (n == Io.NOT_READY) {
        return lacks(Need.INPUT);
      }
    }
    return rests();
  }

  private int readPlain(ByteBuffer[] targets, int first, int count) {
    int had = plain.remaining();
    for (int i = first; i < first + count && plain.hasRemaining(); i++) {
      int n = Math.min(targets[i].remaining(), plain.remaining());
      targets[i].put(targets[i].position(), plain, plain.position(), n);
      targets[i].position(targets[i].position() + n);
      plain.position(plain.position() + n);
    }
    return had - plain.remaining();
  }

  /** Opens a record: the count of bytes in it that went to the targets, or not ready. */
  private int open(ByteBuffer[] targets, int first, int count) throws IOException {
    while (true) {
      SSLEngineResult result = engine.unwrap(received, targets, first, count);
      if (result.getStatus() == SSLEngineResult.Status.BUFFER_OVERFLOW) {
        result = openAside();
      }
      if (result.getStatus() != SSLEngineResult.Status.BUFFER_UNDERFLOW) {
        ended |= result.getStatus() == SSLEngineResult.Status.CLOSED;
        checkNoRenegotiation();
        return result.bytesProduced() - plain.remaining();
      }
      int n = fill();
      if (n == Io.NOT_READY) {
        return n;
      }
      if (n == Io.END) {
        throw truncated();
      }
    }
  }

  /** Opens a record that may be larger than the reader's room; a part of one may look so. */
  private SSLEngineResult openAside() throws SSLException {
    ByteBuffer target = RecordBuffers.take();
    try {
      SSLEngineResult result = engine.unwrap(received, target);
      if (result.getStatus() == SSLEngineResult.Status.BUFFER_OVERFLOW) {
        throw new SSLException("a record of more than " + target.capacity() + " bytes");
      }
      return result;
    } finally {
      plain = target.flip();
      if (!plain.hasRemaining()) {
        plain = smaller(plain);
      }
    }
  }

  private SSLException truncated() {
    return established
        ? new SSLException("the end came without close_notify: what was read may have been cut off")
        : new SSLHandshakeException("the peer has closed the connection in the handshake");
  }

  /**
   * Another handshake in the stream is refused, whoever asks for it: TLS 1.3 has none, and below
   * that it costs the server much, the client little, and may change who the peer is.
   */
  private void checkNoRenegotiation() throws SSLException {
    if (!established) {
      return;
    }
    HandshakeStatus status = engine.getHandshakeStatus();
    boolean asked =
        status == HandshakeStatus.NEED_TASK
            || (status != HandshakeStatus.NOT_HANDSHAKING && !ended && !outputEnded);
    if (asked && !engine.getSession().getProtocol().equals("TLSv1.3")) {
      refused = true;
      throw new SSLException("the peer asks for a renegotiation, which is refused");
    }
  }

  private boolean hasRecord() {
    int at = received.position();
    return received.remaining() >= HEADER
        && received.remaining() - HEADER >= (received.getShort(at + HEADER - 2) & 0xffff);
  }

  /** Reads what below has, behind what was received. */
  private int fill() throws IOException {
    ByteBuffer buffer = received;
    if (buffer.capacity() == RecordBuffers.CAPACITY) {
      buffer.compact();
    } else {
      buffer = RecordBuffers.take().put(received);
    }
    received = buffer;
    int room = buffer.remaining();
    int n;
    try {
      n = input.read(buffer);
    } finally {
      buffer.flip();
    }
    drained = n < room;
    return n;
  }

  /**
   * Writes buffers of which some remains: a count of bytes that were taken, not ready, or the end
   * if the peer has ended the stream, which before TLS 1.3 ends both directions.
   */
  long write(ByteBuffer[] sources, int first, int count) throws IOException {
    if (handshake() == Io.NOT_READY) {
      return Io.NOT_READY;
    }
    if (!drain()) {
      return lacks(Need.ROOM);
    }
    int taken = seal(sources, first, count);
    drain();
    return taken == 0 ? Io.END : taken;
  }

  /** Seals some records of what remains in the sources, or one of the engine's own. */
  private int seal(ByteBuffer[] sources, int first, int count) throws SSLException {
    ByteBuffer target = RecordBuffers.take();
    int record = engine.getSession().getPacketBufferSize();
    int taken = 0;
    try {
      SSLEngineResult result;
      do {
        result = engine.wrap(sources, first, count, target);
        taken += result.bytesConsumed();
      } while (result.bytesConsumed() > 0
          && target.remaining() >= record
          && hasRemaining(sources, first, count));
    } finally {
      sealed = target.flip();
      drainNothing();
    }
    return taken;
  }

  static boolean hasRemaining(ByteBuffer[] buffers, int first, int count) {
    for (int i = first; i < first + count; i++) {
      if (buffers[i].hasRemaining()) {
        return true;
      }
    }
    return false;
  }

  /** Writes what was sealed: whether all was. */
  private boolean drain() throws IOException {
    while (sealed.hasRemaining()) {
      if (output.write(sealed) == Io.NOT_READY) {
        return false;
      }
    }
    drainNothing();
    return true;
  }

  private void drainNothing() {
    if (!sealed.hasRemaining()) {
      RecordBuffers.give(sealed);
      sealed = NOTHING;
    }
  }

  /** Writes what waits, and what the engine itself has to say: whether all was written. */
  boolean give() throws IOException {
    while (drain()) {
      if (!begun
          || refused
          || delegating
          || engine.isOutboundDone()
          || engine.getHandshakeStatus() != HandshakeStatus.NEED_WRAP) {
        return true;
      }
      seal(NONE, 0, 1);
    }
    return false;
  }

  /** Has the end of the output said to the peer by the next {@link #give}. */
  void endOutput() {
    outputEnded = true;
    if (!delegating) {
      engine.closeOutbound();
    }
  }

  /** Drops what waits for room. */
  void dropSealed() {
    sealed = NOTHING;
  }

  /**
   * Reads and drops what comes, and nothing is done with it.
   *
   * @return whether the end has come, or there was more than is worth it
   */
  boolean dropInput() throws IOException {
    plain = NOTHING;
    received = NOTHING;
    ByteBuffer buffer = RecordBuffers.take();
    try {
      while (dropped < DROPPED) {
        int n = input.read(buffer.clear());
        if (n < 0) {
          return n == Io.END;
        }
        dropped += n;
      }
      return true;
    } finally {
      RecordBuffers.give(buffer);
    }
  }

  /** Gives buffers back that are not needed until the next call. */
  void rest() {
    received = smaller(received);
    plain = smaller(plain);
  }

  private static ByteBuffer smaller(ByteBuffer buffer) {
    int n = buffer.remaining();
    if (buffer.capacity() != RecordBuffers.CAPACITY || n > SMALL) {
      return buffer;
    }
    ByteBuffer kept = n == 0 ? NOTHING : ByteBuffer.allocate(n).put(buffer).flip();
    RecordBuffers.give(buffer);
    return kept;
  }
}
