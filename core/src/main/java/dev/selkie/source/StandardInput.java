package dev.selkie.source;

import dev.selkie.ByteInput;
import dev.selkie.Descriptor;
import dev.selkie.descriptor.ByteTransfer;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SystemCallException;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Standard input, descriptor 0, whatever it is: a pipe, a terminal, a socket, a file, {@code
 * /dev/null}.
 *
 * <p><b>Readiness.</b> A file and {@code /dev/null} are always readable, at their end too; the
 * queue reports them itself where the system does not. A terminal is readable once a line is
 * complete; see {@link Terminal} for its keys.
 *
 * <p><b>The mode is left as it is.</b> O_NONBLOCK belongs to the open file, which a shell and other
 * programs share, which would be left to them, and which they may change. So the system is asked
 * before each read but of a file whether it would wait, poll(2). Should another process take what
 * was there in that moment, the read waits, if the mode lets it.
 *
 * <p>Nobody else should read it: {@link System#in} keeps what it has read ahead. To close it ends
 * its registrations and leaves descriptor 0 open, as a number that is free would be given to the
 * next file.
 */
public final class StandardInput implements ByteInput {
  private static final int NUMBER = 0;

  /** What standard input can be. */
  public enum Kind {
    /** A pipe or a FIFO. */
    PIPE,
    /** A terminal. */
    TERMINAL,
    /** A regular file. */
    FILE,
    /** A socket, as from inetd. */
    SOCKET,
    /** Another device, such as {@code /dev/null}, or what has no name here. */
    DEVICE
  }

  private final SharedFile file;
  private final Kind kind;

  private StandardInput(SharedFile file, Kind kind) {
    this.file = file;
    this.kind = kind;
  }

  /** Standard input of this process. */
  public static StandardInput open() throws IOException {
    return open(Kernel.current());
  }

  /**
   * Descriptor 0 of a kernel's process.
   *
   * @throws IOException if who started the process left it closed, also where the JVM has given the
   *     number to a file of its own by now
   */
  public static StandardInput open(Kernel kernel) throws IOException {
    Objects.requireNonNull(kernel, "kernel");
    if (kernel.files().isNonBlocking(NUMBER) == Result.EBADF) {
      throw closed("", new SystemCallException("fcntl", "fd 0", Result.EBADF, kernel));
    }
    SharedFile file = SharedFile.borrowed(kernel, NUMBER, "StandardInput");
    if (file.format == Files.S_IFREG && kernel.equals(Kernel.system())) {
      refuseFileOfJvm();
    }
    return new StandardInput(file, kind(kernel, file));
  }

  private static Kind kind(Kernel kernel, SharedFile file) {
    return switch (file.format) {
      case Files.S_IFIFO -> Kind.PIPE;
      case Files.S_IFREG -> Kind.FILE;
      case Files.S_IFSOCK -> Kind.SOCKET;
      default ->
          file.lifetime.isSocket()
              ? Kind.SOCKET
              : Terminal.isTerminal(kernel, NUMBER) ? Kind.TERMINAL : Kind.DEVICE;
    };
  }

  /** A JVM that is started without descriptor 0 opens the classes of the JDK as that. */
  @SuppressWarnings("resource") // descriptor 0 is to stay open
  private static void refuseFileOfJvm() throws IOException {
    Path modules = Path.of(System.getProperty("java.home", ""), "lib", "modules");
    long size = java.nio.file.Files.exists(modules) ? java.nio.file.Files.size(modules) : -1;
    if (new FileInputStream(FileDescriptor.in).getChannel().size() == size) {
      throw closed(", and the JVM has opened " + modules + " as that", null);
    }
  }

  private static IOException closed(String more, @Nullable Throwable e) {
    return new IOException(
        "standard input is closed: the program was started without descriptor 0"
            + more
            + "; start it with < /dev/null if it is to have no input",
        e);
  }

  /** What it is. */
  public Kind kind() {
    return kind;
  }

  @Override
  public Descriptor descriptor() {
    return Descriptor.of(file.lifetime);
  }

  @Override
  public int available() throws IOException {
    return ByteTransfer.available(file.lifetime);
  }

  @Override
  public int read(ByteBuffer target) throws IOException {
    return file.read(target);
  }

  @Override
  public long read(ByteBuffer[] targets, int first, int count) throws IOException {
    return file.read(targets, first, count);
  }

  @Override
  public long read(MemorySegment target) throws IOException {
    return file.read(target);
  }

  /** Ends its registrations, and leaves descriptor 0 open. */
  @Override
  public void close() {
    file.lifetime.close();
  }

  @Override
  public String toString() {
    return descriptor().toString();
  }
}
