package dev.selkie.kernel;

/** Parts that a kernel does not have: each call answers {@link Result#ENOSYS}. */
final class Absent {
  static final Files FILES = new Files() {};
  static final Sockets SOCKETS = new Sockets() {};
  static final Epoll EPOLL = new Epoll() {};
  static final Kqueue KQUEUE = new Kqueue() {};
  static final Poll POLL = new Poll() {};
  static final Clock CLOCK = new Clock() {};
  static final Names NAMES = new Names() {};
  static final Timers TIMERS = new Timers() {};
  static final Signals SIGNALS = new Signals() {};
  static final Processes PROCESSES = new Processes() {};
  static final Terminals TERMINALS = new Terminals() {};
  static final FileChanges FILE_CHANGES = new FileChanges() {};

  private Absent() {}
}
