package dev.selkie.kernel;

import java.util.Arrays;

/**
 * Why a system call failed: the errors of every system under Selkie's one numbering, which is
 * Linux's on most architectures ({@code errno(3)}).
 *
 * <p>A call of the kernel returns its result or the negative number of one of these. Two pairs of
 * names are one constant: {@code EWOULDBLOCK} is {@link #EAGAIN}, and {@code ENOTSUP} is {@link
 * #EOPNOTSUPP}. An error that a system has and this numbering lacks travels as {@link
 * #UNKNOWN_BASE} plus the system's own number, so that a message can still show it.
 */
public enum Errno {
  /** Operation not permitted. */
  EPERM(1, "operation not permitted"),
  /** No such file or folder. */
  ENOENT(2, "no such file or folder"),
  /** No such process. */
  ESRCH(3, "no such process"),
  /** System call interrupted by a signal. */
  EINTR(4, "system call interrupted by a signal"),
  /** Input or output error. */
  EIO(5, "input or output error"),
  /** No such device or address. */
  ENXIO(6, "no such device or address"),
  /** Argument list too long. */
  E2BIG(7, "argument list too long"),
  /** Not an executable format. */
  ENOEXEC(8, "not an executable format"),
  /** Bad file descriptor. */
  EBADF(9, "bad file descriptor"),
  /** No child processes. */
  ECHILD(10, "no child processes"),
  /** Not ready, try again. */
  EAGAIN(11, "not ready, try again"),
  /** Out of memory. */
  ENOMEM(12, "out of memory"),
  /** Permission denied. */
  EACCES(13, "permission denied"),
  /** Bad memory address. */
  EFAULT(14, "bad memory address"),
  /** Not a block device. */
  ENOTBLK(15, "not a block device"),
  /** Device or resource busy. */
  EBUSY(16, "device or resource busy"),
  /** Already exists. */
  EEXIST(17, "already exists"),
  /** Link across file systems. */
  EXDEV(18, "link across file systems"),
  /** No such device. */
  ENODEV(19, "no such device"),
  /** Not a folder. */
  ENOTDIR(20, "not a folder"),
  /** Is a folder. */
  EISDIR(21, "is a folder"),
  /** Invalid argument. */
  EINVAL(22, "invalid argument"),
  /** Too many open files in the system. */
  ENFILE(23, "too many open files in the system"),
  /** Too many open files in the process. */
  EMFILE(24, "too many open files in the process"),
  /** Not a terminal, or request not supported by the device. */
  ENOTTY(25, "not a terminal, or request not supported by the device"),
  /** Program file is busy. */
  ETXTBSY(26, "program file is busy"),
  /** File too large. */
  EFBIG(27, "file too large"),
  /** No space left on device. */
  ENOSPC(28, "no space left on device"),
  /** Cannot seek. */
  ESPIPE(29, "cannot seek"),
  /** File system is read-only. */
  EROFS(30, "file system is read-only"),
  /** Too many links. */
  EMLINK(31, "too many links"),
  /** Broken pipe. */
  EPIPE(32, "broken pipe"),
  /** Argument outside the domain of the function. */
  EDOM(33, "argument outside the domain of the function"),
  /** Result out of range. */
  ERANGE(34, "result out of range"),
  /** Deadlock avoided. */
  EDEADLK(35, "deadlock avoided"),
  /** Name too long. */
  ENAMETOOLONG(36, "name too long"),
  /** No locks available. */
  ENOLCK(37, "no locks available"),
  /** System call not implemented. */
  ENOSYS(38, "system call not implemented"),
  /** Folder not empty. */
  ENOTEMPTY(39, "folder not empty"),
  /** Too many levels of symbolic links, or of nesting. */
  ELOOP(40, "too many levels of symbolic links, or of nesting"),
  /** No message of the wanted type. */
  ENOMSG(42, "no message of the wanted type"),
  /** Identifier removed. */
  EIDRM(43, "identifier removed"),
  /** Channel number out of range. */
  ECHRNG(44, "channel number out of range"),
  /** Level 2 not synchronized. */
  EL2NSYNC(45, "level 2 not synchronized"),
  /** Level 3 halted. */
  EL3HLT(46, "level 3 halted"),
  /** Level 3 reset. */
  EL3RST(47, "level 3 reset"),
  /** Link number out of range. */
  ELNRNG(48, "link number out of range"),
  /** Protocol driver not attached. */
  EUNATCH(49, "protocol driver not attached"),
  /** No CSI structure available. */
  ENOCSI(50, "no CSI structure available"),
  /** Level 2 halted. */
  EL2HLT(51, "level 2 halted"),
  /** Invalid exchange. */
  EBADE(52, "invalid exchange"),
  /** Invalid request descriptor. */
  EBADR(53, "invalid request descriptor"),
  /** Exchange full. */
  EXFULL(54, "exchange full"),
  /** No anode. */
  ENOANO(55, "no anode"),
  /** Invalid request code. */
  EBADRQC(56, "invalid request code"),
  /** Invalid slot. */
  EBADSLT(57, "invalid slot"),
  /** Bad font file format. */
  EBFONT(59, "bad font file format"),
  /** Not a stream device. */
  ENOSTR(60, "not a stream device"),
  /** No data available. */
  ENODATA(61, "no data available"),
  /** Timer expired. */
  ETIME(62, "timer expired"),
  /** Out of stream resources. */
  ENOSR(63, "out of stream resources"),
  /** Machine is not on the network. */
  ENONET(64, "machine is not on the network"),
  /** Package not installed. */
  ENOPKG(65, "package not installed"),
  /** Object is remote. */
  EREMOTE(66, "object is remote"),
  /** Link severed. */
  ENOLINK(67, "link severed"),
  /** Advertise error. */
  EADV(68, "advertise error"),
  /** Srmount error. */
  ESRMNT(69, "srmount error"),
  /** Communication error on send. */
  ECOMM(70, "communication error on send"),
  /** Protocol error. */
  EPROTO(71, "protocol error"),
  /** Multihop attempted. */
  EMULTIHOP(72, "multihop attempted"),
  /** RFS error. */
  EDOTDOT(73, "RFS error"),
  /** Bad message. */
  EBADMSG(74, "bad message"),
  /** Value too large. */
  EOVERFLOW(75, "value too large"),
  /** Name not unique on network. */
  ENOTUNIQ(76, "name not unique on network"),
  /** Descriptor in a bad state. */
  EBADFD(77, "descriptor in a bad state"),
  /** Remote address changed. */
  EREMCHG(78, "remote address changed"),
  /** Shared library not accessible. */
  ELIBACC(79, "shared library not accessible"),
  /** Shared library corrupted. */
  ELIBBAD(80, "shared library corrupted"),
  /** Library section corrupted. */
  ELIBSCN(81, "library section corrupted"),
  /** Too many shared libraries. */
  ELIBMAX(82, "too many shared libraries"),
  /** A shared library cannot be executed. */
  ELIBEXEC(83, "a shared library cannot be executed"),
  /** Invalid byte sequence. */
  EILSEQ(84, "invalid byte sequence, or a file name that the locale cannot express"),
  /** System call should be restarted. */
  ERESTART(85, "system call should be restarted"),
  /** Stream pipe error. */
  ESTRPIPE(86, "stream pipe error"),
  /** Too many users. */
  EUSERS(87, "too many users"),
  /** Not a socket. */
  ENOTSOCK(88, "not a socket"),
  /** Destination address required. */
  EDESTADDRREQ(89, "destination address required"),
  /** Message too long. */
  EMSGSIZE(90, "message too long"),
  /** Wrong protocol for the socket. */
  EPROTOTYPE(91, "wrong protocol for the socket"),
  /** No such protocol option. */
  ENOPROTOOPT(92, "no such protocol option"),
  /** Protocol not supported. */
  EPROTONOSUPPORT(93, "protocol not supported"),
  /** Socket type not supported. */
  ESOCKTNOSUPPORT(94, "socket type not supported"),
  /** Operation not supported. */
  EOPNOTSUPP(95, "operation not supported"),
  /** Protocol family not supported. */
  EPFNOSUPPORT(96, "protocol family not supported"),
  /** Address family not supported. */
  EAFNOSUPPORT(97, "address family not supported"),
  /** Address in use. */
  EADDRINUSE(98, "address in use"),
  /** Address not available. */
  EADDRNOTAVAIL(99, "address not available"),
  /** Network is down. */
  ENETDOWN(100, "network is down"),
  /** Network unreachable. */
  ENETUNREACH(101, "network unreachable"),
  /** Connection dropped by the network. */
  ENETRESET(102, "connection dropped by the network"),
  /** Connection aborted. */
  ECONNABORTED(103, "connection aborted"),
  /** Connection reset by peer. */
  ECONNRESET(104, "connection reset by peer"),
  /** No buffer space. */
  ENOBUFS(105, "no buffer space"),
  /** Already connected. */
  EISCONN(106, "already connected"),
  /** Not connected. */
  ENOTCONN(107, "not connected"),
  /** Already shut down. */
  ESHUTDOWN(108, "already shut down"),
  /** Too many references. */
  ETOOMANYREFS(109, "too many references"),
  /** Timed out. */
  ETIMEDOUT(110, "timed out"),
  /** Connection refused. */
  ECONNREFUSED(111, "connection refused"),
  /** Host is down. */
  EHOSTDOWN(112, "host is down"),
  /** Host unreachable. */
  EHOSTUNREACH(113, "host unreachable"),
  /** Already in progress. */
  EALREADY(114, "already in progress"),
  /** In progress. */
  EINPROGRESS(115, "in progress"),
  /** Stale file handle. */
  ESTALE(116, "stale file handle"),
  /** Structure needs cleaning. */
  EUCLEAN(117, "structure needs cleaning"),
  /** Not a XENIX named type file. */
  ENOTNAM(118, "not a XENIX named type file"),
  /** No XENIX semaphores available. */
  ENAVAIL(119, "no XENIX semaphores available"),
  /** Is a named type file. */
  EISNAM(120, "is a named type file"),
  /** Remote input or output error. */
  EREMOTEIO(121, "remote input or output error"),
  /** Quota exceeded. */
  EDQUOT(122, "quota exceeded"),
  /** No medium in the drive. */
  ENOMEDIUM(123, "no medium in the drive"),
  /** Wrong type of medium. */
  EMEDIUMTYPE(124, "wrong type of medium"),
  /** Operation cancelled. */
  ECANCELED(125, "operation cancelled"),
  /** Key not available. */
  ENOKEY(126, "key not available"),
  /** Key expired. */
  EKEYEXPIRED(127, "key expired"),
  /** Key revoked. */
  EKEYREVOKED(128, "key revoked"),
  /** Key rejected. */
  EKEYREJECTED(129, "key rejected"),
  /** Owner died. */
  EOWNERDEAD(130, "owner died"),
  /** State not recoverable. */
  ENOTRECOVERABLE(131, "state not recoverable"),
  /** Radio switched off. */
  ERFKILL(132, "radio switched off"),
  /** Memory page has a hardware error. */
  EHWPOISON(133, "memory page has a hardware error"),
  /** An error that this numbering does not have. */
  UNKNOWN(Errno.UNKNOWN_BASE, "unknown error");

  /** What is added to a system's own number where this numbering has no such error. */
  public static final int UNKNOWN_BASE = 10_000;

  private static final int LARGEST = 133;

  private static final Errno[] BY_NUMBER = new Errno[LARGEST + 1];

  static {
    Arrays.fill(BY_NUMBER, UNKNOWN);
    for (Errno errno : values()) {
      if (errno.number <= LARGEST) {
        BY_NUMBER[errno.number] = errno;
      }
    }
  }

  private final int number;
  private final String message;

  Errno(int number, String message) {
    this.number = number;
    this.message = message;
  }

  /**
   * Finds an error by its number in a table, and allocates nothing.
   *
   * @param code the number, positive or negative as a call of the kernel returns it
   * @return the error, or {@link #UNKNOWN} if this numbering has none of that number
   */
  public static Errno of(int code) {
    // Not Math.abs: the smallest int has no positive twin, and its negation must not be an index.
    int number = code < 0 ? -code : code;
    return number >= 0 && number <= LARGEST ? BY_NUMBER[number] : UNKNOWN;
  }

  /** {@return the positive number in this numbering; {@link #UNKNOWN_BASE} for {@link #UNKNOWN}} */
  public int number() {
    return number;
  }

  /** {@return what it means, in a few plain words} */
  public String message() {
    return message;
  }
}
