package dev.selkie.conformance;

import dev.selkie.kernel.Kernel;
import dev.selkie.simulation.SimulatedKernel;
import dev.selkie.source.RawSource;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * A descriptor of something that the system calls always ready: a regular file, {@code /dev/null}.
 *
 * <p>No kernel opens files by path; on the machine's own kernel this takes the number of one that
 * the JDK opened, where {@code /proc} or {@code /dev/fd} tells it. On a simulated kernel it is a
 * file in memory with the same contents, or that kernel's null device.
 */
public final class OrdinaryFile {
  private static final Path TABLE = Path.of("/proc/self/fd");

  private OrdinaryFile() {}

  /**
   * A source of a file of its own descriptor.
   *
   * @param host the kernel that the configuration gave
   * @param kernel the same, or a decorator of it, to which the source belongs
   */
  public static RawSource open(Kernel host, Kernel kernel, Path path) throws IOException {
    if (host instanceof SimulatedKernel simulated) {
      return RawSource.own(
          kernel,
          Files.isRegularFile(path)
              ? simulated.openFile(Files.readAllBytes(path))
              : simulated.files().duplicate(0));
    }
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      int duplicate = kernel.files().duplicate(number(path));
      if (duplicate < 0 || !file.getFD().valid()) {
        throw new IOException("no duplicate of " + path + ": " + duplicate);
      }
      return RawSource.own(kernel, duplicate);
    }
  }

  private static int number(Path path) throws IOException {
    try (Stream<Path> entries = Files.list(TABLE)) {
      for (Path entry : (Iterable<Path>) entries::iterator) {
        if (Files.exists(entry) && Files.isSameFile(entry, path)) {
          return Integer.parseInt(entry.getFileName().toString());
        }
      }
    }
    throw new IOException("no descriptor of " + path);
  }
}
