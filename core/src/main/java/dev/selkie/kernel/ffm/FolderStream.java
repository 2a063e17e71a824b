package dev.selkie.kernel.ffm;

import dev.selkie.kernel.FolderListing;
import dev.selkie.kernel.Result;
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
  private static final MethodHandle CLOSE = Native.function(PART, "close");
  private static final int INODE = PROFILE.offset("dirent", "d_ino");
  private static final int TYPE = PROFILE.offset("dirent", "d_type");
  private static final int NAME = PROFILE.offset("dirent", "d_name");
  private static final int NAME_BYTES = PROFILE.width("dirent", "d_name");

  /** DT_WHT of the BSDs: a name that hides one of a lower file system. */
  private static final int WHITEOUT = 14;

  /** IFTODT(3): how far a kind of file is shifted in a mode. */
  private static final int KIND_SHIFT = 12;

  /** How often an error is seen before it is believed. */
  private static final int TRIES = 3;

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
    long stream = open(descriptor);
    if (stream < 0) {
      return NativeFiles.abandon(descriptor, (int) stream);
    }
    CallState state = CallState.enter();
    // A duplicate stands where the last reader of the open file has left off.
    NativeCall.call(REWINDDIR, state, stream, 0, 0, 0);
    state.exit();
    int result = read(stream, listing);
    close(stream);
    return result;
  }

  /** A stream of a folder's descriptor, which is the stream's from then on; or an error. */
  static long open(int descriptor) {
    CallState state = CallState.enter();
    long stream = NativeCall.call(FDOPENDIR, state, descriptor, 0, 0, 0);
    long result = stream == 0 ? state.error() : stream;
    state.exit();
    return result;
  }

  static void close(long stream) {
    CallState state = CallState.enter();
    NativeCall.callInt(CLOSEDIR, state, stream, 0, 0);
    state.exit();
  }

  /** Adds the entries from where a stream stands to its end; how many the listing has, or why. */
  static int read(long stream, FolderListing listing) {
    CallState state = CallState.enter();
    long entry;
    while ((entry = next(state, stream)) > 0) {
      add(listing, entry);
    }
    state.exit();
    return entry < 0 ? (int) entry : listing.size();
  }

  /**
   * The next entry, 0 at the end, or an error. The end leaves errno as it was, which a call that
   * fails has set before: what is no end says another. The JVM may have set it in between, and so
   * an error counts only if it lasts.
   */
  private static long next(CallState state, long stream) {
    long entry = NativeCall.call(READDIR, state, stream, 0, 0, 0);
    int error = 0;
    for (int i = 0; entry == 0 && i < TRIES; i++) {
      NativeCall.callInt(CLOSE, state, -1, 0, 0);
      entry = NativeCall.call(READDIR, state, stream, 0, 0, 0);
      error = state.error();
      if (entry == 0 && error == Result.EBADF) {
        return 0;
      }
    }
    return entry == 0 ? error : entry;
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
