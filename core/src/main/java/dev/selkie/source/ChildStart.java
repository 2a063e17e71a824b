package dev.selkie.source;

import dev.selkie.descriptor.DescriptorLifetime;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SystemCallException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One start of a child: what is opened for it, and what is closed again. */
final class ChildStart {
  private static final int PERMISSIONS = 0666; // less what the process masks
  private static final int ENDED = -Errno.ESRCH.number();

  private final Kernel kernel;
  private final ChildProcessBuilder builder;
  private final Map<Integer, Integer> descriptors = new TreeMap<>();

  /** The ends of pipes and the files that are the child's only. */
  private final List<Integer> handed = new ArrayList<>();

  /** Sources that must not be closed until the child has them. */
  private final List<DescriptorLifetime> used = new ArrayList<>();

  private @Nullable PipeWriter input;
  private @Nullable PipeReader output;
  private @Nullable PipeReader errors;

  ChildStart(Kernel kernel, ChildProcessBuilder builder) {
    this.kernel = kernel;
    this.builder = builder;
  }

  ChildProcess start() throws IOException {
    try {
      for (Map.Entry<Integer, Redirect> entry : builder.redirects().entrySet()) {
        descriptors.put(entry.getKey(), open(entry.getKey(), entry.getValue()));
      }
      int process = kernel.processes().spawn(builder.spawn(kernel, descriptors));
      if (process < 0) {
        throw failure(process);
      }
      DescriptorLifetime watch = watch(process);
      return new ChildProcess(
          watch, process, builder.program(), builder.leadsGroup(), input, output, errors);
    } catch (IOException | RuntimeException e) {
      closeAll(input, output, errors);
      throw e;
    } finally {
      handed.forEach(number -> kernel.files().close(number));
      used.forEach(DescriptorLifetime::release);
    }
  }

  static void closeAll(@Nullable AutoCloseable... all) {
    for (AutoCloseable one : all) {
      switch (one) {
        case PipeWriter writer -> writer.close();
        case PipeReader reader -> reader.close();
        case null, default -> {}
      }
    }
  }

  private int open(int number, Redirect redirect) throws IOException {
    return switch (redirect.kind) {
      case PIPE -> openPipe(number);
      case INHERIT -> checked(number, number);
      case OUTPUT -> Objects.requireNonNull(descriptors.get(1)); // in order of their numbers
      case NUMBER -> checked(redirect.number, number);
      case SOURCE -> use(Objects.requireNonNull(redirect.source).descriptor().lifetime());
      case FILE -> openFile(redirect, number, Files.O_CREAT | Files.O_TRUNC);
      case APPEND -> openFile(redirect, number, Files.O_CREAT | Files.O_APPEND);
    };
  }

  private int checked(int number, int child) throws IOException {
    int result = kernel.files().isNonBlocking(number);
    if (result < 0) {
      throw new SystemCallException(
          "posix_spawn",
          "fd %d, to be the descriptor %d of %s".formatted(number, child, builder.program()),
          result,
          kernel);
    }
    return number;
  }

  private int use(DescriptorLifetime lifetime) throws IOException {
    lifetime.acquireOrThrow();
    used.add(lifetime);
    return lifetime.number();
  }

  /** Its child's end waits, as programs expect. */
  private int openPipe(int number) throws IOException {
    int[] ends = new int[2];
    int result = kernel.files().pipe(ends);
    if (result < 0) {
      throw new SystemCallException(
          "pipe2", "descriptor " + number + " of " + builder.program(), result, kernel);
    }
    boolean reads = number == 0;
    int mine = ends[reads ? 1 : 0];
    int theirs = ends[reads ? 0 : 1];
    handed.add(theirs);
    switch (number) {
      case 0 -> input = PipeWriter.of(kernel, mine);
      case 1 -> output = PipeReader.of(kernel, mine);
      default -> errors = PipeReader.of(kernel, mine);
    }
    return waiting(theirs);
  }

  private int openFile(Redirect redirect, int number, int flags) throws IOException {
    String path = Objects.requireNonNull(redirect.path);
    boolean writes = number != 0;
    int opened =
        kernel.files().open(path, writes ? Files.O_WRONLY | flags : Files.O_RDONLY, PERMISSIONS);
    if (opened < 0) {
      throw new SystemCallException(
          "open",
          "%s, to be the descriptor %d of %s".formatted(path, number, builder.program()),
          opened,
          kernel);
    }
    handed.add(opened);
    return waiting(opened);
  }

  private int waiting(int number) throws IOException {
    int result = kernel.files().setNonBlocking(number, false);
    if (result < 0) {
      throw new SystemCallException("fcntl", "fd " + number, result, kernel);
    }
    return number;
  }

  /** The system gives one number for all that can be wrong. */
  private IOException failure(int result) {
    String program = builder.program();
    String folder = builder.folder();
    if (result == Result.ENOSYS) {
      throw new UnsupportedOperationException(
          folder == null
              ? kernel.name() + " starts no programs here: posix_spawn(3) is not there"
              : "posix_spawn(3) of this system starts no program in a folder, before glibc 2.29"
                  + " for one");
    }
    String subject = "program " + program;
    if (folder != null && kernel.files().kind(folder) != Files.S_IFDIR) {
      subject = "folder " + folder + " for " + subject;
    } else if (result == Result.ENOENT && program.indexOf('/') < 0) {
      subject += ", which is in no folder of the PATH";
    } else if (result == Result.ENOENT && folder == null && kernel.files().kind(program) >= 0) {
      subject += ", or the interpreter that its first line names";
    } else if (result == -Errno.E2BIG.number()) {
      subject += " with its arguments and environment";
    }
    return new SystemCallException("posix_spawn", subject, result, kernel);
  }

  /** A child that cannot be watched is not left alone. */
  private DescriptorLifetime watch(int process) throws IOException {
    try {
      return ofChild(kernel, process);
    } catch (IOException | RuntimeException e) {
      kernel.processes().kill(process, SignalNames.number(kernel, "KILL"));
      int result = kernel.processes().reap(process);
      while (result == Result.EAGAIN || result == Result.EINTR) {
        kernel.clock().sleep(REAP_NANOS);
        result = kernel.processes().reap(process);
      }
      throw e;
    }
  }

  private static final long REAP_NANOS = 100_000;

  private static DescriptorLifetime ofChild(Kernel kernel, int process) throws IOException {
    int number = kernel.processes().watch(process);
    // It is there until it is reaped, yet no process to some systems once it has ended.
    return number == ENDED
        ? ended(kernel, "ChildProcess")
        : ProcessWatch.lifetime(kernel, process, number, "ChildProcess");
  }

  /** What is readable for good: the end of a pipe that nobody writes to. */
  static DescriptorLifetime ended(Kernel kernel, String holder) throws IOException {
    PipePair pipe = PipePair.open(kernel);
    pipe.writer().close();
    return DescriptorLifetime.ofFile(
        kernel, pipe.reader().detach(), holder, DescriptorLifetime.Ownership.OWNED);
  }
}
