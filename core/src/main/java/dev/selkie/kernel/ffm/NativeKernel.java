package dev.selkie.kernel.ffm;

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
import dev.selkie.kernel.Result;
import dev.selkie.kernel.Signals;
import dev.selkie.kernel.Sockets;
import dev.selkie.kernel.Terminals;
import dev.selkie.kernel.Timers;
import dev.selkie.kernel.kqueue.KqueueFileChanges;
import dev.selkie.kernel.kqueue.KqueueProcesses;
import dev.selkie.kernel.kqueue.KqueueTimers;
import java.lang.invoke.MethodHandle;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Set;

/** The kernel of this machine, by the C library that the {@link Profile} names. */
public final class NativeKernel implements Kernel {
  private final Profile profile;
  private final Clock clock = new SystemClock();
  private final Names names = new SystemNames();

  private final Signals signals;

  private NativeKernel(Profile profile) {
    this.profile = profile;
    this.signals = new SystemSignals(profile);
  }

  /**
   * The kernel of this machine.
   *
   * @throws IllegalStateException if no profile fits this system, or native access is denied
   */
  public static Kernel open() {
    Profile profile = Profile.current();
    Native.requireAccess();
    return new NativeKernel(profile);
  }

  /** Each part is made, and its functions are linked, when it is first asked for. */
  private static final class FilesPart {
    static final NativeFiles FILES = new NativeFiles();
  }

  private static final class SocketsPart {
    static final NativeSockets SOCKETS = new NativeSockets();
  }

  private static final class EpollPart {
    static final NativeEpoll EPOLL = new NativeEpoll();
  }

  private static final class KqueuePart {
    static final Kqueue KQUEUE = ProfileKqueue.of(Profile.current(), new NativeKevent());
  }

  private static final class TimersPart {
    static final Timers TIMERS = new NativeTimers();
  }

  private static final class KqueueTimersPart {
    static final Timers TIMERS = new KqueueTimers(KqueuePart.KQUEUE, new SystemClock());
  }

  private static final class FileChangesPart {
    static final FileChanges CHANGES = new NativeFileChanges(FilesPart.FILES);
  }

  private static final class KqueueFileChangesPart {
    static final FileChanges CHANGES = new KqueueFileChanges(KqueuePart.KQUEUE, FilesPart.FILES);
  }

  private static final class TerminalsPart {
    static final Terminals TERMINALS = new NativeTerminals(FilesPart.FILES);
  }

  private static final class ProcessesPart {
    static final Processes PROCESSES = new NativeProcesses();
  }

  private static final class KqueueProcessesPart {
    static final Processes PROCESSES =
        new KqueueProcesses(KqueuePart.KQUEUE, FilesPart.FILES, ProcessesPart.PROCESSES);
  }

  private static final class PollPart {
    static final NativePoll POLL = new NativePoll();
  }

  private static final class FacilitiesPart {
    static final Set<Facility> FACILITIES = probe();
  }

  @Override
  public String name() {
    return profile.system();
  }

  @Override
  public String description() {
    return "%s %s %s, profile %s"
        .formatted(
            System.getProperty("os.name"),
            System.getProperty("os.version"),
            System.getProperty("os.arch"),
            profile.name());
  }

  @Override
  public Set<Facility> facilities() {
    return FacilitiesPart.FACILITIES;
  }

  @Override
  public int nativeErrno(Errno errno) {
    return profile.nativeErrno(errno.number());
  }

  @Override
  public Files files() {
    return FilesPart.FILES;
  }

  @Override
  public Sockets sockets() {
    return SocketsPart.SOCKETS;
  }

  @Override
  public Epoll epoll() {
    return profile.has("epoll_create1") ? EpollPart.EPOLL : Kernel.super.epoll();
  }

  @Override
  public Kqueue kqueue() {
    return profile.has("kqueue") ? KqueuePart.KQUEUE : Kernel.super.kqueue();
  }

  @Override
  public Poll poll() {
    return PollPart.POLL;
  }

  /** A timerfd where its constants are known: some BSDs have the function too. */
  @Override
  public Timers timers() {
    if (profile.has("TFD_CLOEXEC")) {
      return TimersPart.TIMERS;
    }
    return profile.has("kqueue") ? KqueueTimersPart.TIMERS : Kernel.super.timers();
  }

  @Override
  public Signals signals() {
    return signals;
  }

  @Override
  public FileChanges fileChanges() {
    if (profile.has("IN_CLOEXEC")) {
      return FileChangesPart.CHANGES;
    }
    return profile.has("kqueue") ? KqueueFileChangesPart.CHANGES : Kernel.super.fileChanges();
  }

  @Override
  public Terminals terminals() {
    return TerminalsPart.TERMINALS;
  }

  @Override
  public Processes processes() {
    return profile.has("kqueue") ? KqueueProcessesPart.PROCESSES : ProcessesPart.PROCESSES;
  }

  @Override
  public Clock clock() {
    return clock;
  }

  @Override
  public Names names() {
    return names;
  }

  /** Tries what this kernel has: a symbol alone may be refused by the system or by a filter. */
  private static Set<Facility> probe() {
    Set<Facility> found = EnumSet.of(Facility.POLL, Facility.SHORT_READS_DRAIN);
    Profile profile = Profile.current();
    if (profile.has("epoll_create1")) {
      int queue = EpollPart.EPOLL.create();
      if (queue >= 0) {
        found.add(Facility.EPOLL);
        if (EpollPart.EPOLL.hasNanosecondWaits(queue)) {
          found.add(Facility.EPOLL_PWAIT2);
        }
        FilesPart.FILES.close(queue);
      }
    }
    if (profile.has("kqueue") && opens(KqueuePart.KQUEUE.create())) {
      found.add(Facility.KQUEUE);
    }
    int[] ends = new int[2];
    if (profile.has("pipe2") && opens(FilesPart.FILES.pipe(ends) < 0 ? -1 : ends[0])) {
      FilesPart.FILES.close(ends[1]);
      found.add(Facility.ATOMIC_CLOEXEC);
    }
    if (opens(FilesPart.FILES.eventfd(0))) {
      found.add(Facility.EVENTFD);
    }
    if (opens(
        tried(
            "timerfd_create",
            profile.constant("CLOCK_MONOTONIC"),
            profile.find("TFD_CLOEXEC").orElse(0)))) {
      found.add(Facility.TIMERFD);
    }
    if (profile.has("SYS_pidfd_open")
        && opens(ProcessesPart.PROCESSES.watch(ProcessesPart.PROCESSES.self()))) {
      found.add(Facility.PIDFD);
    }
    if (opens(tried("inotify_init1", profile.find("IN_CLOEXEC").orElse(0), 0))) {
      found.add(Facility.INOTIFY);
    }
    // Of no descriptor: the system looks for that first.
    if (FilesPart.FILES.splice(-1, -1, 1) == Result.EBADF) {
      found.add(Facility.SPLICE);
    }
    if (profile.has("recvmmsg")) {
      found.add(Facility.DATAGRAM_BATCHES);
    }
    if (profile.quirk("reuse_port_balances")) {
      found.add(Facility.PORT_BALANCING);
    }
    if (profile.quirk("abstract_unix_addresses")) {
      found.add(Facility.ABSTRACT_NAMES);
    }
    return Collections.unmodifiableSet(found);
  }

  /** Calls a function that makes a descriptor, if there is one of that name. */
  private static int tried(String function, long first, long second) {
    MethodHandle handle = Native.optional("files", function);
    if (handle == null) {
      return -1;
    }
    CallState state = CallState.enter();
    int result = NativeCall.callInt(handle, state, first, second, 0);
    state.exit();
    return result;
  }

  private static boolean opens(int descriptor) {
    if (descriptor < 0) {
      return false;
    }
    FilesPart.FILES.close(descriptor);
    return true;
  }
}
