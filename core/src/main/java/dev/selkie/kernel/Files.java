package dev.selkie.kernel;

/** System calls on any descriptor. Every descriptor that a call makes is close-on-exec. */
public interface Files extends StreamCalls {
  /** Closes a descriptor, close(2). The number is free afterwards whatever the result. */
  default int close(int descriptor) {
    return Result.ENOSYS;
  }

  /**
   * Makes a non-blocking pipe, pipe2(2).
   *
   * @param ends receives the read end at index 0 and the write end at index 1
   */
  default int pipe(int[] ends) {
    return Result.ENOSYS;
  }

  /**
   * Moves at most {@code length} bytes from one descriptor to another, of which one is a pipe's, in
   * the kernel; it waits for neither, splice(2).
   *
   * @return the count of bytes, 0 at end of file, or a negative code: {@link Result#EINVAL} if one
   *     of them cannot do it
   */
  default long splice(int from, int to, long length) {
    return Result.ENOSYS;
  }

  /** A second descriptor of the same open file, the lowest free number, F_DUPFD_CLOEXEC. */
  default int duplicate(int descriptor) {
    return Result.ENOSYS;
  }

  /**
   * Makes {@code number} a second descriptor of the same open file, closing what it was; dup3(2).
   */
  default int duplicateTo(int descriptor, int number) {
    return Result.ENOSYS;
  }

  /** Sets or clears O_NONBLOCK of the open file, which all its duplicates share. */
  default int setNonBlocking(int descriptor, boolean nonBlocking) {
    return Result.ENOSYS;
  }

  /** 1 if O_NONBLOCK is set, 0 if not; {@link Result#EBADF} tells that the number is not open. */
  default int isNonBlocking(int descriptor) {
    return Result.ENOSYS;
  }

  /** Makes a non-blocking counter that is readable while it is not zero, eventfd(2). */
  default int eventfd(int initial) {
    return Result.ENOSYS;
  }

  /** The bytes that can be read without waiting, FIONREAD. */
  default int available(int descriptor) {
    return Result.ENOSYS;
  }

  /** 1 if the descriptor is a regular file's, 0 if it stands for something else, fstat(2). */
  default int isRegular(int descriptor) {
    return Result.ENOSYS;
  }

  /**
   * The readiness of one descriptor now, without waiting, poll(2).
   *
   * @param events the poll(2) bits asked for, in Linux's numbering
   * @return the poll(2) bits that hold, 0 for none
   */
  default int poll(int descriptor, int events) {
    return Result.ENOSYS;
  }

  /**
   * How many descriptors the process may have, RLIMIT_NOFILE.
   *
   * @param hard whether to return the limit up to which the process may raise its own
   */
  default long descriptorLimit(boolean hard) {
    return Result.ENOSYS;
  }
}
