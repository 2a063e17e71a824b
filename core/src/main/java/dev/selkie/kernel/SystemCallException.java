package dev.selkie.kernel;

import java.io.IOException;
import java.io.Serial;

/**
 * A system call that failed: which call, on what, and the error.
 *
 * <p>The message reads {@code connect(127.0.0.1:80): ECONNREFUSED (connection refused)}.
 */
public final class SystemCallException extends IOException {
  @Serial private static final long serialVersionUID = 1;

  private final String call;
  private final String subject;
  private final Errno errno;
  private final int number;

  /**
   * A failed call.
   *
   * @param call the call's name, such as {@code connect}
   * @param subject what it was called on: a descriptor such as {@code fd 7}, or an address
   * @param code the negative result of the kernel's call
   * @param kernel the kernel, which knows the system's own number
   */
  public SystemCallException(String call, Object subject, long code, Kernel kernel) {
    this(call, subject.toString(), Errno.of((int) code), nativeNumber((int) code, kernel));
  }

  private SystemCallException(String call, String subject, Errno errno, int number) {
    super(
        errno == Errno.UNKNOWN
            ? "%s(%s): error %d of this system".formatted(call, subject, number)
            : "%s(%s): %s (%s)".formatted(call, subject, errno, errno.message()));
    this.call = call;
    this.subject = subject;
    this.errno = errno;
    this.number = number;
  }

  private static int nativeNumber(int code, Kernel kernel) {
    Errno errno = Errno.of(code);
    return errno == Errno.UNKNOWN ? Math.abs(code) - Errno.UNKNOWN_BASE : kernel.nativeErrno(errno);
  }

  /** The name of the call. */
  public String call() {
    return call;
  }

  /** What the call was made on: a descriptor or an address. */
  public String subject() {
    return subject;
  }

  /** The error. */
  public Errno errno() {
    return errno;
  }

  /** The error's number on the system that reported it. */
  public int number() {
    return number;
  }
}
