package dev.selkie.simulation;

import dev.selkie.kernel.Clock;
import dev.selkie.kernel.Epoll;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Facility;
import dev.selkie.kernel.FileChanges;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Kqueue;
import dev.selkie.kernel.Names;
import dev.selkie.kernel.Poll;
import dev.selkie.kernel.Processes;
import dev.selkie.kernel.Signals;
import dev.selkie.kernel.Sockets;
import dev.selkie.kernel.Terminals;
import dev.selkie.kernel.Timers;
import dev.selkie.kernel.ffm.ProfileKqueue;
import dev.selkie.kernel.kqueue.KqueueFileChanges;
import dev.selkie.kernel.kqueue.KqueueProcesses;
import dev.selkie.kernel.kqueue.KqueueTimers;
import java.net.InetAddress;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * A kernel in Java: one host of a {@link SimulatedNetwork}, with its own descriptors and addresses.
 *
 * <p>It answers what the manual pages of its system say, and on Linux what Linux 6 does; the manual
 * page docs/simulation.md tells what it models and what it does not. Descriptors 0, 1 and 2 are
 * open and stand for the null device.
 *
 * <p><b>Concurrency.</b> On a threaded network any number of threads may use it; on a stepping one
 * the network's one thread does.
 */
public final class SimulatedKernel implements Kernel {
  /** The first number that is free when a host starts. */
  static final int FIRST_FREE = 3;

  private final SimulatedNetwork network;
  private final SimulatedSystem system;
  private final String name;
  private final long hardLimit;
  private final Set<Facility> facilities;
  private final DescriptorTable table;
  private final SimulatedFileTree fileTree;
  private final UnixNames unixNames;
  private final SimulatedFiles files;
  private final SimulatedSockets sockets;
  private final SimulatedEpoll epoll;
  private final SimulatedPoll poll;
  private final @Nullable Kqueue kqueue;
  private final SimulatedClock clock;
  private final Names names;
  private final Timers timers;
  private final SimulatedSignals signals;
  private final FileChanges fileChanges;
  private final Terminals terminals;
  private final SimulatedProcesses own;
  private final Processes processes;

  private SimulatedKernel(Builder builder) {
    this.network = builder.network == null ? SimulatedNetwork.stepping() : builder.network;
    this.system = builder.system;
    this.name = builder.name;
    this.hardLimit = builder.hardLimit;
    this.facilities = whatIsThere();
    this.table = new DescriptorTable(builder.limit);
    for (int number = 0; number < FIRST_FREE; number++) {
      table.add(OrdinaryFile.nullDevice(this));
    }
    this.fileTree = new SimulatedFileTree(this);
    this.unixNames = new UnixNames(this);
    this.files = new SimulatedFiles(this);
    this.sockets = new SimulatedSockets(this);
    this.epoll = new SimulatedEpoll(this);
    this.poll = new SimulatedPoll(this);
    this.kqueue = kqueue(system.kevents());
    this.clock = new SimulatedClock(this);
    this.names = new SimulatedNames(this);
    this.timers =
        kqueue == null ? new SimulatedTimers(this, clock) : new KqueueTimers(kqueue, clock);
    this.signals = new SimulatedSignals(this);
    this.fileChanges =
        kqueue == null ? new SimulatedFileChanges(this) : new KqueueFileChanges(kqueue, files);
    this.terminals = new SimulatedTerminals(this);
    this.own = new SimulatedProcesses(this);
    this.processes = kqueue == null ? own : new KqueueProcesses(kqueue, files, own);
    network.internet().add(this, builder.addresses);
  }

  /** A host with settings of its own. */
  public static Builder builder() {
    return new Builder();
  }

  /** A Linux host of a stepping network of its own, which takes no freedom. */
  public static SimulatedKernel stepping() {
    return builder().build();
  }

  /** A Linux host of a threaded network of its own, which takes no freedom. */
  public static SimulatedKernel threaded() {
    return builder().network(SimulatedNetwork.threaded()).build();
  }

  private @Nullable Kqueue kqueue(@Nullable KeventAbi abi) {
    return abi == null ? null : ProfileKqueue.of(abi.profile, new SimulatedKevent(this, abi));
  }

  private Set<Facility> whatIsThere() {
    Set<Facility> found = EnumSet.of(Facility.ATOMIC_CLOEXEC, Facility.POLL);
    if (!network.allows(Freedom.SHORT_READS)) {
      found.add(Facility.SHORT_READS_DRAIN);
    }
    if (system.isLinux()) {
      found.add(Facility.EPOLL);
      found.add(Facility.EPOLL_PWAIT2);
      found.add(Facility.EVENTFD);
      found.add(Facility.TIMERFD);
      found.add(Facility.INOTIFY);
      found.add(Facility.PIDFD);
      found.add(Facility.SPLICE);
      found.add(Facility.ABSTRACT_NAMES);
      found.add(Facility.PORT_BALANCING);
    } else {
      found.add(Facility.KQUEUE);
    }
    return Collections.unmodifiableSet(found);
  }

  /** The network that the host is part of. */
  public SimulatedNetwork network() {
    return network;
  }

  /** The host's name, by which other hosts of the network resolve its addresses. */
  public String hostName() {
    return name;
  }

  /**
   * Opens a regular file with contents of its own, the stand-in for open(2).
   *
   * @return its descriptor, or EMFILE
   */
  public int openFile(byte[] contents) {
    network.enter();
    try {
      return table.add(OrdinaryFile.of(this, contents));
    } finally {
      network.exit();
    }
  }

  /** The host's files and folders, for a test to change. */
  public SimulatedFileTree fileTree() {
    return fileTree;
  }

  /**
   * What is open beyond the first three numbers, each with a word for what it stands for: {@code
   * {3=epoll, 4=tcp}}.
   */
  public SortedMap<Integer, String> openDescriptors() {
    network.enter();
    try {
      return table.describe(FIRST_FREE);
    } finally {
      network.exit();
    }
  }

  /**
   * Gives the host a program, or another in its place.
   *
   * @param name as {@code ChildProcess.builder} is to be given it: the host has no {@code PATH}
   */
  public void program(String name, SimulatedProgram program) {
    own.program(Objects.requireNonNull(name, "name"), Objects.requireNonNull(program, "program"));
  }

  /** Starts a process that is no child of the host's one. */
  public SimulatedProcess startProcess(String name, SimulatedProgram program) {
    return own.startForeign(
        Objects.requireNonNull(name, "name"), Objects.requireNonNull(program, "program"));
  }

  /**
   * The processes beside the host's own one, each with its program: {@code {101=cat, 102=sh
   * (zombie)}}. A zombie is a child that has ended and was not reaped.
   */
  public SortedMap<Integer, String> openProcesses() {
    return own.describe();
  }

  @Nullable SimulatedProcess findProcess(int number) {
    return own.find(number);
  }

  /** Sends the host a signal that has a handler: its blocked waits end with EINTR. */
  public void signal() {
    network.enter();
    try {
      network.signal(this);
    } finally {
      network.exit();
    }
  }

  /**
   * Sends the host a signal. Its blocked waits end with EINTR if somebody takes it, as {@code
   * SignalSource} does; what it does else, such as to end the process, is not modelled.
   *
   * @param name without {@code SIG}
   * @return whether somebody took it
   * @throws IllegalArgumentException if the host's system has no signal of that name
   */
  public boolean signal(String name) {
    return signals.send(Objects.requireNonNull(name, "name"));
  }

  /**
   * Sends the host a signal that arrives after a time on the network's clock, whether it is waited
   * for or not; see {@link #signal(String)}.
   *
   * @throws IllegalArgumentException if the host's system has no signal of that name, or the delay
   *     is negative
   */
  public void signal(String name, Duration delay) {
    Objects.requireNonNull(name, "name");
    if (Objects.requireNonNull(delay, "delay").isNegative()) {
      throw new IllegalArgumentException("a signal after " + delay);
    }
    signals.send(name, delay);
  }

  /**
   * Sets the host's time of day, clock_settime(2), which goes on from there. Until then it is the
   * machine's on a threaded network, and the first of January 2026 at the start of a stepping one.
   *
   * @throws IllegalArgumentException if the time is before 1970
   */
  public void setTimeOfDay(Instant time) {
    if (Objects.requireNonNull(time, "time").isBefore(Instant.EPOCH)) {
      throw new IllegalArgumentException("a clock does not go back to " + time);
    }
    clock.set(time);
  }

  @Override
  public String name() {
    return system.label();
  }

  @Override
  public String description() {
    return "simulated %s, host %s".formatted(system.label(), name);
  }

  @Override
  public Set<Facility> facilities() {
    return facilities;
  }

  @Override
  public int nativeErrno(Errno errno) {
    KeventAbi abi = system.kevents();
    return abi == null ? errno.number() : abi.number(errno);
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
    return system.isLinux() ? epoll : Kernel.super.epoll();
  }

  @Override
  public Poll poll() {
    return poll;
  }

  @Override
  public Kqueue kqueue() {
    return kqueue == null ? Kernel.super.kqueue() : kqueue;
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
  public Processes processes() {
    return processes;
  }

  @Override
  public Signals signals() {
    return signals;
  }

  @Override
  public FileChanges fileChanges() {
    return fileChanges;
  }

  @Override
  public Terminals terminals() {
    return terminals;
  }

  @Override
  public String toString() {
    return description();
  }

  SimulatedSystem system() {
    return system;
  }

  UnixNames unixNames() {
    return unixNames;
  }

  DescriptorTable table() {
    return table;
  }

  long hardLimit() {
    return hardLimit;
  }

  /** Whether calls are to be traced. */
  boolean isTraced() {
    return network.isTraced();
  }

  /** Traces a call if asked, and hands its result on. */
  long traced(String call, int descriptor, long argument, long result) {
    if (network.isTraced()) {
      network.trace(
          name, call + "(" + descriptor + ", " + argument + ") = " + Results.text(result));
    }
    return result;
  }

  int traced(String call, int descriptor, long argument, int result) {
    return (int) traced(call, descriptor, argument, (long) result);
  }

  /** The same of a call on a path. */
  int traced(String call, String path, int result) {
    if (network.isTraced()) {
      network.trace(name, call + "(" + path + ") = " + Results.text(result));
    }
    return result;
  }

  /** The settings of a host. Unless set: Linux, a stepping network of its own, 1024 descriptors. */
  public static final class Builder {
    private static final int DEFAULT_LIMIT = 1024;
    private static final long DEFAULT_HARD_LIMIT = 1 << 20;

    private final List<InetAddress> addresses = new ArrayList<>();
    private @Nullable SimulatedNetwork network;
    private SimulatedSystem system = SimulatedSystem.LINUX;
    private String name = "localhost";
    private int limit = DEFAULT_LIMIT;
    private long hardLimit = DEFAULT_HARD_LIMIT;

    private Builder() {}

    /** The network that the host joins. */
    public Builder network(SimulatedNetwork network) {
      this.network = Objects.requireNonNull(network, "network");
      return this;
    }

    /** The system whose manual pages it follows. */
    public Builder system(SimulatedSystem system) {
      this.system = Objects.requireNonNull(system, "system");
      return this;
    }

    /** The host's name in the trace, in messages and for other hosts. */
    public Builder name(String name) {
      this.name = Objects.requireNonNull(name, "name");
      return this;
    }

    /**
     * An address at which other hosts reach it, beside 127.0.0.0/8 and ::1, which each host has.
     */
    public Builder address(InetAddress address) {
      addresses.add(Objects.requireNonNull(address, "address"));
      return this;
    }

    /**
     * How many descriptors it may have, RLIMIT_NOFILE.
     *
     * @throws IllegalArgumentException if that is fewer than the first three
     */
    public Builder descriptorLimit(int descriptors) {
      if (descriptors < FIRST_FREE) {
        throw new IllegalArgumentException("a limit of " + descriptors + " descriptors");
      }
      this.limit = descriptors;
      this.hardLimit = Math.max(hardLimit, descriptors);
      return this;
    }

    /**
     * Makes the host.
     *
     * @throws IllegalArgumentException if another host of the network has one of its addresses
     */
    public SimulatedKernel build() {
      return new SimulatedKernel(this);
    }
  }
}
