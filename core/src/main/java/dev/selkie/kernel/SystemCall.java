package dev.selkie.kernel;

/** The calls of a {@link Kernel}, each named after the system call that it stands for. */
public enum SystemCall {
  /** {@link Files#read} of any form but a vectored one. */
  READ,
  /** {@link Files#readv}. */
  READV,
  /** {@link Files#write} of any form but a vectored one. */
  WRITE,
  /** {@link Files#writev}. */
  WRITEV,
  /** {@link Files#close}. */
  CLOSE,
  /** {@link Files#pipe}. */
  PIPE,
  /** {@link Files#splice}. */
  SPLICE,
  /** {@link Files#duplicate} and {@link Files#duplicateTo}. */
  DUP,
  /**
   * {@link Files#setNonBlocking}, {@link Files#isNonBlocking}, {@link Files#accessMode} and {@link
   * Files#setCloseOnExec}.
   */
  FCNTL,
  /** {@link Files#available}, {@link Terminals#windowSize} and {@link Terminals#setWindowSize}. */
  IOCTL,
  /** {@link Files#lock}. */
  FLOCK,
  /** {@link Files#kind(int)} and {@link Files#identity}. */
  FSTAT,
  /** {@link Files#kind(String)}. */
  STAT,
  /** {@link Files#open}. */
  OPEN,
  /** {@link Files#openAt}. */
  OPENAT,
  /** {@link Files#list}. */
  READDIR,
  /** {@link Files#makeFifo}. */
  MKFIFO,
  /** {@link Files#unlink}. */
  UNLINK,
  /** {@link Files#rename}. */
  RENAME,
  /** {@link Files#identity}. */
  LSTAT,
  /** {@link Files#setPermissions}. */
  CHMOD,
  /** {@link Files#eventfd}. */
  EVENTFD,
  /** {@link Poll#await}, and {@link Files#poll} of one descriptor. */
  POLL,
  /** {@link Files#descriptorLimit}. */
  GETRLIMIT,
  /** {@link Sockets#socket}. */
  SOCKET,
  /** {@link Sockets#pair}. */
  SOCKETPAIR,
  /** {@link Sockets#bind}. */
  BIND,
  /** {@link Sockets#listen}. */
  LISTEN,
  /** {@link Sockets#accept}. */
  ACCEPT,
  /** {@link Sockets#connect} and {@link Sockets#disconnect}. */
  CONNECT,
  /** {@link Sockets#shutdown}. */
  SHUTDOWN,
  /**
   * {@link Sockets#read}, {@link Sockets#peek}, {@link Sockets#receiveUrgent}, and {@link
   * Sockets#receive} without a header.
   */
  RECV,
  /** {@link Sockets#readv}, and {@link Sockets#receive} with a header. */
  RECVMSG,
  /**
   * {@link Sockets#write}, {@link Sockets#sendUrgent}, and {@link Sockets#send} without a header.
   */
  SEND,
  /** {@link Sockets#writev}, and {@link Sockets#send} with a header. */
  SENDMSG,
  /** {@link Sockets#receiveBatch}. */
  RECVMMSG,
  /** {@link Sockets#sendBatch}. */
  SENDMMSG,
  /** {@link Sockets#localAddress}. */
  GETSOCKNAME,
  /** {@link Sockets#peerAddress}. */
  GETPEERNAME,
  /** {@link Sockets#interfaces}. */
  IF_NAMEINDEX,
  /** {@link Sockets#setOption} and {@link Sockets#setMembership}. */
  SETSOCKOPT,
  /** {@link Sockets#getOption} and {@link Sockets#peerCredentials}. */
  GETSOCKOPT,
  /** {@link Epoll#create}. */
  EPOLL_CREATE,
  /** {@link Epoll#add}, {@link Epoll#modify} and {@link Epoll#delete}. */
  EPOLL_CTL,
  /** {@link Epoll#await}. */
  EPOLL_WAIT,
  /** {@link Kqueue#create}. */
  KQUEUE,
  /** {@link Kqueue#change}: kevent(2) that makes changes only. */
  KEVENT_CHANGE,
  /** {@link Kqueue#await}: kevent(2) that waits. */
  KEVENT,
  /** {@link Clock#sleep}. */
  SLEEP,
  /** {@link Names#resolve}. */
  RESOLVE,
  /** {@link Timers#create}. */
  TIMER_CREATE,
  /** {@link Timers#set}. */
  TIMER_SET,
  /** {@link Timers#expirations}. */
  TIMER_READ,
  /** {@link Timers#isTimer}. */
  TIMER_GET,
  /** {@link Signals#subscribe} and {@link Signals#unsubscribe}. */
  SIGACTION,
  /** {@link Processes#spawn}. */
  SPAWN,
  /** {@link Processes#watch}. */
  PIDFD_OPEN,
  /** {@link Processes#reap} and {@link Processes#disown}. */
  WAIT,
  /** {@link Processes#kill} and {@link Processes#killWatched}. */
  KILL,
  /** {@link Terminals#open}. */
  OPENPT,
  /** {@link Terminals#path}. */
  PTSNAME,
  /** {@link Terminals#attributes}. */
  TCGETATTR,
  /** {@link Terminals#setAttributes} and {@link Terminals#setRaw}. */
  TCSETATTR,
  /** {@link FileChanges#create}. */
  INOTIFY_INIT,
  /** {@link FileChanges#add}. */
  INOTIFY_ADD_WATCH,
  /** {@link FileChanges#remove} and {@link FileChanges#wake}. */
  INOTIFY_RM_WATCH,
  /** {@link FileChanges#read}. */
  INOTIFY_READ
}
