package dev.selkie.simulation;

import dev.selkie.kernel.FileChanges;
import dev.selkie.kernel.Files;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A file of a host, of whatever kind: what a name and open files stand for, inode(7). It has one
 * name, or none. Guarded by the network's lock.
 */
final class FileNode {
  /** One of {@code S_IF} of {@link Files}. */
  final int kind;

  final long inode;

  /** Of a folder: what is in it. */
  final SortedMap<String, FileNode> entries = new TreeMap<>();

  /** Of a symbolic link: where it leads; empty for any other. */
  final String target;

  int permissions;

  /** Where it is; null for the root, and for what has no name. */
  @Nullable FileNode folder;

  String name = "";
  boolean removed;

  /** What the name of a FIFO or a socket stands for, for those who know it. */
  @Nullable Object occupant;

  private byte[] bytes = {};
  private int size;
  private final List<FileObserver> observers = new ArrayList<>(0);
  private final List<OpenFile> openFiles = new ArrayList<>(0);

  FileNode(int kind, long inode, int permissions, String target) {
    this.kind = kind;
    this.inode = inode;
    this.permissions = permissions;
    this.target = target;
  }

  boolean isFolder() {
    return kind == Files.S_IFDIR;
  }

  int size() {
    return size;
  }

  byte[] contents() {
    return Arrays.copyOf(bytes, size);
  }

  void read(int position, Transfer target, int length) {
    target.put(bytes, position, length);
  }

  /** Puts bytes at a position, and tells of it. */
  void write(int position, Transfer source, int length) {
    if (position + length > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(position + length, bytes.length * 2));
    }
    source.get(bytes, position, length);
    int before = size;
    size = Math.max(size, position + length);
    tell(FileChanges.MODIFY, Vnodes.WRITE | (size > before ? Vnodes.EXTEND : 0));
  }

  /** Makes it empty, and tells of it if it was not. */
  void truncate() {
    if (size > 0) {
      Arrays.fill(bytes, 0, size, (byte) 0);
      size = 0;
      tell(FileChanges.MODIFY, Vnodes.WRITE);
    }
  }

  void setContents(byte[] contents) {
    bytes = contents.clone();
    size = contents.length;
  }

  void observe(FileObserver observer) {
    observers.add(observer);
  }

  void unobserve(FileObserver observer) {
    observers.remove(observer);
  }

  /** An open file stands for it. */
  void opened(OpenFile file) {
    openFiles.add(file);
  }

  /** An open file has ended; with the last one goes what has no name. */
  void closed(OpenFile file, boolean wasWritable) {
    openFiles.remove(file);
    if (wasWritable) {
      tell(FileChanges.CLOSE_WRITE, Vnodes.CLOSE_WRITE);
    }
    end();
  }

  /** Tells that the node itself is gone, once it has neither a name nor an open file. */
  void end() {
    if (removed && openFiles.isEmpty()) {
      observed(FileChanges.DELETE_SELF, 0, "");
    }
  }

  /** Tells of a change to who watches the file or its folder, and to who has it open. */
  void tell(int mask, int notes) {
    int whole = mask | (isFolder() ? FileChanges.FOLDER : 0);
    if (folder != null) {
      folder.observed(whole, 0, name);
    }
    observed(whole, 0, "");
    noted(notes);
  }

  /** Tells a folder's observers of an entry, or a file's of itself, for an empty name. */
  void observed(int mask, int cookie, String entry) {
    if (!observers.isEmpty()) {
      for (FileObserver observer : List.copyOf(observers)) {
        observer.changed(mask, cookie, entry);
      }
    }
  }

  /** Tells who has it open, as EVFILT_VNODE sees it. */
  void noted(int notes) {
    for (OpenFile file : openFiles) {
      file.noted(notes);
    }
  }

  /** The path from the root. */
  String path() {
    if (folder == null) {
      return "/";
    }
    return folder.folder == null ? "/" + name : folder.path() + "/" + name;
  }
}
