package dev.selkie.simulation;

import dev.selkie.kernel.Errno;

/** Negative results beyond those that {@link dev.selkie.kernel.Result} names. */
final class Codes {
  static final int EACCES = -Errno.EACCES.number();
  static final int EADDRINUSE = -Errno.EADDRINUSE.number();
  static final int EADDRNOTAVAIL = -Errno.EADDRNOTAVAIL.number();
  static final int EAFNOSUPPORT = -Errno.EAFNOSUPPORT.number();
  static final int EBUSY = -Errno.EBUSY.number();
  static final int ECONNABORTED = -Errno.ECONNABORTED.number();
  static final int ECONNREFUSED = -Errno.ECONNREFUSED.number();
  static final int ECONNRESET = -Errno.ECONNRESET.number();
  static final int EDESTADDRREQ = -Errno.EDESTADDRREQ.number();
  static final int EHOSTUNREACH = -Errno.EHOSTUNREACH.number();
  static final int EIO = -Errno.EIO.number();
  static final int EISDIR = -Errno.EISDIR.number();
  static final int ELOOP = -Errno.ELOOP.number();
  static final int EMSGSIZE = -Errno.EMSGSIZE.number();
  static final int ENAMETOOLONG = -Errno.ENAMETOOLONG.number();
  static final int ENETUNREACH = -Errno.ENETUNREACH.number();
  static final int ENODEV = -Errno.ENODEV.number();
  static final int ENOSPC = -Errno.ENOSPC.number();
  static final int ENOTDIR = -Errno.ENOTDIR.number();
  static final int ENOTEMPTY = -Errno.ENOTEMPTY.number();
  static final int ENOTSOCK = -Errno.ENOTSOCK.number();
  static final int ENOTTY = -Errno.ENOTTY.number();
  static final int ENXIO = -Errno.ENXIO.number();
  static final int EOPNOTSUPP = -Errno.EOPNOTSUPP.number();
  static final int EPIPE = -Errno.EPIPE.number();
  static final int EPROTOTYPE = -Errno.EPROTOTYPE.number();
  static final int EPROTONOSUPPORT = -Errno.EPROTONOSUPPORT.number();
  static final int ETIMEDOUT = -Errno.ETIMEDOUT.number();

  private Codes() {}
}
