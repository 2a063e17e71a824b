package dev.selkie.kernel;

/** System calls on any descriptor. Every descriptor that a call makes is close-on-exec. */
public interface Files extends StreamCalls {
  /** To {@link #open}: to read; open(2), in Linux's numbering as all of these. */
  int O_RDONLY = 0;

  /** To write. */
  int O_WRONLY = 0x1;

  /** To read and write. */
  int O_RDWR = 0x2;

  /** Make the file if it is not there. */
  int O_CREAT = 0x40;

  /** With {@link #O_CREAT}: EEXIST if it is. */
  int O_EXCL = 0x80;

  /** Make it empty. */
  int O_TRUNC = 0x200;

  /** Each write goes to the end. */
  int O_APPEND = 0x400;

  /** ENOTDIR if it is no folder. */
  int O_DIRECTORY = 0x10000;

  /** ELOOP if the path ends in a symbolic link. */
  int O_NOFOLLOW = 0x20000;

  /** What {@link #kind} says of a FIFO or a pipe, inode(7). */
  int S_IFIFO = 0x1000;

  /** And of a character device, such as a terminal. */
  int S_IFCHR = 0x2000;

  /** And of a folder. */
  int S_IFDIR = 0x4000;

  /** And of a regular file. */
  int S_IFREG = 0x8000;

  /** And of a symbolic link, in a {@link FolderListing}. */
  int S_IFLNK = 0xa000;

  /** And of a socket. */
  int S_IFSOCK = 0xc000;

  /**
   * Opens a file without waiting, and without making a terminal the controlling one, open(2) with
   * O_NONBLOCK.
   *
   * @param flags bits of {@code O_}
   * @param permissions of a file that is made, such as 0600, less what the process masks
   * @return the descriptor; ENXIO for a FIFO to be written that nobody reads
   */
  default int open(String path, int flags, int permissions) {
    return Result.ENOSYS;
  }

  /**
   * Opens an entry of an open folder, to read, openat(2); otherwise as {@link #open}.
   *
   * @param flags {@link #O_DIRECTORY} and {@link #O_NOFOLLOW}
   */
  default int openAt(int folder, String name, int flags) {
    return Result.ENOSYS;
  }

  /**
   * Lists the entries of an open folder, but not itself and its parent, readdir(3).
   *
   * @param listing is emptied first
   * @return how many there are
   */
  default int list(int folder, FolderListing listing) {
    return Result.ENOSYS;
  }

  /** Makes a FIFO, mkfifo(3). */
  default int makeFifo(String path, int permissions) {
    return Result.ENOSYS;
  }

  /** Removes a file's name, unlink(2). */
  default int unlink(String path) {
    return Result.ENOSYS;
  }

  /** Sets a file's permissions, chmod(2). */
  default int setPermissions(String path, int permissions) {
    return Result.ENOSYS;
  }

  /** Gives a file another name, in place of what had that, rename(2). */
  default int rename(String from, String to) {
    return Result.ENOSYS;
  }

  /**
   * What is at a path, a link itself: one of {@code S_IF}, or ENOENT; lstat(2).
   *
   * @param identity receives the numbers of its file system and in it, by which a file is told from
   *     another that has its name later, as long as it is kept open
   */
  default int identity(String path, long[] identity) {
    return Result.ENOSYS;
  }

  /** What is at a path, a link followed: one of {@code S_IF}, or ENOENT; stat(2). */
  default int kind(String path) {
    return Result.ENOSYS;
  }

  /**
   * What a descriptor stands for: one of {@code S_IF}, or another number for what has no name here,
   * fstat(2).
   */
  default int kind(int descriptor) {
    return Result.ENOSYS;
  }

  /**
   * A number of the file that a descriptor stands for, which tells it from every other that is
   * there: of its device and its inode, fstat(2).
   *
   * @return a positive number, or a negative code
   */
  default long identity(int descriptor) {
    return Result.ENOSYS;
  }

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

  /**
   * Locks an open file for this descriptor alone among those who lock it too, until it is closed;
   * without waiting, flock(2).
   *
   * @return 0, {@link Result#EAGAIN} if another one has it, or another negative code
   */
  default int lock(int descriptor) {
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

  /** Keeps a descriptor, such as an inherited one, from programs that are started, FD_CLOEXEC. */
  default int setCloseOnExec(int descriptor) {
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

  /**
   * How a file was opened: {@link #O_RDONLY}, {@link #O_WRONLY} or {@link #O_RDWR}, F_GETFL; {@link
   * Result#EBADF} tells that the number is not open.
   */
  default int accessMode(int descriptor) {
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
