package dev.selkie.kernel.kqueue;

import dev.selkie.kernel.FileChanges;
import dev.selkie.kernel.Files;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One watch of a {@link VnodeWatcher}: an open file, and of a folder what was last in it. */
final class VnodeWatch {
  /** An open descriptor, and what its filter has said since the last look. */
  static final class Vnode {
    final int descriptor;
    VnodeWatch owner;
    int notes;

    Vnode(int descriptor, VnodeWatch owner) {
      this.descriptor = descriptor;
      this.owner = owner;
    }
  }

  /** An entry of the folder, with a descriptor if its content is watched too. */
  static final class Entry {
    final long inode;
    final int kind;
    @Nullable Vnode vnode;

    Entry(long inode, int kind) {
      this.inode = inode;
      this.kind = kind;
    }

    boolean is(Entry other) {
      return inode == other.inode && kind == other.kind;
    }

    int folderBit() {
      return kind == Files.S_IFDIR ? FileChanges.FOLDER : 0;
    }
  }

  private static final int CONTENT =
      FileChanges.MODIFY | FileChanges.ATTRIBUTES | FileChanges.CLOSE_WRITE;

  final int number;
  final long identity;
  final boolean folder;
  final Vnode self;
  final Map<String, Entry> entries = new LinkedHashMap<>();
  int mask;

  VnodeWatch(int number, long identity, boolean folder, int descriptor) {
    this.number = number;
    this.identity = identity;
    this.folder = folder;
    this.self = new Vnode(descriptor, this);
  }

  /** Whether an entry's descriptor is of use. */
  boolean opens(Entry entry) {
    return (mask & CONTENT) != 0
        && entry.vnode == null
        && (entry.kind == Files.S_IFREG || entry.kind == Files.S_IFDIR);
  }
}
