package dev.selkie.kernel;

/** What a system may have or lack. */
public enum Facility {
  /** epoll(7). */
  EPOLL,
  /** epoll_pwait2(2), waits with nanosecond timeouts: Linux 5.11, glibc 2.35. */
  EPOLL_PWAIT2,
  /** eventfd(2), a counter as a descriptor. */
  EVENTFD,
  /** timerfd_create(2), a timer as a descriptor. */
  TIMERFD,
  /** pidfd_open(2), a process as a descriptor: Linux 5.3. */
  PIDFD,
  /** inotify(7), file changes as a descriptor. */
  INOTIFY,
  /** accept4(2), pipe2(2): close-on-exec set as the descriptor is made. */
  ATOMIC_CLOEXEC,
  /** splice(2): bytes go from one descriptor to another within the kernel. */
  SPLICE,
  /** recvmmsg(2) and sendmmsg(2), many datagrams a call. */
  DATAGRAM_BATCHES,
  /** SO_REUSEPORT spreads a port's connections over its listeners: Linux 3.9, socket(7). */
  PORT_BALANCING,
  /** Names of Unix sockets that are no files' names, unix(7): Linux. */
  ABSTRACT_NAMES,
  /** kqueue(2). */
  KQUEUE,
  /** poll(2). */
  POLL,
  /** A read of a pipe or of TCP takes all there is as far as it has room, up to an urgent mark. */
  SHORT_READS_DRAIN
}
