package dev.selkie.kernel;

/**
 * Changes of files and folders as a descriptor: inotify(7), or a kqueue of its own with
 * EVFILT_VNODE and looks at the folder. Masks bear inotify's numbers on every kernel. A watcher is
 * used by one thread at a time.
 */
public interface FileChanges {
  /** Bytes were written, or the size was set. */
  int MODIFY = 0x2;

  /** Permissions, times, owner or count of links changed. */
  int ATTRIBUTES = 0x4;

  /** A file that was open for writing was closed. */
  int CLOSE_WRITE = 0x8;

  /** An entry left the folder by being renamed. */
  int MOVED_FROM = 0x40;

  /** An entry came into the folder by being renamed; the cookie is that of its leaving. */
  int MOVED_TO = 0x80;

  /** An entry was made. */
  int CREATE = 0x100;

  /** An entry was deleted. */
  int DELETE = 0x200;

  /** What is watched was itself deleted. */
  int DELETE_SELF = 0x400;

  /** What is watched was itself renamed. */
  int MOVE_SELF = 0x800;

  /** The file system was unmounted. */
  int UNMOUNT = 0x2000;

  /** Changes were lost; of no watch. */
  int OVERFLOW = 0x4000;

  /** The watch has ended because what it watched is gone, or on some systems by a remove. */
  int IGNORED = 0x8000;

  /** To {@link #add}: refuse with ENOTDIR what is no folder. */
  int ONLY_FOLDER = 0x100_0000;

  /**
   * To {@link #add}: refuse to follow a symbolic link at the end of the path, or watch the link.
   */
  int NO_FOLLOW = 0x200_0000;

  /** Of a change: the entry is a folder. */
  int FOLDER = 0x4000_0000;

  /** Makes a watcher without watches, non-blocking and close-on-exec. */
  default int create() {
    return Result.ENOSYS;
  }

  /**
   * Watches a file, or a folder and its entries but not what is in them.
   *
   * @param mask the changes asked for, beside those that were asked for already
   * @return the number of the watch, the same for what is watched already; ENOSPC or EMFILE at a
   *     limit
   */
  default int add(int watcher, String path, int mask) {
    return Result.ENOSYS;
  }

  /** Ends a watch; EINVAL if there is none of that number. */
  default int remove(int watcher, int watch) {
    return Result.ENOSYS;
  }

  /**
   * Makes the watcher readable until the next {@link #read} that finds no more, though nothing has
   * changed.
   *
   * @return 0, or a negative code where that cannot be done now
   */
  default int wake(int watcher) {
    return Result.ENOSYS;
  }

  /**
   * Ends all watches, and gives back what they hold beside the watcher's descriptor, which the
   * caller closes next.
   */
  default void release(int watcher) {}

  /** Room for changes, which the caller closes. */
  default ChangedFiles newBatch() {
    throw new UnsupportedOperationException("this kernel tells of no file changes");
  }

  /**
   * Takes changes.
   *
   * @return how many, or {@link Result#EAGAIN} for none
   */
  default int read(int watcher, ChangedFiles batch) {
    return Result.ENOSYS;
  }
}
