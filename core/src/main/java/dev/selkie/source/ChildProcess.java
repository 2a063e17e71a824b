package dev.selkie.source;

import dev.selkie.Descriptor;
import dev.selkie.ItemSource;
import dev.selkie.backend.BargingLock;
import dev.selkie.descriptor.DescriptorLifetime;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Processes;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SystemCallException;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A program that this process has started, and whose end is an event: a pidfd, or a kqueue of its
 * own with an EVFILT_PROC. No child has a thread.
 *
 * <p><b>Draining readiness.</b> {@link #poll} gives the status once. From the end on a child is
 * readable for good: whoever has the status closes it, or cancels its registration. Its output may
 * come after its end, from the pipe's buffer or from children of its own.
 *
 * <p><b>Signals</b> reach the child or nobody: its number stays its own until {@link #poll} has
 * given its status, and no signal is sent to the number after that.
 *
 * <p><b>Closing</b> closes the pipes, and leaves a child that runs alone: it goes on, and its
 * status is taken at its end, so that no zombie stays. As long as there are such children one
 * thread of the process waits for all of them.
 *
 * <p>A child is neither adopted nor detached: only who started it knows that the status is his to
 * take.
 *
 * <p><b>The JDK</b> takes the status of its own children only. Foreign code that waits for any
 * child, or has this process ignore SIGCHLD, takes that of others: it is {@link ExitStatus#UNKNOWN}
 * then.
 *
 * <p><b>Concurrency.</b> All methods may be called from any thread.
 */
public final class ChildProcess implements ItemSource<ExitStatus> {
  private static final int ECHILD = -Errno.ECHILD.number();
  private static final int SIGNAL = 0x7f;

  private final DescriptorLifetime lifetime;
  private final int number;
  private final String program;
  private final boolean leadsGroup;
  private final @Nullable PipeWriter input;
  private final @Nullable PipeReader output;
  private final @Nullable PipeReader errors;

  /** Of taking the status, upon which the number is another's, and of signals to the number. */
  private final BargingLock ending = new BargingLock();

  private volatile @Nullable ExitStatus status;

  ChildProcess(
      DescriptorLifetime lifetime,
      int number,
      String program,
      boolean leadsGroup,
      @Nullable PipeWriter input,
      @Nullable PipeReader output,
      @Nullable PipeReader errors) {
    this.lifetime = lifetime;
    this.number = number;
    this.program = program;
    this.leadsGroup = leadsGroup;
    this.input = input;
    this.output = output;
    this.errors = errors;
  }

  /**
   * A child to be started.
   *
   * @param program the file to execute; without a {@code /} it is looked for on the {@code PATH} of
   *     this process
   * @param arguments what the program is given, beside its name
   * @throws IllegalArgumentException if one of them has a NUL character, or there is no program
   */
  public static ChildProcessBuilder builder(String program, String... arguments) {
    return new ChildProcessBuilder(
        program, Arrays.asList(Objects.requireNonNull(arguments, "arguments")));
  }

  /** The child's number, which is another process's once the status was taken. */
  public int number() {
    return number;
  }

  /**
   * What the child reads as standard input; closing it is the end of that.
   *
   * @throws IllegalStateException if that is no pipe
   */
  public PipeWriter input() {
    return require(input, "input");
  }

  /**
   * What the child writes to standard output.
   *
   * @throws IllegalStateException if that is no pipe
   */
  public PipeReader output() {
    return require(output, "output");
  }

  /**
   * What the child writes to standard error.
   *
   * @throws IllegalStateException if that is no pipe
   */
  public PipeReader errors() {
    return require(errors, "errors");
  }

  private static <T> T require(@Nullable T pipe, String name) {
    if (pipe == null) {
      throw new IllegalStateException(
          "the child has no pipe as its %s: start it with %s(Redirect.PIPE)".formatted(name, name));
    }
    return pipe;
  }

  /**
   * Takes the status of a child that has ended, once; null before, and again after.
   *
   * @throws ClosedChannelException after close
   */
  @Override
  public @Nullable ExitStatus poll() throws IOException {
    lifetime.acquireOrThrow();
    ending.lock();
    try {
      requireOpen();
      if (status != null) {
        return null;
      }
      status = take();
      return status;
    } finally {
      ending.unlock();
      lifetime.release();
    }
  }

  /** A close that got the lock before has left the child alone: its number is not this one's. */
  private void requireOpen() throws ClosedChannelException {
    if (!lifetime.isOpen()) {
      throw new ClosedChannelException();
    }
  }

  private @Nullable ExitStatus take() throws IOException {
    Kernel kernel = lifetime.kernel();
    int result;
    do {
      result = kernel.processes().reap(number);
    } while (result == Result.EINTR);
    if (result == Result.EAGAIN) {
      return null;
    }
    if (result == ECHILD) {
      return ExitStatus.UNKNOWN;
    }
    if (result < 0) {
      throw new SystemCallException("waitpid", "process " + number, result, kernel);
    }
    return (result & Processes.KILLED) == 0
        ? ExitStatus.exited(result)
        : new ExitStatus(
            -1, SignalNames.name(kernel, result & SIGNAL), (result & Processes.DUMPED) != 0);
  }

  /** The status that {@link #poll} has taken; null until then, and if a close was first. */
  public @Nullable ExitStatus status() {
    return status;
  }

  /**
   * Sends the child a signal.
   *
   * @param signal its name, such as {@code TERM}
   * @return whether the child was there; it may be about to end already
   * @throws IllegalArgumentException if the system has no such signal
   * @throws SystemCallException if this process may not: EPERM, as for a child of another user
   * @throws ClosedChannelException after close
   */
  public boolean kill(String signal) throws IOException {
    int signalNumber = SignalNames.number(lifetime.kernel(), signal);
    lifetime.acquireOrThrow();
    ending.lock();
    try {
      requireOpen();
      return status == null && ProcessWatch.send(lifetime, number, signalNumber) == 0;
    } finally {
      ending.unlock();
      lifetime.release();
    }
  }

  /**
   * Sends a signal to all processes of the group that the child leads, which may outlive it.
   *
   * @param signal its name, such as {@code TERM}
   * @return whether there were any
   * @throws IllegalStateException if the child was not started with {@link
   *     ChildProcessBuilder#ownGroup}
   * @throws UnsupportedOperationException if the child's status was taken, and the system cannot
   *     tell the group from a later one of that number: before Linux 6.9, and on the BSDs
   */
  public boolean killGroup(String signal) throws IOException {
    if (!leadsGroup) {
      throw new IllegalStateException(
          "process " + number + " leads no group: start it with ownGroup()");
    }
    Kernel kernel = lifetime.kernel();
    int signalNumber = SignalNames.number(kernel, signal);
    lifetime.acquireOrThrow();
    ending.lock();
    try {
      requireOpen();
      int result = ProcessWatch.send(lifetime, -number, signalNumber);
      if (result != Result.ENOSYS) {
        return result == 0;
      }
      if (status != null) {
        throw new UnsupportedOperationException(
            "the status of process %d was taken, so that its group's number may be another's by now;"
                    .formatted(number)
                + " send a signal to the group before");
      }
      result = kernel.processes().kill(-number, signalNumber);
      if (result < 0 && result != -Errno.ESRCH.number()) {
        throw new SystemCallException("kill", "process group " + number, result, kernel);
      }
      return result == 0;
    } finally {
      ending.unlock();
      lifetime.release();
    }
  }

  @Override
  public Descriptor descriptor() {
    return Descriptor.of(lifetime);
  }

  /** Closes the pipes, and leaves a child that runs alone. */
  @Override
  public void close() {
    ChildStart.closeAll(input, output, errors);
    ending.lock();
    try {
      if (lifetime.close() && status == null) {
        Orphans.adopt(lifetime.kernel(), number);
      }
    } finally {
      ending.unlock();
    }
  }

  @Override
  public String toString() {
    ExitStatus ended = status;
    return descriptor()
        + ", "
        + program
        + ", process "
        + number
        + (ended == null ? "" : ", " + ended);
  }
}
