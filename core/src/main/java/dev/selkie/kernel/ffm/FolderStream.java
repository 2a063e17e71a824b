package dev.selkie.kernel.ffm;

import dev.selkie.kernel.FolderListing;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/** The entries of a folder by the C library, openat(2) and readdir(3). */
final class FolderStream {
  private static final String PART = "files";
  private static final Profile PROFILE = Profile.current();
  // Variadic, but for a file that is made only.
  private static final MethodHandle OPENAT = Native.function(PART, "openat");
  private static final MethodHandle FDOPENDIR = Native.function(PART, "fdopendir");
  private static final MethodHandle READDIR = Native.function(PART, "readdir");
  private static final MethodHandle REWINDDIR = Native.function(PART, "rewinddir");
  private static final MethodHandle CLOSEDIR = Native.function(PART, "closedir");
  private static final int INODE = PROFILE.offset("dirent", "d_ino");
  private static final int TYPE = PROFILE.offset("dirent", "d_type");
  private static final int NAME = PROFILE.offset("dirent", "d_name");
  private static final int NAME_BYTES = PROFILE.width("dirent", "d_name");

  /** DT_WHT of the BSDs: a name that hides one of a lower file system. */
  private static final int WHITEOUT = 14;

  /** IFTODT(3): how far a kind of file is shifted in a mode. */
  private static final int KIND_SHIFT = 12;

  private FolderStream() {}

  /** Opens an entry of a folder, with the system's own flags. */
  static int open(int folder, String name, int flags) {
    CallState state = CallState.enter();
    int length = NativeFiles.layPath(state, name);
    int result =
        length < 0
            ? length
            : NativeCall.callInt(OPENAT, state, folder, state.scratch().address(), flags);
    state.exit();
    return result;
  }

  /** Lists a folder, and closes its descriptor. */
  static int list(int descriptor, FolderListing listing) {
    listing.clear();
    CallState state = CallState.enter();
    long stream = NativeCall.call(FDOPENDIR, state, descriptor, 0, 0, 0);
    if (stream == 0) {
      int error = state.error();
      state.exit();
      return NativeFiles.abandon(descriptor, error);
    }
    // A duplicate stands where the last reader of the open file has left off.
    NativeCall.call(REWINDDIR, state, stream, 0, 0, 0);
    while (true) {
      long entry = NativeCall.call(READDIR, state, stream, 0, 0, 0);
      if (entry == 0) {
        break;
      }
      add(listing, entry);
    }
    NativeCall.callInt(CLOSEDIR, state, stream, 0, 0);
    state.exit();
    return listing.size();
  }

  /** A file's name that ends with a NUL or the room for it, in what the JVM has file names in. */
  static String name(MemorySegment memory, long at, int room) {
    int length = 0;
    while (length < room && memory.get(ValueLayout.JAVA_BYTE, at + length) != 0) {
      length++;
    }
    byte[] bytes = new byte[length];
    MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, at, bytes, 0, length);
    return new String(bytes, NativeFiles.PATHS);
  }

  private static void add(FolderListing listing, long entry) {
    MemorySegment all = NativeMemory.all();
    int type = all.get(ValueLayout.JAVA_BYTE, entry + TYPE);
    String name = name(all, entry + NAME, NAME_BYTES);
    if (type != WHITEOUT && !name.equals(".") && !name.equals("..")) {
      listing.add(
          name, all.get(ValueLayout.JAVA_LONG_UNALIGNED, entry + INODE), type << KIND_SHIFT);
    }
  }
}
