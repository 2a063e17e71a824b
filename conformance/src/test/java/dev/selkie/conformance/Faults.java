package dev.selkie.conformance;

import static dev.selkie.kernel.Errno.EACCES;
import static dev.selkie.kernel.Errno.EADDRINUSE;
import static dev.selkie.kernel.Errno.EADDRNOTAVAIL;
import static dev.selkie.kernel.Errno.EAFNOSUPPORT;
import static dev.selkie.kernel.Errno.EAGAIN;
import static dev.selkie.kernel.Errno.EALREADY;
import static dev.selkie.kernel.Errno.EBADF;
import static dev.selkie.kernel.Errno.ECANCELED;
import static dev.selkie.kernel.Errno.ECONNABORTED;
import static dev.selkie.kernel.Errno.ECONNREFUSED;
import static dev.selkie.kernel.Errno.ECONNRESET;
import static dev.selkie.kernel.Errno.EDESTADDRREQ;
import static dev.selkie.kernel.Errno.EDQUOT;
import static dev.selkie.kernel.Errno.EEXIST;
import static dev.selkie.kernel.Errno.EFBIG;
import static dev.selkie.kernel.Errno.EHOSTDOWN;
import static dev.selkie.kernel.Errno.EHOSTUNREACH;
import static dev.selkie.kernel.Errno.EINPROGRESS;
import static dev.selkie.kernel.Errno.EINTR;
import static dev.selkie.kernel.Errno.EINVAL;
import static dev.selkie.kernel.Errno.EIO;
import static dev.selkie.kernel.Errno.EISCONN;
import static dev.selkie.kernel.Errno.EISDIR;
import static dev.selkie.kernel.Errno.ELOOP;
import static dev.selkie.kernel.Errno.EMFILE;
import static dev.selkie.kernel.Errno.EMSGSIZE;
import static dev.selkie.kernel.Errno.ENETDOWN;
import static dev.selkie.kernel.Errno.ENETUNREACH;
import static dev.selkie.kernel.Errno.ENFILE;
import static dev.selkie.kernel.Errno.ENOBUFS;
import static dev.selkie.kernel.Errno.ENODEV;
import static dev.selkie.kernel.Errno.ENOENT;
import static dev.selkie.kernel.Errno.ENOMEM;
import static dev.selkie.kernel.Errno.ENONET;
import static dev.selkie.kernel.Errno.ENOPROTOOPT;
import static dev.selkie.kernel.Errno.ENOSPC;
import static dev.selkie.kernel.Errno.ENOSYS;
import static dev.selkie.kernel.Errno.ENOTCONN;
import static dev.selkie.kernel.Errno.ENOTSOCK;
import static dev.selkie.kernel.Errno.EOPNOTSUPP;
import static dev.selkie.kernel.Errno.EPERM;
import static dev.selkie.kernel.Errno.EPIPE;
import static dev.selkie.kernel.Errno.EPROTO;
import static dev.selkie.kernel.Errno.EPROTONOSUPPORT;
import static dev.selkie.kernel.Errno.EPROTOTYPE;
import static dev.selkie.kernel.Errno.ESPIPE;
import static dev.selkie.kernel.Errno.ESRCH;
import static dev.selkie.kernel.Errno.ETIMEDOUT;
import static java.util.Arrays.asList;

import dev.selkie.kernel.Errno;
import dev.selkie.kernel.SystemCall;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The errors of each system call by its manual page; EFAULT and what else only a wrong argument of
 * the library could bring is left out.
 *
 * @param page the manual page
 * @param survived errors that nobody is told of: what was going on goes on
 * @param told errors that end what was going on with an exception, unless {@link #DONE_WITHOUT}
 * @param after of these, the errors of a call that was made all the same
 */
record Faults(
    SystemCall call, String page, Set<Errno> survived, Set<Errno> told, Set<Errno> after) {
  static final List<Faults> TABLE =
      List.of(
          of(SystemCall.SOCKET, "socket(2)")
              .told(EACCES, EAFNOSUPPORT, EINVAL, EMFILE, ENFILE, ENOBUFS, ENOMEM, EPROTONOSUPPORT),
          of(SystemCall.SOCKETPAIR, "socketpair(2)")
              .told(EAFNOSUPPORT, EMFILE, ENFILE, EOPNOTSUPP, EPROTONOSUPPORT),
          of(SystemCall.BIND, "bind(2)")
              .told(EACCES, EADDRINUSE, EADDRNOTAVAIL, EBADF, EINVAL, ENOTSOCK),
          of(SystemCall.LISTEN, "listen(2)").told(EADDRINUSE, EBADF, ENOTSOCK, EOPNOTSUPP),
          of(SystemCall.ACCEPT, "accept(2)")
              .survived(EAGAIN, EINTR, ECONNABORTED, EPROTO, ENETDOWN, ENOPROTOOPT, EHOSTDOWN)
              .survived(ENONET, EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH)
              .told(EBADF, EINVAL, EMFILE, ENFILE, ENOBUFS, ENOMEM, ENOTSOCK, EPERM),
          of(SystemCall.CONNECT, "connect(2)")
              .survived(EINTR, EALREADY, EINPROGRESS, EISCONN)
              .after(EALREADY, EINPROGRESS, EISCONN)
              .told(EACCES, EPERM, EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, EAGAIN, EBADF)
              .told(ECONNREFUSED, ENETUNREACH, ENOTSOCK, EPROTOTYPE, ETIMEDOUT),
          of(SystemCall.SHUTDOWN, "shutdown(2)")
              .survived(ENOTCONN)
              .told(EBADF, EINVAL, ENOBUFS, ENOTSOCK),
          of(SystemCall.GETSOCKNAME, "getsockname(2)").told(EBADF, EINVAL, ENOBUFS, ENOTSOCK),
          of(SystemCall.GETPEERNAME, "getpeername(2)")
              .survived(ENOTCONN)
              .told(EBADF, EINVAL, ENOBUFS, ENOTSOCK),
          of(SystemCall.GETSOCKOPT, "getsockopt(2)").told(EBADF, EINVAL, ENOPROTOOPT, ENOTSOCK),
          of(SystemCall.SETSOCKOPT, "setsockopt(2)")
              .told(EBADF, EINVAL, ENOMEM, ENOPROTOOPT, ENOTSOCK),
          receiving(SystemCall.RECV, "recv(2)"),
          receiving(SystemCall.RECVMSG, "recvmsg(2)"),
          sending(SystemCall.SEND, "send(2)"),
          sending(SystemCall.SENDMSG, "sendmsg(2)"),
          reading(SystemCall.READ, "read(2)"),
          reading(SystemCall.READV, "readv(2)"),
          writing(SystemCall.WRITE, "write(2)"),
          writing(SystemCall.WRITEV, "writev(2)"),
          of(SystemCall.SPLICE, "splice(2)")
              .survived(EAGAIN, EINTR, EINVAL, ENOSYS) // of the last two: a copy does as well
              .told(EBADF, ENOMEM, ESPIPE),
          of(SystemCall.CLOSE, "close(2)")
              .survived(EBADF, EINTR, EIO, ENOSPC, EDQUOT)
              .after(EBADF, EINTR, EIO, ENOSPC, EDQUOT),
          of(SystemCall.PIPE, "pipe(2)").told(EINVAL, EMFILE, ENFILE),
          of(SystemCall.FCNTL, "fcntl(2)").told(EBADF, EINVAL, EPERM),
          of(SystemCall.FSTAT, "fstat(2)").survived(EBADF, ENOMEM, ENOSYS, EIO),
          of(SystemCall.EVENTFD, "eventfd(2)")
              .survived(ENOSYS, ENODEV, EINVAL, ENFILE, ENOMEM) // a pipe does as well
              .told(EMFILE),
          of(SystemCall.TIMER_CREATE, "timerfd_create(2)")
              .told(EINVAL, EMFILE, ENFILE, ENODEV, ENOMEM),
          of(SystemCall.TIMER_SET, "timerfd_settime(2)")
              .survived(ECANCELED)
              .after(ECANCELED) // it is armed all the same
              .told(EBADF, EINVAL),
          of(SystemCall.TIMER_READ, "timerfd_create(2), of read(2)")
              .survived(EAGAIN, EINTR)
              .told(EBADF, EINVAL),
          // The JVM makes it, or says why not: SignalTest.
          of(SystemCall.SIGACTION, "sigaction(2)"),
          of(SystemCall.EPOLL_CREATE, "epoll_create1(2)").told(EINVAL, EMFILE, ENFILE, ENOMEM),
          of(SystemCall.EPOLL_CTL, "epoll_ctl(2)")
              .told(EBADF, EEXIST, EINVAL, ELOOP, ENOENT, ENOMEM, ENOSPC, EPERM),
          of(SystemCall.EPOLL_WAIT, "epoll_wait(2)").survived(EINTR).told(EBADF, EINVAL),
          of(SystemCall.POLL, "poll(2)").survived(EINTR).told(EINVAL, ENOMEM),
          of(SystemCall.DUP, "dup(2)").told(EBADF, EINVAL, EMFILE, ENOMEM),
          of(SystemCall.IOCTL, "ioctl_tty(2)").told(EBADF, EINVAL),
          of(SystemCall.RESOLVE, "getaddrinfo(3)").told(EAGAIN, ENOENT, ENOMEM),
          of(SystemCall.KQUEUE, "kqueue(2)").told(EMFILE, ENFILE, ENOMEM),
          of(SystemCall.KEVENT_CHANGE, "kevent(2)")
              .survived(EINTR)
              .after(EINTR)
              .told(EACCES, EBADF, EINVAL, ENOENT, ENOMEM, ESRCH),
          of(SystemCall.KEVENT, "kevent(2)")
              .survived(EINTR)
              .told(EACCES, EBADF, EINVAL, ENOENT, ENOMEM, ESRCH));

  /**
   * The methods that do without what they ask for, and of which errors: nobody is told of those.
   */
  static final Map<String, Set<Errno>> DONE_WITHOUT =
      Map.ofEntries(
          // The next wake, or the end of the wait, makes up for it.
          Map.entry("backend.Waker.wake", EnumSet.allOf(Errno.class)),
          Map.entry("backend.Waker.drain", EnumSet.allOf(Errno.class)),
          // It is tried again while there is cause.
          Map.entry("EventQueue.rebuild", EnumSet.allOf(Errno.class)),
          // What cannot be taken out is reported as nobody's, and a rebuild drops it.
          Map.entry("backend.EpollBackend.remove", EnumSet.allOf(Errno.class)),
          Map.entry("backend.KqueueBackend.remove", EnumSet.allOf(Errno.class)),
          // A regular file, always ready; or what was left of the number's last owner.
          Map.entry("backend.EpollBackend.add", EnumSet.of(EPERM, EEXIST)),
          Map.entry("backend.EpollBackend.modify", EnumSet.of(EPERM)),
          // No user events: a pipe does as well.
          Map.entry("backend.KqueueWaker.open", EnumSet.of(EACCES, EBADF, EINVAL, ENOENT, ESRCH)),
          Map.entry("backend.KqueueWaker.wake", EnumSet.allOf(Errno.class)),
          // What was reset, on macOS.
          Map.entry("net.Socket.adopt", EnumSet.of(EINVAL)),
          // No socket: a file.
          Map.entry("source.RawSource.lifetime", EnumSet.allOf(Errno.class)),
          // No urgent byte.
          Map.entry("net.TcpStream.readUrgent", EnumSet.of(EINVAL)));

  /** The methods that tell what others survive: a datagram socket's peer is never on its way. */
  static final Map<String, Set<Errno>> TOLD_ALL_THE_SAME =
      Map.of(
          "net.UdpSocket.connectTo", EnumSet.of(EALREADY, EINPROGRESS, EISCONN),
          "net.UdpSocket.disconnect", EnumSet.of(EALREADY, EINPROGRESS, EISCONN));

  private static Faults of(SystemCall call, String page) {
    return new Faults(call, page, none(), none(), none());
  }

  private static Faults receiving(SystemCall call, String page) {
    return of(call, page)
        .survived(EAGAIN, EINTR)
        .told(EBADF, ECONNREFUSED, ECONNRESET, EINVAL, ENOMEM, ENOTCONN, ENOTSOCK);
  }

  private static Faults sending(SystemCall call, String page) {
    return of(call, page)
        .survived(EAGAIN, EINTR)
        .told(EACCES, EALREADY, EBADF, ECONNRESET, EDESTADDRREQ, EINVAL, EISCONN, EMSGSIZE)
        .told(ENOBUFS, ENOMEM, ENOTCONN, ENOTSOCK, EOPNOTSUPP, EPIPE);
  }

  private static Faults reading(SystemCall call, String page) {
    return of(call, page).survived(EAGAIN, EINTR).told(EBADF, EINVAL, EIO, EISDIR);
  }

  private static Faults writing(SystemCall call, String page) {
    return of(call, page)
        .survived(EAGAIN, EINTR)
        .told(EBADF, EDESTADDRREQ, EDQUOT, EFBIG, EINVAL, EIO, ENOSPC, EPERM, EPIPE);
  }

  private static Set<Errno> none() {
    return EnumSet.noneOf(Errno.class);
  }

  private Faults survived(Errno... errnos) {
    survived.addAll(asList(errnos));
    return this;
  }

  private Faults told(Errno... errnos) {
    told.addAll(asList(errnos));
    return this;
  }

  private Faults after(Errno... errnos) {
    after.addAll(asList(errnos));
    return this;
  }

  /** All errors. */
  List<Errno> errnos() {
    return Stream.of(survived, told).flatMap(Set::stream).toList();
  }

  @Override
  public String toString() {
    return page + " " + call;
  }
}
