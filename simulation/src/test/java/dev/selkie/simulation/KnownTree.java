package dev.selkie.simulation;

import dev.selkie.source.FileChange;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Set;
import java.util.TreeSet;

/** What a program knows to be in a tree, by the changes that it was told. */
final class KnownTree {
  private final Set<Path> paths = new TreeSet<>();

  Set<Path> paths() {
    return paths;
  }

  void take(FileChange change) {
    Path previous = change.previous();
    switch (change.kind()) {
      case CREATED, MOVED_IN, FOUND -> paths.add(change.path());
      case DELETED, MOVED_OUT -> paths.removeIf(path -> path.startsWith(change.path()));
      case RENAMED -> {
        if (previous != null) {
          rename(previous, change.path());
        }
      }
      default -> {}
    }
  }

  private void rename(Path from, Path to) {
    for (Path path : new ArrayList<>(paths)) {
      if (path.startsWith(from)) {
        paths.remove(path);
        paths.add(to.resolve(from.relativize(path)));
      }
    }
    paths.add(to);
  }
}
