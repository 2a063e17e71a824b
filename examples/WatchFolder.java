import dev.selkie.*;
import dev.selkie.source.*;
import java.nio.file.Path;

/**
 * Prints what changes in a folder and all below it, until the folder itself is gone: {@code java
 * WatchFolder.java /tmp/folder}.
 */
void main(String[] arguments) throws Exception {
  try (EventQueue<String> queue = EventQueue.open();
      FileChangeSource source = FileChangeSource.open()) {
    FileWatch tree = source.watchTree(Path.of(arguments[0]));
    queue.register(source, Interest.READABLE, "changes");
    IO.println("watching " + tree.path());
    while (tree.isOpen()) {
      queue.await();
      for (FileChange change = source.poll(); change != null; change = source.poll()) {
        switch (change.kind()) {
          case OVERFLOW -> {
            IO.println("changes were lost; this is what is there:");
            tree.rescan();
          }
          case WRITTEN -> IO.println("complete: " + change.path());
          default -> IO.println(change);
        }
      }
    }
  }
}
