package dev.selkie.source;

import dev.selkie.ByteInput;
import dev.selkie.ByteOutput;
import dev.selkie.Io;
import dev.selkie.descriptor.ByteTransfer;
import dev.selkie.descriptor.DescriptorLifetime;
import dev.selkie.kernel.Epoll;
import dev.selkie.kernel.Facility;
import dev.selkie.kernel.SystemCallException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Bytes on their way from one descriptor to another within the kernel, splice(2), so that no copy
 * of them comes to the program: from a socket to a socket, from a pipe to a file, and so on.
 *
 * <p>Where neither end is a pipe they go through one of its own. Where the system cannot do it
 * (none but Linux can), or not with these two (a terminal, a file that is appended to, what is
 * borrowed in blocking mode and would wait), they go through a buffer of its own instead, which is
 * the same to see but for the cost.
 *
 * <p><b>Readiness.</b> {@link #move} never waits. If it is not ready, {@link #awaitsOutput} tells
 * for which of the two to wait: wait for that one, and for no other, as the other may be ready all
 * the time.
 *
 * <p><b>The end.</b> When the input is at its end and all that it gave has been taken, {@link
 * #move} says so. To hand the end on is the caller's: {@link ByteOutput#shutdownOutput}. The two
 * ways of a connection are two of these, and each ends by itself.
 *
 * <p>The two are taken by their descriptors: a source that is a layer upon another, such as TLS, is
 * none of them.
 *
 * <p><b>Concurrency.</b> One thread at a time. It owns neither of the two.
 */
public final class Splice implements AutoCloseable {
  /** What goes into the pipe or the buffer at once: a pipe has that much room, pipe(7). */
  private static final int CHUNK = 1 << 16;

  /** How often both may turn out to be ready, by the time they are asked. */
  private static final int SURPRISES = 3;

  private final ByteInput from;
  private final ByteOutput to;

  /** Null where an end is a pipe itself, or bytes go by the buffer. */
  private @Nullable PipePair pipe;

  private long inPipe;

  /** Null until it is needed; from then on nothing goes by the pipe. */
  private @Nullable ByteBuffer buffer;

  private boolean ended;
  private boolean awaitsOutput;
  private boolean closed;

  private Splice(ByteInput from, ByteOutput to) {
    this.from = from;
    this.to = to;
  }

  /**
   * Makes a way between two descriptors that do not wait: a {@link RawSource} in blocking mode is
   * refused when bytes are moved; {@link StandardInput} and {@link Terminal} are asked first.
   *
   * @throws IllegalArgumentException if they are of different kernels
   * @throws SystemCallException if there is no descriptor left for the pipe (EMFILE)
   */
  public static Splice between(ByteInput from, ByteOutput to) throws IOException {
    Objects.requireNonNull(from, "from");
    Objects.requireNonNull(to, "to");
    if (!from.descriptor().kernel().equals(to.descriptor().kernel())) {
      throw new IllegalArgumentException(from + " and " + to + " are of different kernels");
    }
    Splice splice = new Splice(from, to);
    if (!from.descriptor().kernel().facilities().contains(Facility.SPLICE)) {
      splice.buffer = emptyBuffer();
    } else if (!(from instanceof PipeReader) && !(to instanceof PipeWriter)) {
      splice.pipe = PipePair.open(from.descriptor().kernel());
    }
    return splice;
  }

  private static ByteBuffer emptyBuffer() {
    return ByteBuffer.allocateDirect(CHUNK).flip();
  }

  /**
   * Moves what can be moved now.
   *
   * @param most how many bytes to take from the input at most; what it gave before is moved too
   * @return how many the output has taken; {@link Io#NOT_READY} if none, {@link Io#END} if there
   *     will be none
   * @throws SystemCallException if a call on one of the two fails, in its name
   */
  public long move(long most) throws IOException {
    if (most <= 0) {
      throw new IllegalArgumentException("at most " + most + " bytes: it must be positive");
    }
    if (closed) {
      throw new ClosedChannelException();
    }
    if (buffer == null) {
      try {
        return pipe == null ? moveDirectly(most) : moveByPipe(pipe, most);
      } catch (UnsupportedOperationException e) {
        // by the buffer from here on
      }
    }
    if (buffer == null) {
      buffer = emptyBuffer();
    }
    return moveByBuffer(buffer, most);
  }

  private long moveDirectly(long most) throws IOException {
    DescriptorLifetime source = from.descriptor().lifetime();
    DescriptorLifetime target = to.descriptor().lifetime();
    for (int i = 0; i < SURPRISES; i++) {
      long n =
          from instanceof PipeReader reader
              ? reader.spliceTo(to, most)
              : ByteTransfer.splice(source, target, most, source);
      if (n != Io.NOT_READY) {
        return n;
      }
      awaitsOutput = !isReady(target, Epoll.OUT);
      if (awaitsOutput || !isReady(source, Epoll.IN)) {
        return n;
      }
    }
    awaitsOutput = true;
    return Io.NOT_READY;
  }

  private static boolean isReady(DescriptorLifetime descriptor, int events) throws IOException {
    descriptor.acquireOrThrow();
    try {
      return descriptor.kernel().files().poll(descriptor.number(), events) != 0;
    } finally {
      descriptor.release();
    }
  }

  private long moveByPipe(PipePair own, long most) throws IOException {
    long moved = 0;
    long left = most;
    while (true) {
      if (inPipe == 0) {
        long taken =
            ended || left == 0 ? Io.END : own.writer().spliceFrom(from, Math.min(left, CHUNK));
        if (taken < 0) {
          ended |= taken == Io.END && left > 0;
          return outcome(moved, taken, false);
        }
        inPipe = taken;
        left -= taken;
      }
      long given = give(own);
      if (given < 0) {
        return outcome(moved, Io.NOT_READY, true);
      }
      inPipe -= given;
      moved += given;
    }
  }

  /** From the pipe to the output; the end cannot come, as the writer is open. */
  private long give(PipePair own) throws IOException {
    try {
      return own.reader().spliceTo(to, inPipe);
    } catch (UnsupportedOperationException e) {
      drain(own); // the output cannot do it: what is in the pipe goes by the buffer
      throw e;
    }
  }

  private void drain(PipePair own) throws IOException {
    ByteBuffer rest = ByteBuffer.allocateDirect(CHUNK);
    while (inPipe > 0) {
      inPipe -= own.reader().read(rest);
    }
    buffer = rest.flip();
  }

  private long moveByBuffer(ByteBuffer held, long most) throws IOException {
    long moved = 0;
    long left = most;
    while (true) {
      if (!held.hasRemaining()) {
        if (ended || left == 0) {
          return outcome(moved, Io.END, false);
        }
        held.clear().limit((int) Math.min(left, CHUNK));
        int taken;
        try {
          taken = from.read(held);
        } finally {
          held.flip();
        }
        if (taken < 0) {
          ended = taken == Io.END;
          return outcome(moved, taken, false);
        }
        left -= taken;
      }
      int given = to.write(held);
      if (given < 0) {
        return outcome(moved, Io.NOT_READY, true);
      }
      moved += given;
    }
  }

  private long outcome(long moved, long otherwise, boolean atOutput) {
    awaitsOutput = atOutput;
    return moved > 0 ? moved : otherwise;
  }

  /** After {@link Io#NOT_READY}: whether it was the output that took nothing, and not the input. */
  public boolean awaitsOutput() {
    return awaitsOutput;
  }

  /** How many bytes the input gave that the output has not taken yet. */
  public long held() {
    return inPipe + (buffer == null ? 0 : buffer.remaining());
  }

  /** Whether the bytes stay within the kernel, as far as it is known. */
  public boolean isWithinKernel() {
    return buffer == null;
  }

  /** Gives up what it holds, and leaves both ends open. */
  @Override
  public void close() {
    closed = true;
    inPipe = 0;
    if (pipe != null) {
      pipe.close();
    }
  }

  @Override
  public String toString() {
    return "Splice from " + from + " to " + to;
  }
}
