package dev.selkie.source;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * One change of what a {@link FileWatch} watches.
 *
 * @param watch whose change it is; of what several watches watch, each has its own
 * @param kind what has happened
 * @param path what it has happened to, by the path of the watch: absolute if that was
 * @param previous of {@link Kind#RENAMED}: the path before; otherwise null
 * @param isFolder whether the path is, or was, a folder
 * @param cookie of entries that are renamed: a number that both halves share, inotify(7); or 0
 * @param failure of {@link Kind#UNWATCHED}: why; otherwise null
 */
public record FileChange(
    FileWatch watch,
    Kind kind,
    Path path,
    @Nullable Path previous,
    boolean isFolder,
    int cookie,
    @Nullable IOException failure) {
  /** What can happen. */
  public enum Kind {
    /** An entry was made, or found in a folder that is new to a tree. */
    CREATED,
    /** Bytes were written, or the size was set. Several in a row may be told as one. */
    MODIFIED,
    /** A file that was open for writing was closed. macOS and most BSDs do not tell. */
    WRITTEN,
    /** Permissions, times, owner or count of links have changed. */
    ATTRIBUTES,
    /** An entry was deleted. */
    DELETED,
    /** An entry was renamed, and was and is within the watch. */
    RENAMED,
    /**
     * An entry was renamed and left the folder, or the tree. A {@link #MOVED_IN} of the same cookie
     * may follow if the system told late where to.
     */
    MOVED_OUT,
    /** An entry was renamed and came into the folder, or the tree; perhaps over another. */
    MOVED_IN,
    /** An entry is there: {@link FileWatch#rescan} has found it. */
    FOUND,
    /**
     * What is watched was itself renamed: paths are still told by its old name. Folders that come
     * into such a tree are {@link #UNWATCHED}.
     */
    SELF_MOVED,
    /** What is watched was itself deleted: the watch is closed. */
    SELF_DELETED,
    /** The file system was unmounted; if it is that of what is watched, the watch is closed. */
    UNMOUNTED,
    /**
     * Changes were lost: there were more than the system keeps. {@link FileWatch#rescan} tells what
     * is there.
     */
    OVERFLOW,
    /**
     * A folder of a tree could not be watched: its changes are not told. It may not be read, a
     * limit is met, the JVM's locale has no letters for its name, or its path leads there no more
     * since what is watched, or a folder above that, was renamed.
     */
    UNWATCHED
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(kind.name());
    if (isFolder) {
      text.append(" folder");
    }
    if (previous != null) {
      text.append(' ').append(previous).append(" to");
    }
    text.append(' ').append(path);
    if (failure != null) {
      text.append(": ").append(failure.getMessage());
    }
    return text.toString();
  }
}
