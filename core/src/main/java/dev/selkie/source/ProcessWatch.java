package dev.selkie.source;

import dev.selkie.Descriptor;
import dev.selkie.ItemSource;
import dev.selkie.backend.BargingLock;
import dev.selkie.descriptor.DescriptorLifetime;
import dev.selkie.descriptor.DescriptorLifetime.Ownership;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Facility;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Poll;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SystemCallException;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The end of a process that somebody else has started: pidfd_open(2), or a kqueue of its own with
 * an EVFILT_PROC. {@link ChildProcess} is for children that one starts.
 *
 * <p><b>The status.</b> The system gives it to the parent only: of a foreign process it is {@link
 * ExitStatus#UNKNOWN}. Of a {@link Process} it is the JDK's, whose code is 128 plus the signal's
 * number if a signal ended it. Its standard streams are no sources: the JDK gives no descriptor of
 * them. Use {@link ChildProcess} for that, or redirect them to a FIFO.
 *
 * <p><b>Draining readiness.</b> From the end on a watch is readable for good: whoever was told
 * closes it, or cancels its registration.
 *
 * <p>A watch is neither adopted nor detached: a pidfd does not tell the number of its process, and
 * a kqueue is not for others to use. {@link RawSource} takes a pidfd of somebody else's.
 *
 * <p><b>Concurrency.</b> All methods may be called from any thread.
 */
public final class ProcessWatch implements ItemSource<ExitStatus> {
  private static final int ESRCH = -Errno.ESRCH.number();

  private final DescriptorLifetime lifetime;
  private final int number;

  /** What knows the status. */
  private final @Nullable Process process;

  private final BargingLock polling = new BargingLock();
  private boolean told;

  private ProcessWatch(DescriptorLifetime lifetime, int number, @Nullable Process process) {
    this.lifetime = lifetime;
    this.number = number;
    this.process = process;
  }

  /** Watches a process of the current kernel; see {@link #open(Kernel, long)}. */
  public static ProcessWatch open(long number) throws IOException {
    return open(Kernel.current(), number);
  }

  /**
   * Watches a process.
   *
   * @throws IllegalArgumentException if the number is none of a process
   * @throws SystemCallException if there is no process of that number (ESRCH; EINVAL or ENOENT for
   *     the number of a thread), or the system refuses: EMFILE
   * @throws UnsupportedOperationException if it cannot watch processes: that takes Linux 5.3 or
   *     later, or a kqueue
   */
  public static ProcessWatch open(Kernel kernel, long number) throws IOException {
    Objects.requireNonNull(kernel, "kernel");
    int process = checked(number);
    return new ProcessWatch(
        lifetime(kernel, process, kernel.processes().watch(process), "ProcessWatch"),
        process,
        null);
  }

  /** Watches a process of the JDK on the current kernel; see {@link #of(Kernel, Process)}. */
  public static ProcessWatch of(Process process) throws IOException {
    return of(Kernel.current(), process);
  }

  /**
   * Watches a process that the JDK has started, whether or not it has ended. The JDK takes its
   * status, with a thread of its own a child.
   *
   * @throws SystemCallException if the system refuses, such as EMFILE
   * @throws UnsupportedOperationException if it cannot watch processes
   */
  public static ProcessWatch of(Kernel kernel, Process process) throws IOException {
    Objects.requireNonNull(kernel, "kernel");
    Objects.requireNonNull(process, "process");
    int number = checked(process.pid());
    int watch = process.isAlive() ? kernel.processes().watch(number) : ESRCH;
    if (watch >= 0 && !(process.isAlive() && process.toHandle().isAlive())) {
      kernel.files().close(watch); // its number may have been another's already
      watch = ESRCH;
    }
    DescriptorLifetime lifetime =
        watch == ESRCH
            ? ChildStart.ended(kernel, "ProcessWatch")
            : lifetime(kernel, number, watch, "ProcessWatch");
    return new ProcessWatch(lifetime, number, process);
  }

  private static int checked(long number) {
    if (number <= 0 || number > Integer.MAX_VALUE) {
      throw new IllegalArgumentException("a process of number " + number);
    }
    return (int) number;
  }

  /** The owner of what {@code watch} returned, if it is a descriptor. */
  static DescriptorLifetime lifetime(Kernel kernel, int process, int watch, String holder)
      throws IOException {
    if (watch == Result.ENOSYS) {
      throw new UnsupportedOperationException(
          kernel.name()
              + " cannot tell of a process's end here: that takes pidfd_open(2), Linux 5.3 or"
              + " later, or a kqueue");
    }
    if (watch < 0) {
      String call = kernel.facilities().contains(Facility.KQUEUE) ? "kevent" : "pidfd_open";
      throw new SystemCallException(call, "process " + process, watch, kernel);
    }
    return DescriptorLifetime.ofFile(kernel, watch, holder, Ownership.OWNED);
  }

  /** The process's number. */
  public int number() {
    return number;
  }

  /**
   * Takes the status of a process that has ended, once; null before, and again after.
   *
   * <p>Of a {@link Process} it waits for the moment that the JDK's thread takes.
   *
   * @throws java.nio.channels.ClosedChannelException after close
   */
  @Override
  public @Nullable ExitStatus poll() throws IOException {
    lifetime.acquireOrThrow();
    polling.lock();
    try {
      if (told || !isReadable()) {
        return null;
      }
      told = true;
      return process == null ? ExitStatus.UNKNOWN : ExitStatus.exited(code(process));
    } finally {
      polling.unlock();
      lifetime.release();
    }
  }

  private boolean isReadable() throws IOException {
    Kernel kernel = lifetime.kernel();
    int result;
    do {
      result = kernel.files().poll(lifetime.number(), Poll.IN);
    } while (result == Result.EINTR);
    if (result < 0) {
      throw new SystemCallException("poll", lifetime, result, kernel);
    }
    return result != 0;
  }

  /** It is a zombie: the JDK's thread is about to take its status. */
  private static int code(Process process) {
    boolean interrupted = false;
    while (true) {
      try {
        int code = process.waitFor();
        if (interrupted) {
          Thread.currentThread().interrupt();
        }
        return code;
      } catch (InterruptedException _) {
        interrupted = true;
      }
    }
  }

  /**
   * Sends a signal, and never to another process that has the number by now: so on Linux, by
   * pidfd_send_signal(2). On the BSDs that can be if nobody was told of the end.
   *
   * @param signal its name, such as {@code TERM}
   * @return whether the process was there; it may be about to end already
   * @throws IllegalArgumentException if the system has no such signal
   * @throws SystemCallException if this process may not: EPERM
   */
  public boolean kill(String signal) throws IOException {
    int signalNumber = SignalNames.number(lifetime.kernel(), signal);
    lifetime.acquireOrThrow();
    polling.lock();
    try {
      return !told && send(lifetime, number, signalNumber) == 0;
    } finally {
      polling.unlock();
      lifetime.release();
    }
  }

  /**
   * Sends a signal to a process, or to the group of minus that number: 0 if it was there, or
   * ENOSYS.
   */
  static int send(DescriptorLifetime watch, int process, int signal) throws IOException {
    Kernel kernel = watch.kernel();
    int result = kernel.processes().killWatched(watch.number(), process, signal);
    boolean gone = result == ESRCH || result == Result.EBADF; // which is watched by a pipe
    if (result < 0 && result != Result.ENOSYS && !gone) {
      String subject = process < 0 ? "process group " + -process : "process " + process;
      throw new SystemCallException("kill", subject, result, kernel);
    }
    return result;
  }

  @Override
  public Descriptor descriptor() {
    return Descriptor.of(lifetime);
  }

  /** Ends the watch; the process goes on. */
  @Override
  public void close() {
    lifetime.close();
  }

  @Override
  public String toString() {
    return descriptor() + ", process " + number;
  }
}
