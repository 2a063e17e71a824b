package dev.selkie.runtime;

import dev.selkie.Io;
import dev.selkie.kernel.Facility;
import dev.selkie.kernel.Kernel;
import dev.selkie.source.PipePair;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Bytes on their way from an input to an output: in a pipe, or in a buffer. */
final class Transfer {
  /** What is taken at once: as much as a pipe holds, and as a call moves of a heap buffer. */
  static final int CHUNK = 1 << 16;

  private static final Direction.Attempt<Transfer> TAKE = Transfer::take;
  private static final Direction.Attempt<Transfer> GIVE = (transfer, _) -> transfer.give();

  private final Input from;
  private final Output to;
  private final long most;
  private final boolean handsEndOn;
  private long given;
  private boolean ended;

  /** Null if bytes go by the buffer. */
  private @Nullable PipePair pipe;

  private long inPipe;

  /** Null until it is needed; what it holds goes before what the pipe holds. */
  private @Nullable ByteBuffer buffer;

  Transfer(Input from, Output to, long most, boolean handsEndOn) {
    if (most < 0) {
      throw new IllegalArgumentException("a transfer of " + most + " bytes");
    }
    this.from = from;
    this.to = Objects.requireNonNull(to, "target");
    this.most = most;
    this.handsEndOn = handsEndOn;
  }

  /** Parks the calling thread until it is over. */
  long call() throws IOException {
    from.loop().refuseToBlock("transferToAsync");
    to.loop().refuseToBlock("transferToAsync");
    begin();
    try {
      for (boolean waited = false; !attempt(waited); waited = true) {
        if (holds() > 0) {
          to.direction.park(0, "transferToAsync");
        } else {
          from.direction.park(from.timeoutNanos(), "transferToAsync");
        }
      }
      return given;
    } catch (InterruptedIOException e) {
      e.bytesTransferred = (int) Math.min(given, Integer.MAX_VALUE);
      throw e;
    } finally {
      end();
    }
  }

  CompletableFuture<Long> start() {
    begin();
    return new AsyncOperation<Long>(from.direction) {
      @Override
      boolean attempt(boolean waited) throws IOException {
        boolean over = Transfer.this.attempt(waited);
        waitFor(holds() > 0 ? to.direction : from.direction);
        return over;
      }

      @Override
      Long result() {
        return given;
      }

      @Override
      void release() {
        Transfer.this.end();
      }
    }.startedOn(from.loop().engine());
  }

  private void begin() {
    from.direction.beginOrThrow();
    try {
      to.direction.beginOrThrow();
    } catch (IllegalStateException e) {
      from.direction.end();
      throw e;
    }
    buffer = from.takeReturned();
    Kernel kernel = from.bytes.descriptor().kernel();
    if (most >= CHUNK
        && kernel.facilities().contains(Facility.SPLICE)
        && kernel.equals(to.bytes.descriptor().kernel())
        && !(from.bytes instanceof LayeredSource || to.bytes instanceof LayeredSource)) {
      try {
        pipe = PipePair.open(kernel);
      } catch (IOException e) {
        pipe = null; // no descriptor left, for one: a buffer does as well
      }
    }
  }

  /** Makes one call, and returns whether that was the last. */
  private boolean attempt(boolean waited) throws IOException {
    boolean taking = holds() == 0;
    try {
      if (!taking) {
        to.direction.attempt(GIVE, this, waited);
      } else if (!isOver() && from.direction.attempt(TAKE, this, waited) == Io.END) {
        ended = true;
      }
    } catch (IOException e) {
      throw new TransferException(from, to, given, taking, e);
    }
    if (holds() > 0 || !isOver()) {
      return false;
    }
    handEndOn();
    return true;
  }

  private boolean isOver() {
    return ended || given == most;
  }

  private void handEndOn() throws TransferException {
    if (ended && handsEndOn) {
      try {
        to.shutdownOutput();
      } catch (IOException e) {
        throw new TransferException(from, to, given, false, e);
      }
    }
  }

  /** What was taken and is to be given. */
  private long holds() {
    return inPipe + inBuffer();
  }

  private long inBuffer() {
    return buffer == null ? 0 : Math.min(buffer.remaining(), most - given);
  }

  private long take(int seen) throws IOException {
    int room = (int) Math.min(most - given, CHUNK);
    if (pipe != null) {
      try {
        long n = pipe.writer().spliceFrom(from.bytes, room);
        inPipe = Math.max(n, 0);
        return n;
      } catch (UnsupportedOperationException e) {
        closePipe(); // the kind of source does not have it
      }
    }
    ByteBuffer target = emptyBuffer();
    target.limit(room);
    try {
      return from.readSource(target, seen);
    } finally {
      target.flip(); // empty if it failed
    }
  }

  private long give() throws IOException {
    if (inBuffer() == 0) {
      try {
        PipePair filled = Objects.requireNonNull(pipe);
        long n = filled.reader().spliceTo(to.bytes, inPipe);
        inPipe -= Math.max(n, 0);
        given += Math.max(n, 0);
        return n;
      } catch (UnsupportedOperationException e) {
        emptyPipe(); // the kind of target does not have it
      }
    }
    ByteBuffer source = Objects.requireNonNull(buffer);
    int whole = source.limit();
    source.limit(source.position() + (int) inBuffer());
    try {
      int n = to.bytes.write(source);
      given += Math.max(n, 0);
      return n;
    } finally {
      source.limit(whole);
    }
  }

  private ByteBuffer emptyBuffer() {
    if (buffer == null) {
      buffer = ByteBuffer.allocate(CHUNK);
    }
    return buffer.clear();
  }

  /**
   * Takes what is in the pipe to the buffer, in which there is nothing, and does without a pipe.
   */
  private void emptyPipe() throws IOException {
    ByteBuffer target = emptyBuffer();
    PipePair filled = Objects.requireNonNull(pipe);
    target.limit((int) inPipe);
    while (target.hasRemaining()) {
      if (filled.reader().read(target) < 0) {
        throw new IOException("the pipe between lacks " + target.remaining() + " bytes");
      }
    }
    target.flip();
    closePipe();
  }

  private void closePipe() {
    inPipe = 0;
    if (pipe != null) {
      pipe.close();
      pipe = null;
    }
  }

  /** It is over: what was taken and not given is read next. */
  private void end() {
    try {
      if (inPipe > 0) {
        emptyPipe();
      }
    } catch (IOException e) {
      buffer = null;
      from.close(); // rather than go on with bytes missing
    }
    closePipe();
    if (buffer != null && buffer.hasRemaining()) {
      from.giveBack(buffer);
    }
    to.direction.end();
    from.direction.end();
  }
}
