package dev.selkie.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.selkie.kernel.Kernel;
import dev.selkie.source.FileChangeSource;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a change costs: its name, its path and itself; reading many costs nothing more. */
@ExtendWith(DescriptorLeaks.class)
final class FileChangeCostTest {
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final Duration DEADLINE = Duration.ofSeconds(20);
  private static final int CHANGES = 1000;

  /**
   * A name as bytes and as a string, a path of the folder's length and its bytes, the change, and
   * what the JDK makes on the way from one to the other.
   */
  private static final long BYTES = 240;

  @Test
  @Timeout(60)
  void aChangeCostsItsNameItsPathAndItself() throws IOException {
    Kernel kernel = Kernel.system();
    try (Disk disk = Disk.of(kernel);
        FileChangeSource source = FileChangeSource.open(kernel)) {
      disk.makeFile("one");
      disk.makeFile("two");
      source.watch(disk.root);
      long end = System.nanoTime() + DEADLINE.toNanos();
      long least = Long.MAX_VALUE;
      long idle = Long.MAX_VALUE;
      // The compiler settles in its own time, and by what it has seen of both.
      while ((least > BYTES || idle > 0) && System.nanoTime() < end) {
        least = Math.min(least, bytes(disk, source));
        idle = Math.min(idle, nothing(source));
      }
      assertThat(least).as("bytes a change").isBetween(1L, BYTES);
      assertThat(idle).as("bytes of polls that find nothing").isZero();
    }
  }

  private static long bytes(Disk disk, FileChangeSource source) throws IOException {
    for (int i = 0; i < CHANGES / 2; i++) {
      disk.setReadable("one", true);
      disk.setReadable("two", true);
    }
    long before = THREADS.getCurrentThreadAllocatedBytes();
    int taken = 0;
    while (source.poll() != null) {
      taken++;
    }
    long bytes = THREADS.getCurrentThreadAllocatedBytes() - before;
    assertThat(taken).isEqualTo(CHANGES);
    return bytes / CHANGES;
  }

  private static long nothing(FileChangeSource source) throws IOException {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    for (int i = 0; i < CHANGES; i++) {
      source.poll();
    }
    return THREADS.getCurrentThreadAllocatedBytes() - before;
  }
}
