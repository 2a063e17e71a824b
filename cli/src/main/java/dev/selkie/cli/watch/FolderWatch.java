package dev.selkie.cli.watch;

import dev.selkie.EventQueue;
import dev.selkie.Interest;
import dev.selkie.source.FileChange;
import dev.selkie.source.FileChangeSource;
import dev.selkie.source.FileWatch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What changes below a folder. */
final class FolderWatch implements Watched {
  private final String name;
  private final FileChangeSource changes;
  private final FileWatch tree;

  private FolderWatch(String name, FileChangeSource changes, FileWatch tree) {
    this.name = name;
    this.changes = changes;
    this.tree = tree;
  }

  static FolderWatch open(String path) throws IOException {
    FileChangeSource changes = FileChangeSource.open();
    try {
      return new FolderWatch("folder " + path, changes, changes.watchTree(Path.of(path)));
    } catch (IOException | RuntimeException e) {
      changes.close();
      throw e;
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public void register(EventQueue<Watched> queue) throws IOException {
    queue.register(changes, Interest.READABLE, this);
  }

  @Override
  public @Nullable Happening next() throws IOException {
    FileChange change = changes.poll();
    if (change == null) {
      return null;
    }
    String kind = change.kind().name().toLowerCase(Locale.ROOT).replace('_', '-');
    Happening happening = Happening.of(this, kind).with("path", change.path());
    Path previous = change.previous();
    if (previous != null) {
      happening.with("previous", previous);
    }
    if (change.isFolder()) {
      happening.with("type", "folder");
    }
    IOException failure = change.failure();
    return failure == null
        ? happening
        : happening.with("text", String.valueOf(failure.getMessage()));
  }

  /** Once the folder is deleted or unmounted. */
  @Override
  public boolean isOver() {
    return !tree.isOpen();
  }

  @Override
  public void close() {
    changes.close();
  }
}
