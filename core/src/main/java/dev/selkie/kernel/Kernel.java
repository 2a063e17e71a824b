package dev.selkie.kernel;

import java.util.Objects;
import java.util.Set;

/**
 * The system calls that a readiness queue and its sources need, in parts by subject.
 *
 * <p>One kernel is one host: it has its own descriptor table, addresses, clock and names. Nothing
 * above this interface calls the C library, reads a clock, sleeps or resolves a name by other
 * means, and nothing above it asks which system it is on. Ordinary users never see it: factories
 * take an optional kernel first, and use {@link #current()} without one.
 *
 * <p><b>Results.</b> A call returns its result, or a negative code of the canonical numbering (see
 * {@link Result} and {@link Errno}). Calls do not retry: {@link Result#EINTR} reaches the caller.
 *
 * <p><b>Growth.</b> The interface grows with the sources. Every method of every part has a default
 * that returns {@link Result#ENOSYS}, so that an implementation written today still compiles.
 *
 * <p><b>Concurrency.</b> A kernel may be used by many threads at once. Only {@link Epoll#await},
 * {@link Kqueue#await}, {@link Poll#await} and {@link Clock#sleep} block.
 *
 * <p>To decorate a kernel extend {@link ForwardingKernel}.
 */
public interface Kernel {

  /**
   * The kernel of the machine that this process runs on; the same object at each call.
   *
   * @throws IllegalStateException if there is no profile for this system, or the JVM denies native
   *     access; the message says what to do
   */
  static Kernel system() {
    return CurrentKernel.system();
  }

  /** The kernel bound to this thread by {@link #where}, and {@link #system()} otherwise. */
  static Kernel current() {
    return CurrentKernel.CURRENT.isBound() ? CurrentKernel.CURRENT.get() : system();
  }

  /**
   * A binding of {@link #current()} for the extent of one call: {@code Kernel.where(kernel).run(()
   * -> …)}.
   */
  static ScopedValue.Carrier where(Kernel kernel) {
    return ScopedValue.where(CurrentKernel.CURRENT, Objects.requireNonNull(kernel, "kernel"));
  }

  /** The system's name as messages show it, such as {@code Linux}. */
  default String name() {
    return "unknown";
  }

  /**
   * The system in one line: its name, release, architecture and how it is reached, so that the
   * kernels of one program can be told apart.
   */
  default String description() {
    return name();
  }

  /** What this kernel was found to have; asked once, by trying. */
  default Set<Facility> facilities() {
    return Set.of();
  }

  /** The system's own number of an error, for messages. */
  default int nativeErrno(Errno errno) {
    return errno.number();
  }

  /** Calls on any descriptor. */
  default Files files() {
    return Absent.FILES;
  }

  /** Calls on sockets. */
  default Sockets sockets() {
    return Absent.SOCKETS;
  }

  /** Linux's readiness queue. */
  default Epoll epoll() {
    return Absent.EPOLL;
  }

  /** The BSDs' readiness queue. */
  default Kqueue kqueue() {
    return Absent.KQUEUE;
  }

  /** The wait that every system has. */
  default Poll poll() {
    return Absent.POLL;
  }

  /** Time. */
  default Clock clock() {
    return Absent.CLOCK;
  }

  /** Host names. */
  default Names names() {
    return Absent.NAMES;
  }

  /** Timers as descriptors. */
  default Timers timers() {
    return Absent.TIMERS;
  }

  /** Signals to this process. */
  default Signals signals() {
    return Absent.SIGNALS;
  }

  /** Processes and their end. */
  default Processes processes() {
    return Absent.PROCESSES;
  }

  /** Terminals and pseudoterminals. */
  default Terminals terminals() {
    return Absent.TERMINALS;
  }

  /** Changes of files and folders. */
  default FileChanges fileChanges() {
    return Absent.FILE_CHANGES;
  }
}
