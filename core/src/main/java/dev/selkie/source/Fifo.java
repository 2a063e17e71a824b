package dev.selkie.source;

import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SystemCallException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A pipe with a name, by which any process may open its ends, fifo(7).
 *
 * <p>Nothing here waits. A reader is opened at once, and until the first writer comes its reads say
 * that they are not ready; when the last writer has gone they are at the end, and a queue reports
 * the reader as readable until another writer comes. For a FIFO that many write to, one after the
 * other, {@link #openLastingReader} has no end.
 *
 * <p>A writer can be opened only while somebody reads: {@link #tryOpenWriter} says whether, and
 * {@link #openingWriter} is a source that tries again.
 *
 * @param kernel whose files the path is looked for in
 * @param path where it is
 */
public record Fifo(Kernel kernel, Path path) {
  /** A FIFO that is there, or is to be made. */
  public Fifo {
    Objects.requireNonNull(kernel, "kernel");
    Objects.requireNonNull(path, "path");
  }

  /** A FIFO of the current kernel. */
  public static Fifo at(Path path) {
    return new Fifo(Kernel.current(), path);
  }

  /** Makes a FIFO of the current kernel; see {@link #make(int)}. */
  public static Fifo make(Path path, int permissions) throws IOException {
    return at(path).make(permissions);
  }

  /**
   * Makes it, mkfifo(3).
   *
   * @param permissions such as 0600, less what the process masks, umask(2)
   * @return this
   * @throws FileAlreadyExistsException if something is at its path
   */
  public Fifo make(int permissions) throws IOException {
    int result = kernel.files().makeFifo(path.toString(), permissions);
    if (result < 0) {
      throw failure("mkfifo", result);
    }
    return this;
  }

  /** Removes its name, unlink(2); who has it open keeps it. */
  public void delete() throws IOException {
    int result = kernel.files().unlink(path.toString());
    if (result < 0) {
      throw failure("unlink", result);
    }
  }

  /**
   * Opens it to be read, at once.
   *
   * @throws NoSuchFileException if there is nothing at its path
   * @throws AccessDeniedException if it may not be read
   * @throws FileSystemException if it is something else than a FIFO
   */
  public PipeReader openReader() throws IOException {
    return PipeReader.ofFifo(kernel, openReading(), null);
  }

  /**
   * Opens it to be read by a reader that never comes to its end: it holds a writer of its own. The
   * FIFO must be writable too.
   */
  public PipeReader openLastingReader() throws IOException {
    int number = openReading();
    try {
      int writer = open(Files.O_WRONLY);
      if (writer < 0) {
        throw failure("open", writer);
      }
      return PipeReader.ofFifo(kernel, number, PipeWriter.of(kernel, writer));
    } catch (IOException e) {
      kernel.files().close(number);
      throw e;
    }
  }

  private int openReading() throws IOException {
    int number = open(Files.O_RDONLY);
    if (number < 0) {
      throw failure("open", number);
    }
    return number;
  }

  /** Opens it to be written, if somebody reads it; null if nobody does. Throws as a reader does. */
  public @Nullable PipeWriter tryOpenWriter() throws IOException {
    int number = open(Files.O_WRONLY);
    if (number == -Errno.ENXIO.number()) {
      return null;
    }
    if (number < 0) {
      throw failure("open", number);
    }
    return PipeWriter.of(kernel, number);
  }

  /**
   * A source that gives a writer once somebody reads; it tries again by a timer.
   *
   * @param timeout after which it gives up, or null to try until it is closed
   */
  public FifoOpening openingWriter(@Nullable Duration timeout) throws IOException {
    return FifoOpening.of(this, timeout);
  }

  /** Opens it: a descriptor or a negative code. What is no FIFO is not opened: it might wait. */
  private int open(int flags) throws IOException {
    requireFifo(kernel.files().kind(path.toString()));
    int number;
    do {
      number = kernel.files().open(path.toString(), flags, 0);
    } while (number == Result.EINTR);
    if (number >= 0) {
      try {
        requireFifo(kernel.files().kind(number)); // it may have been replaced
      } catch (IOException e) {
        kernel.files().close(number);
        throw e;
      }
    }
    return number;
  }

  private void requireFifo(int kind) throws IOException {
    String found =
        switch (kind) {
          case Files.S_IFREG -> "a regular file";
          case Files.S_IFDIR -> "a folder";
          case Files.S_IFSOCK -> "a socket";
          case Files.S_IFCHR -> "a device";
          default -> kind < 0 || kind == Files.S_IFIFO ? "" : "something else";
        };
    if (!found.isEmpty()) {
      throw new FileSystemException(
          path.toString(),
          null,
          found + ", and no FIFO, which Fifo.make or mkfifo(1) makes at another path");
    }
  }

  private IOException failure(String call, int code) {
    String name = path.toString();
    SystemCallException cause = new SystemCallException(call, name, code, kernel);
    FileSystemException told =
        switch (cause.errno()) {
          case ENOENT -> new NoSuchFileException(name, null, "no FIFO is there: Fifo.make");
          case EEXIST -> new FileAlreadyExistsException(name, null, "something is there already");
          case EACCES, EPERM, EROFS ->
              new AccessDeniedException(name, null, cause.getMessage() + ": see its permissions");
          default -> null;
        };
    if (told == null) {
      return cause;
    }
    told.initCause(cause);
    return told;
  }

  @Override
  public String toString() {
    return "FIFO " + path;
  }
}
