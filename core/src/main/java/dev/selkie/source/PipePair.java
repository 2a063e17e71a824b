package dev.selkie.source;

import dev.selkie.kernel.Files;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCallException;
import java.io.IOException;
import java.util.Objects;

/**
 * A pipe: what is written to one end is read from the other, pipe(7).
 *
 * @param reader the end to read
 * @param writer the end to write
 */
public record PipePair(PipeReader reader, PipeWriter writer) implements AutoCloseable {
  /** A pair of two ends. */
  public PipePair {
    Objects.requireNonNull(reader, "reader");
    Objects.requireNonNull(writer, "writer");
  }

  /** Makes a pipe of the current kernel. */
  public static PipePair open() throws IOException {
    return open(Kernel.current());
  }

  /**
   * Makes a pipe, both ends non-blocking and close-on-exec, pipe2(2).
   *
   * @throws SystemCallException if the system refuses, such as EMFILE
   */
  public static PipePair open(Kernel kernel) throws IOException {
    Objects.requireNonNull(kernel, "kernel");
    int[] ends = new int[2];
    int result = kernel.files().pipe(ends);
    if (result < 0) {
      throw new SystemCallException("pipe2", "O_NONBLOCK|O_CLOEXEC", result, kernel);
    }
    return new PipePair(PipeReader.of(kernel, ends[0]), PipeWriter.of(kernel, ends[1]));
  }

  /** Makes an end made elsewhere non-blocking, if it is a pipe's and can be used as wanted. */
  static void prepare(Kernel kernel, int number, int use) throws SystemCallException {
    Files files = kernel.files();
    int mode = checked(files.accessMode(number), kernel, number);
    int kind = files.kind(number);
    if (kind >= 0 && kind != Files.S_IFIFO) {
      throw new IllegalArgumentException(
          "fd " + number + " is no pipe or FIFO; RawSource takes any descriptor");
    }
    if (mode != use && mode != Files.O_RDWR) {
      throw new IllegalArgumentException(
          "fd %d is a pipe's end for %s alone"
              .formatted(number, mode == Files.O_RDONLY ? "reading" : "writing"));
    }
    checked(files.setNonBlocking(number, true), kernel, number);
  }

  private static int checked(int result, Kernel kernel, int number) throws SystemCallException {
    if (result < 0) {
      throw new SystemCallException("fcntl", "fd " + number, result, kernel);
    }
    return result;
  }

  /** Closes both ends. */
  @Override
  public void close() {
    writer.close();
    reader.close();
  }
}
