package dev.selkie.kernel;

/**
 * The negative results of {@link Kernel} calls that callers compare with.
 *
 * <p>A call of a kernel returns its result, or the negated number of an {@link Errno} in Selkie's
 * one canonical numbering, which is Linux's. These are compile-time constants, so that the hot path
 * compares with a literal; {@link Errno#of(int)} names every other code.
 */
public final class Result {
  /** No such process, {@code ENOENT}: for {@code epoll_ctl}, the descriptor is not registered. */
  public static final int ENOENT = -2;

  /** A signal ended the call before it did anything. */
  public static final int EINTR = -4;

  /** The number is no open descriptor. */
  public static final int EBADF = -9;

  /** Not now: the call would have had to wait. */
  public static final int EAGAIN = -11;

  /** In use: a signal that the process needs for itself. */
  public static final int EBUSY = -16;

  /** Exists already: for {@code epoll_ctl}, the descriptor is registered. */
  public static final int EEXIST = -17;

  /** Not permitted: for {@code epoll_ctl}, the file is always ready. */
  public static final int EPERM = -1;

  /** No memory left in the kernel. */
  public static final int ENOMEM = -12;

  /** The other end of the pipe is gone. */
  public static final int EPIPE = -32;

  /** The device does not have the operation: for kevent(2), nothing to wait for. */
  public static final int ENODEV = -19;

  /** An argument that the system does not take. */
  public static final int EINVAL = -22;

  /** The process has no descriptor left. */
  public static final int EMFILE = -24;

  /** The descriptor's kind does not have the ioctl. */
  public static final int ENOTTY = -25;

  /** The kernel, or this kernel object, does not have the call. */
  public static final int ENOSYS = -38;

  /** The option is not known at this level of the socket. */
  public static final int ENOPROTOOPT = -92;

  /** The connection is being made already. */
  public static final int EALREADY = -114;

  /** The connection is being made; writability tells that its outcome is known. */
  public static final int EINPROGRESS = -115;

  /** The operation was cancelled: of a timer, the time of day was set. */
  public static final int ECANCELED = -125;

  /** The socket is connected already. */
  public static final int EISCONN = -106;

  /** The socket is not connected. */
  public static final int ENOTCONN = -107;

  private Result() {}
}
