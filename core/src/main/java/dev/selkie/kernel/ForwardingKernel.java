package dev.selkie.kernel;

import java.util.Objects;
import java.util.Set;

/**
 * A kernel that hands every call to another one, through one hook.
 *
 * <p>{@link #call} sees each system call of each part, with its descriptor and length, and decides
 * whether and how it is made: {@link CountingKernel} counts there, {@link FaultyKernel} fails,
 * delays or shortens there. Reading the clock is no system call and does not pass the hook.
 */
public abstract class ForwardingKernel implements Kernel {
  private final Kernel delegate;
  private final Files files;
  private final Sockets sockets;
  private final Epoll epoll;
  private final Kqueue kqueue;
  private final Poll poll;
  private final Clock clock;
  private final Names names;
  private final Timers timers;
  private final Signals signals;
  private final Processes processes;
  private final Terminals terminals;
  private final FileChanges fileChanges;

  /** A call that is ready to be made. */
  @FunctionalInterface
  protected interface Invocation {
    /**
     * Makes the call.
     *
     * @param length how many bytes to ask for, where the call moves bytes
     * @return its result, or a negative code
     */
    long run(long length);
  }

  /** A kernel in front of another. */
  @SuppressWarnings("this-escape") // the parts keep it, and call it when somebody calls them
  protected ForwardingKernel(Kernel delegate) {
    this.delegate = Objects.requireNonNull(delegate, "delegate");
    this.files = new ForwardingFiles(this, delegate.files());
    this.sockets = new ForwardingSockets(this, delegate.sockets());
    this.epoll = new ForwardingEpoll(this, delegate.epoll());
    this.kqueue = new ForwardingKqueue(this, delegate.kqueue());
    this.poll = new ForwardingPoll(this, delegate.poll());
    this.clock = new ForwardingClock(this, delegate.clock());
    this.names = new ForwardingNames(this, delegate.names());
    this.timers = new ForwardingTimers(this, delegate.timers());
    this.signals = new ForwardingSignals(this, delegate.signals());
    this.processes = new ForwardingProcesses(this, delegate.processes());
    this.terminals = new ForwardingTerminals(this, delegate.terminals());
    this.fileChanges = new ForwardingFileChanges(this, delegate.fileChanges());
  }

  /**
   * The hook that every system call passes; any thread may be in it.
   *
   * @param call which call
   * @param descriptor what it is made on, or -1
   * @param length how many bytes it asks for, 0 where it moves none
   * @param invocation makes the call
   * @return the result that the caller sees: a count, or a negative code
   */
  protected long call(SystemCall call, int descriptor, long length, Invocation invocation) {
    return invocation.run(length);
  }

  /**
   * The hook that every wait of a queue passes on its way to {@link #call}: the calls that may
   * block, and only those, whatever the system calls them.
   *
   * @param timeoutNanos how long it may block: 0 not at all, a negative value without end
   */
  protected long await(SystemCall call, int descriptor, long timeoutNanos, Invocation invocation) {
    return call(call, descriptor, 0, invocation);
  }

  @Override
  public String name() {
    return delegate.name();
  }

  /** The class of this kernel, and what it stands in front of. */
  @Override
  public String description() {
    String type = getClass().getSimpleName();
    return (type.isEmpty() ? "ForwardingKernel" : type) + " on " + delegate.description();
  }

  @Override
  public Set<Facility> facilities() {
    return delegate.facilities();
  }

  @Override
  public int nativeErrno(Errno errno) {
    return delegate.nativeErrno(errno);
  }

  @Override
  public Files files() {
    return files;
  }

  @Override
  public Sockets sockets() {
    return sockets;
  }

  @Override
  public Epoll epoll() {
    return epoll;
  }

  @Override
  public Kqueue kqueue() {
    return kqueue;
  }

  @Override
  public Poll poll() {
    return poll;
  }

  @Override
  public Clock clock() {
    return clock;
  }

  @Override
  public Names names() {
    return names;
  }

  @Override
  public Timers timers() {
    return timers;
  }

  @Override
  public Signals signals() {
    return signals;
  }

  @Override
  public Processes processes() {
    return processes;
  }

  @Override
  public Terminals terminals() {
    return terminals;
  }

  @Override
  public FileChanges fileChanges() {
    return fileChanges;
  }
}
