package dev.selkie.kernel;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The entries of a folder, as {@link Files#list} found them, in no order. Not thread-safe. */
public final class FolderListing {
  private final List<String> names = new ArrayList<>();
  private long[] inodes = new long[16];
  private int[] kinds = new int[16];

  /** A listing of nothing yet. */
  public FolderListing() {}

  /** Empties it. */
  public void clear() {
    names.clear();
  }

  /**
   * Adds an entry.
   *
   * @param kind one of {@code S_IF} of {@link Files}, or 0 where the file system does not tell
   */
  public void add(String name, long inode, int kind) {
    int at = names.size();
    if (at == inodes.length) {
      inodes = Arrays.copyOf(inodes, 2 * at);
      kinds = Arrays.copyOf(kinds, 2 * at);
    }
    names.add(name);
    inodes[at] = inode;
    kinds[at] = kind;
  }

  /** How many entries there are. */
  public int size() {
    return names.size();
  }

  /** The entry's name. */
  public String name(int index) {
    return names.get(index);
  }

  /** The number of its file, which tells it from every other of the same file system. */
  public long inode(int index) {
    return inodes[index];
  }

  /** What it is, a symbolic link not followed; 0 for not known. */
  public int kind(int index) {
    return kinds[index];
  }
}
