package dev.selkie.source;

import dev.selkie.kernel.Errno;
import dev.selkie.kernel.Facility;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SystemCallException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Why something is not watched, in words that say what to do. */
final class FileWatchRefusal {
  private static final String LIMITS = "/proc/sys/fs/inotify/";
  private static final int LONGEST = 32;

  private FileWatchRefusal() {}

  /** Whether what was to be watched has gone meanwhile. */
  static boolean isGone(int code) {
    return switch (Errno.of(code)) {
      case ENOENT, ENOTDIR, ELOOP -> true;
      default -> false;
    };
  }

  /** Whether whoever watches a tree is better told at once than of each folder. */
  static boolean isShortage(IOException failure) {
    return failure.getCause() instanceof SystemCallException cause
        && switch (cause.errno()) {
          case ENOSPC, EMFILE, ENFILE, ENOMEM -> true;
          default -> false;
        };
  }

  /** A watcher could not be made. */
  static IOException ofWatcher(Kernel kernel, int code) {
    String call = isLinux(kernel) ? "inotify_init1" : "kqueue";
    SystemCallException cause = new SystemCallException(call, "watcher", code, kernel);
    if (code != Result.EMFILE || !isLinux(kernel) || !hasDescriptors(kernel)) {
      return cause;
    }
    return because(
        new FileSystemException(
            null, null, limit(kernel, "max_user_instances", "inotify watchers")),
        cause);
  }

  private static boolean isLinux(Kernel kernel) {
    return kernel.facilities().contains(Facility.INOTIFY);
  }

  /** EMFILE has two reasons. */
  private static boolean hasDescriptors(Kernel kernel) {
    int folder = kernel.files().open("/", Files.O_DIRECTORY, 0);
    if (folder < 0) {
      return false;
    }
    kernel.files().close(folder);
    return true;
  }

  /** A path could not be watched. */
  static FileSystemException of(Kernel kernel, String path, int code) {
    FileSystemException refusal =
        switch (Errno.of(code)) {
          case ENOENT ->
              new NoSuchFileException(
                  path, null, "nothing is there: watch the folder that it will be made in");
          case ENOTDIR -> notFolder(path);
          case EACCES, EPERM ->
              new AccessDeniedException(
                  path, null, "to be watched it must be readable, and the folders before it open");
          case ELOOP ->
              new FileSystemException(
                  path, null, "is a symbolic link that is not followed, or leads in a circle");
          case ENOSPC ->
              new FileSystemException(
                  path, null, limit(kernel, "max_user_watches", "watched files and folders"));
          case EMFILE ->
              new FileSystemException(
                  path,
                  null,
                  "each file that is watched has a descriptor here, and the process may have "
                      + kernel.files().descriptorLimit(false)
                      + ": raise that (ulimit -n), or watch less");
          case EOPNOTSUPP ->
              new FileSystemException(
                  path, null, "is no regular file or folder: this system watches no other");
          default -> new FileSystemException(path, null, Errno.of(code).message());
        };
    String call = isLinux(kernel) ? "inotify_add_watch" : "open"; // which fails before kevent does
    return because(refusal, new SystemCallException(call, path, code, kernel));
  }

  /** A folder of a tree is there, and its path does not lead to it. */
  static FileSystemException ofAstray(String path, boolean garbled) {
    return new FileSystemException(
        path,
        null,
        garbled
            ? "its name has letters that this JVM cannot name files by: start it with a locale that"
                + " has them (LC_ALL), or rename the folder"
            : "is not where it was: it, or a folder above it, was renamed; watch it by its new path");
  }

  private static FileSystemException notFolder(String path) {
    return new NotDirectoryException(path) {
      private static final long serialVersionUID = 1;

      @Override
      public String getMessage() {
        return path + ": is not a folder, or one before it is not: name the folder that it is in";
      }
    };
  }

  private static <E extends IOException> E because(E refusal, SystemCallException cause) {
    refusal.initCause(cause);
    return refusal;
  }

  private static String limit(Kernel kernel, String name, String what) {
    String value = value(kernel, LIMITS + name);
    return "the user has as many "
        + what
        + " as fs.inotify."
        + name
        + " allows"
        + (value.isEmpty() ? "" : " (" + value + ")")
        + ": close some, or raise it: sysctl -w fs.inotify."
        + name
        + "=NUMBER";
  }

  private static String value(Kernel kernel, String path) {
    int file = kernel.files().open(path, Files.O_RDONLY, 0);
    if (file < 0) {
      return "";
    }
    byte[] bytes = new byte[LONGEST];
    int n = (int) kernel.files().read(file, bytes, 0, bytes.length);
    kernel.files().close(file);
    return n <= 0 ? "" : new String(bytes, 0, n, StandardCharsets.US_ASCII).strip();
  }
}
