package dev.selkie.simulation;

/** What is told of each change of a file and of the entries of a folder, as inotify(7) sees it. */
interface FileObserver {
  /**
   * Something has changed.
   *
   * @param mask bits of {@link dev.selkie.kernel.FileChanges}
   * @param cookie what the halves of a renaming share, or 0
   * @param name the entry, or empty for the file itself
   */
  void changed(int mask, int cookie, String name);
}
