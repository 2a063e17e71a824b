package dev.selkie.kernel;

/** The changes that one call of {@link FileChanges#read} took. Not thread-safe. */
public interface ChangedFiles extends AutoCloseable {
  /** The number of the watch, -1 for {@link FileChanges#OVERFLOW}. */
  int watch(int index);

  /** The bits of {@link FileChanges} that hold. */
  int mask(int index);

  /** What the two halves of one rename share; 0 for no rename. */
  int cookie(int index);

  /** The entry's name within the folder that is watched; empty for the watched itself. */
  String name(int index);

  /** Frees its memory. */
  @Override
  void close();
}
