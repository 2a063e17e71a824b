package dev.selkie.backend;

import dev.selkie.descriptor.DescriptorLifetime;
import dev.selkie.descriptor.DescriptorLifetime.Ownership;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SystemCallException;
import java.io.IOException;

/**
 * A descriptor that becomes readable when it is told to: an eventfd, or a pipe where there is none.
 *
 * <p>An edge-triggered registration need not read the counter: it is read when it is full. A
 * level-triggered one drains it.
 */
public final class Waker {
  /** 1 in either byte order: an eventfd takes eight bytes in the machine's own. */
  private static final byte[] ONE =
      java.nio.ByteBuffer.allocate(Long.BYTES)
          .order(java.nio.ByteOrder.nativeOrder())
          .putLong(0, 1)
          .array();

  private static final String QUEUE = "EventQueue's waker";
  private static final int DRAIN_BYTES = 4096;

  private final Files files;
  private final DescriptorLifetime readEnd;
  private final DescriptorLifetime writeEnd;
  private final byte[] drained; // the waiting thread's

  private Waker(Files files, DescriptorLifetime readEnd, DescriptorLifetime writeEnd) {
    this.files = files;
    this.readEnd = readEnd;
    this.writeEnd = writeEnd;
    this.drained = new byte[readEnd == writeEnd ? Long.BYTES : DRAIN_BYTES];
  }

  static Waker open(Kernel kernel) throws IOException {
    return open(kernel, QUEUE);
  }

  /**
   * A waker of whoever holds it.
   *
   * @param holder its name in messages
   */
  public static Waker open(Kernel kernel, String holder) throws IOException {
    Files files = kernel.files();
    int counter = files.eventfd(0);
    if (counter >= 0) {
      DescriptorLifetime both = DescriptorLifetime.ofFile(kernel, counter, holder, Ownership.OWNED);
      return new Waker(files, both, both);
    }
    if (counter == Result.EMFILE) {
      throw new SystemCallException("eventfd", "waker", counter, kernel);
    }
    return openPipe(kernel, holder);
  }

  /** A waker by a pipe, whatever else the system has. */
  static Waker openPipe(Kernel kernel) throws IOException {
    return openPipe(kernel, QUEUE);
  }

  private static Waker openPipe(Kernel kernel, String holder) throws IOException {
    Files files = kernel.files();
    int[] ends = new int[2];
    int result = files.pipe(ends);
    if (result < 0) {
      throw new SystemCallException("pipe2", "waker", result, kernel);
    }
    return new Waker(
        files,
        DescriptorLifetime.ofFile(kernel, ends[0], holder, Ownership.OWNED),
        DescriptorLifetime.ofFile(kernel, ends[1], holder, Ownership.OWNED));
  }

  int number() {
    return readEnd.number();
  }

  /** The descriptor that becomes readable. */
  public DescriptorLifetime readEnd() {
    return readEnd;
  }

  /** Makes the read end readable anew; after {@link #close} it does nothing. */
  public void wake() {
    if (!writeEnd.acquire()) {
      return;
    }
    try {
      long written = write();
      if (written == Result.EAGAIN) {
        drain(new byte[DRAIN_BYTES]); // by any thread: the waiting one has its own bytes
        write();
      }
    } finally {
      writeEnd.release();
    }
  }

  /**
   * Empties the pipe, where there is one: Linux 5.5 to 5.13 tells no new edge of a pipe that is not
   * empty. A counter needs no reading.
   */
  void drainPipe() {
    if (readEnd != writeEnd) {
      drain();
    }
  }

  /**
   * Reads what was written; of the waiting thread. What is written later makes it readable anew.
   */
  public void drain() {
    drain(drained);
  }

  private void drain(byte[] target) {
    if (readEnd.acquire()) {
      try {
        files.read(readEnd.number(), target, 0, target.length);
      } finally {
        readEnd.release();
      }
    }
  }

  private long write() {
    long written;
    do {
      written = files.write(writeEnd.number(), ONE, 0, ONE.length);
    } while (written == Result.EINTR);
    return written;
  }

  public void close() {
    writeEnd.close();
    readEnd.close();
  }
}
