package dev.selkie.source;

import dev.selkie.Descriptor;
import dev.selkie.ItemSource;
import dev.selkie.kernel.Clock;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The wait for a reader of a {@link Fifo}, and its writer once there is one.
 *
 * <p>No system tells when a FIFO is opened to be read; so this tries now, after a millisecond, and
 * then after twice the time as before, up to 100 ms, by a timer: nothing spins, and no thread
 * waits.
 *
 * <p>It is readable when it is time to try. It may be closed once it has given the writer.
 */
public final class FifoOpening implements ItemSource<PipeWriter> {
  private static final Duration FIRST = Duration.ofMillis(1);
  private static final Duration LONGEST = Duration.ofMillis(100);

  private final Fifo fifo;
  private final IntervalTimer timer;
  private final @Nullable Duration timeout;
  private final long start;
  private Duration delay = FIRST; // guarded by this
  private boolean over; // guarded by this

  private FifoOpening(Fifo fifo, IntervalTimer timer, @Nullable Duration timeout) {
    this.fifo = fifo;
    this.timer = timer;
    this.timeout = timeout;
    this.start = clock().nanoTime();
  }

  static FifoOpening of(Fifo fifo, @Nullable Duration timeout) throws IOException {
    IntervalTimer timer = IntervalTimer.after(fifo.kernel(), Duration.ZERO);
    return new FifoOpening(fifo, timer, timeout);
  }

  private Clock clock() {
    return fifo.kernel().clock();
  }

  /**
   * Tries, if it is time to.
   *
   * @return the writer, once; null if it is not time, or nobody reads
   * @throws FileSystemException if nobody reads and the time is over, or as {@link
   *     Fifo#openReader}; it tries no more then
   */
  @Override
  public synchronized @Nullable PipeWriter poll() throws IOException {
    if (timer.poll() == null || over) {
      return null;
    }
    PipeWriter writer = fifo.tryOpenWriter();
    if (writer != null) {
      over = true;
      return writer;
    }
    Duration left = left();
    if (!left.isPositive()) {
      over = true;
      throw new FileSystemException(
          fifo.path().toString(), null, "nobody has opened it to read within " + timeout);
    }
    timer.startAfter(delay.compareTo(left) < 0 ? delay : left);
    Duration twice = delay.multipliedBy(2);
    delay = twice.compareTo(LONGEST) < 0 ? twice : LONGEST;
    return null;
  }

  private Duration left() {
    return timeout == null ? LONGEST : timeout.minus(Duration.ofNanos(clock().nanoTime() - start));
  }

  @Override
  public Descriptor descriptor() {
    return timer.descriptor();
  }

  @Override
  public void close() {
    timer.close();
  }

  @Override
  public String toString() {
    return "opening of " + fifo;
  }
}
