package dev.selkie.source;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A file or folder that a {@link FileWatch} has a watch of the kernel for. */
final class WatchedPlace {
  private static final char REPLACEMENT = '\uFFFD';

  final FileWatch watch;

  /** The folders of a tree that are watched, by name. */
  final Map<String, WatchedPlace> folders = new HashMap<>(0);

  /** The entries that were told of because they were found: the kernel may tell of them yet. */
  final Set<String> told = new HashSet<>(0);

  /** The folders that were not where they were looked for: something above was renamed since. */
  final Set<String> missing = new HashSet<>(0);

  @Nullable WatchedPlace parent;
  String name = "";

  boolean isFolder = true;

  /**
   * Of what is watched, if that is a folder: which, by the numbers of its file system and in it.
   */
  final long[] identity = new long[2];

  /** The kernel's number of the watch. */
  int number = -1;

  /** Its entries were found as the tree began to be watched, and not told. */
  boolean silent;

  private Path path;

  /** What a watch is of. */
  WatchedPlace(FileWatch watch, Path path) {
    this.watch = watch;
    this.path = path;
  }

  /** A folder in a tree. */
  WatchedPlace(WatchedPlace parent, String name) {
    this(parent.watch, parent.entry(name));
    this.parent = parent;
    this.name = name;
    this.silent = parent.silent;
  }

  Path path() {
    return path;
  }

  boolean isRoot() {
    return parent == null;
  }

  /** The path of an entry; a name that the JVM has no letters for is told with question marks. */
  Path entry(String entry) {
    Path named = named(entry);
    return named == null ? path.resolve(entry.replace(REPLACEMENT, '?')) : named;
  }

  /** The path of an entry, or null if the JVM has none for its name. */
  @Nullable Path named(String entry) {
    try {
      return entry.isEmpty() ? path : path.resolve(entry);
    } catch (InvalidPathException e) {
      return null;
    }
  }

  /** Whether a name has letters that stand for what the JVM has none for. */
  static boolean isGarbled(String entry) {
    return entry.indexOf(REPLACEMENT) >= 0;
  }

  /** Takes it to another name, perhaps in another folder of the same tree. */
  void move(WatchedPlace to, String as) {
    if (parent != null) {
      parent.folders.remove(name, this);
    }
    parent = to;
    name = as;
    to.folders.put(as, this);
    renamed(to.entry(as));
  }

  private void renamed(Path now) {
    path = now;
    folders.forEach((entry, folder) -> folder.renamed(entry(entry)));
  }

  /** Nothing of what is in it has been told. */
  void silence() {
    silent = true;
    told.clear();
    folders.values().forEach(WatchedPlace::silence);
  }

  /** Whether another lies in it, or is it. */
  boolean holds(WatchedPlace other) {
    for (WatchedPlace place = other; place != null; place = place.parent) {
      if (place.equals(this)) {
        return true;
      }
    }
    return false;
  }
}
