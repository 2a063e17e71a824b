package dev.selkie.source;

import dev.selkie.kernel.FileChanges;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;

/**
 * What one call of {@link FileChangeSource#watch} or {@link FileChangeSource#watchTree} watches,
 * until it is closed or what it watches is gone. All methods may be called from any thread.
 */
public final class FileWatch implements AutoCloseable {
  private static final Set<FileChange.Kind> ENTRY_KINDS =
      EnumSet.range(FileChange.Kind.CREATED, FileChange.Kind.MOVED_IN);

  private final FileChangeSource source;
  private final Path path;
  private final EnumSet<FileChange.Kind> kinds = EnumSet.allOf(FileChange.Kind.class);
  private final boolean tree;
  private final boolean follows;
  private final WatchedPlace root;
  private volatile boolean open = true;

  FileWatch(
      FileChangeSource source,
      Path path,
      Set<FileChange.Kind> entryKinds,
      boolean tree,
      boolean follows) {
    this.source = source;
    this.path = path;
    this.tree = tree;
    this.follows = follows;
    kinds.removeAll(ENTRY_KINDS);
    kinds.addAll(entryKinds);
    this.root = new WatchedPlace(this, path);
  }

  /** What is watched, as it was given. */
  public Path path() {
    return path;
  }

  /** Whether it is a tree, of {@link FileChangeSource#watchTree}. */
  public boolean isTree() {
    return tree;
  }

  /** Whether changes may still come. */
  public boolean isOpen() {
    return open;
  }

  /**
   * Tells of each entry that is there, and in a tree of all below, by a {@link
   * FileChange.Kind#FOUND}: for the start, and after {@link FileChange.Kind#OVERFLOW}. They come
   * from the next polls, for which the source does not become readable.
   *
   * @throws java.nio.channels.ClosedChannelException if the watch or the source is closed
   */
  public void rescan() throws IOException {
    source.rescan(this);
  }

  /** Ends the watch: no change of it is polled afterwards. */
  @Override
  public void close() {
    source.close(this);
  }

  boolean follows() {
    return follows;
  }

  WatchedPlace root() {
    return root;
  }

  boolean wants(FileChange.Kind kind) {
    return kinds.contains(kind);
  }

  void ended() {
    open = false;
  }

  /** What is to be asked of the kernel. */
  int mask() {
    int mask = FileChanges.DELETE_SELF | FileChanges.MOVE_SELF;
    mask |= wants(FileChange.Kind.CREATED) || tree ? FileChanges.CREATE : 0;
    mask |= wants(FileChange.Kind.DELETED) || tree ? FileChanges.DELETE : 0;
    mask |= wants(FileChange.Kind.MODIFIED) ? FileChanges.MODIFY : 0;
    mask |= wants(FileChange.Kind.WRITTEN) ? FileChanges.CLOSE_WRITE : 0;
    mask |= wants(FileChange.Kind.ATTRIBUTES) ? FileChanges.ATTRIBUTES : 0;
    boolean moves =
        wants(FileChange.Kind.RENAMED)
            || wants(FileChange.Kind.MOVED_IN)
            || wants(FileChange.Kind.MOVED_OUT);
    return mask | (moves || tree ? FileChanges.MOVED_FROM | FileChanges.MOVED_TO : 0);
  }

  @Override
  public String toString() {
    return "FileWatch of " + (tree ? "tree " : "") + path + (open ? "" : ", closed");
  }
}
