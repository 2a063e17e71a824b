package dev.selkie.source;

import dev.selkie.Descriptor;
import dev.selkie.ItemSource;
import dev.selkie.backend.BargingLock;
import dev.selkie.descriptor.DescriptorLifetime;
import dev.selkie.descriptor.DescriptorLifetime.Ownership;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.source.FileChange.Kind;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Changes of files and folders: inotify(7), or EVFILT_VNODE in a kqueue of its own.
 *
 * <p><b>What is told.</b> {@link #watch} tells of a file, or of a folder and its entries, and not
 * of what is in these; {@link #watchTree} tells of all below a folder. A folder that comes into a
 * tree is watched and then listed: what it has by then is told as created, once, and nothing that
 * comes later is missed; what was written to it before that is not told. Symbolic links are entries
 * as any other: only the last name of a watched path is followed, unless {@link
 * LinkOption#NOFOLLOW_LINKS} is given. A change by way of a memory map, or on another machine of a
 * network file system, is not seen.
 *
 * <p><b>Lost changes</b> are told: {@link Kind#OVERFLOW}, to each watch. A tree looks for new
 * folders itself then; {@link FileWatch#rescan} tells of the rest.
 *
 * <p><b>The same path twice</b> is two watches, each with its own kinds, by one of the kernel,
 * which ends with the last.
 *
 * <p><b>macOS and the BSDs</b> tell that a folder has changed and not what in it, which a look at
 * it finds out: what comes and goes between two looks is not seen, a change may be told late or
 * with others as one, and each watched file and each entry of a watched folder has a descriptor.
 * See {@link dev.selkie.kernel.kqueue.KqueueFileChanges}.
 *
 * <p><b>Renamed above.</b> New folders of a tree are found by path. Once the tree's folder, or one
 * above it, was renamed, they are told of as {@link Kind#UNWATCHED}; those that are watched already
 * stay so. A descriptor of the folder would lead there yet, and keep its file system from being
 * unmounted.
 *
 * <p><b>Its descriptor</b> can be neither adopted nor detached, as those of other sources can: what
 * the system tells bears numbers of watches, whose paths only this source knows.
 *
 * <p><b>Draining readiness.</b> It is readable until {@link #poll} has returned null: a program
 * polls until then before it waits again.
 *
 * <p><b>Concurrency.</b> All methods may be called from any thread.
 */
public final class FileChangeSource implements ItemSource<FileChange> {
  private final DescriptorLifetime lifetime;
  private final WatchedPlaces places;

  /** Of all that the places know. */
  private final BargingLock lock = new BargingLock();

  private FileChangeSource(DescriptorLifetime lifetime) {
    this.lifetime = lifetime;
    this.places = new WatchedPlaces(lifetime);
  }

  /** A source on the current kernel that watches nothing yet. */
  public static FileChangeSource open() throws IOException {
    return open(Kernel.current());
  }

  /**
   * A source that watches nothing yet.
   *
   * @throws java.nio.file.FileSystemException if the user has as many as the system allows, which
   *     names the limit
   * @throws SystemCallException if the system refuses otherwise: EMFILE, or ENOSYS where it tells
   *     of no changes
   */
  public static FileChangeSource open(Kernel kernel) throws IOException {
    Objects.requireNonNull(kernel, "kernel");
    int number = kernel.fileChanges().create();
    if (number < 0) {
      throw FileWatchRefusal.ofWatcher(kernel, number);
    }
    return new FileChangeSource(
        DescriptorLifetime.ofFile(kernel, number, "FileChangeSource", Ownership.OWNED));
  }

  /** Watches a file, or a folder and its entries, for all kinds of changes. */
  public FileWatch watch(Path path, LinkOption... options) throws IOException {
    return watch(path, EnumSet.allOf(Kind.class), options);
  }

  /**
   * Watches a file, or a folder and its entries.
   *
   * @param kinds what is to be told of entries, up to {@link Kind#MOVED_IN}; later kinds are told
   *     in any case
   * @throws java.nio.file.NoSuchFileException if nothing is there
   * @throws java.nio.file.AccessDeniedException if it may not be read
   * @throws java.nio.file.FileSystemException if the system refuses otherwise, such as at a limit,
   *     which it names
   */
  public FileWatch watch(Path path, Set<Kind> kinds, LinkOption... options) throws IOException {
    return add(path, kinds, false, options);
  }

  /** Watches a folder and all below it, for all kinds of changes. */
  public FileWatch watchTree(Path folder, LinkOption... options) throws IOException {
    return watchTree(folder, EnumSet.allOf(Kind.class), options);
  }

  /**
   * Watches a folder and all below it. A folder within that may not be read is told of by {@link
   * Kind#UNWATCHED}.
   *
   * @param kinds as {@link #watch} has them
   * @throws java.nio.file.NotDirectoryException if it is no folder
   * @throws java.nio.file.FileSystemException as {@link #watch} does; nothing is watched then
   */
  public FileWatch watchTree(Path folder, Set<Kind> kinds, LinkOption... options)
      throws IOException {
    return add(folder, kinds, true, options);
  }

  private FileWatch add(Path path, Set<Kind> kinds, boolean tree, LinkOption... options)
      throws IOException {
    Objects.requireNonNull(path, "path");
    boolean follows = !Set.of(options).contains(LinkOption.NOFOLLOW_LINKS);
    FileWatch watch =
        new FileWatch(this, path, Objects.requireNonNull(kinds, "kinds"), tree, follows);
    lifetime.acquireOrThrow();
    lock.lock();
    try {
      places.add(watch);
      return watch;
    } finally {
      lock.unlock();
      lifetime.release();
    }
  }

  void rescan(FileWatch watch) throws IOException {
    lifetime.acquireOrThrow();
    lock.lock();
    try {
      if (!watch.isOpen()) {
        throw new ClosedChannelException();
      }
      places.rescan(watch);
    } finally {
      lock.unlock();
      lifetime.release();
    }
  }

  void close(FileWatch watch) {
    lock.lock();
    try {
      if (watch.isOpen() && lifetime.acquire()) {
        try {
          places.close(watch);
        } finally {
          lifetime.release();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * The next change, or null when there is none now.
   *
   * @throws SystemCallException if the system refuses to tell
   * @throws ClosedChannelException after close
   */
  @Override
  public @Nullable FileChange poll() throws IOException {
    lifetime.acquireOrThrow();
    lock.lock();
    try {
      return places.poll();
    } finally {
      lock.unlock();
      lifetime.release();
    }
  }

  @Override
  public Descriptor descriptor() {
    return Descriptor.of(lifetime);
  }

  /** Ends the source and all its watches. */
  @Override
  public void close() {
    lock.lock();
    try {
      if (lifetime.acquire()) {
        try {
          places.release();
        } finally {
          lifetime.release();
        }
      }
    } finally {
      lock.unlock();
    }
    lifetime.close();
  }

  @Override
  public String toString() {
    return descriptor().toString();
  }
}
