package dev.selkie.kernel.ffm;

import dev.selkie.kernel.ChangedFiles;
import dev.selkie.kernel.FileChanges;
import dev.selkie.kernel.Files;
import java.lang.invoke.MethodHandle;

/** {@link FileChanges} by inotify(7), whose numbers the masks bear already. */
final class NativeFileChanges implements FileChanges {
  private static final String PART = "files"; // whose descriptors they are
  private static final Profile PROFILE = Profile.current();
  private static final MethodHandle CREATE = Native.function(PART, "inotify_init1");
  private static final MethodHandle ADD = Native.function(PART, "inotify_add_watch");
  private static final MethodHandle REMOVE = Native.function(PART, "inotify_rm_watch");
  private static final MethodHandle READ = Native.function(PART, "read");
  private static final int MASK_ADD = PROFILE.constant("IN_MASK_ADD");

  private final Files files;

  NativeFileChanges(Files files) {
    this.files = files;
  }

  @Override
  public int create() {
    CallState state = CallState.enter();
    int flags = PROFILE.constant("IN_CLOEXEC") | PROFILE.constant("IN_NONBLOCK");
    int result = NativeCall.callInt(CREATE, state, flags, 0, 0);
    state.exit();
    return result;
  }

  @Override
  public int add(int watcher, String path, int mask) {
    CallState state = CallState.enter();
    int length = NativeFiles.layPath(state, path);
    int result =
        length < 0
            ? length
            : NativeCall.callInt(ADD, state, watcher, state.scratch().address(), mask | MASK_ADD);
    state.exit();
    return result;
  }

  @Override
  public int remove(int watcher, int watch) {
    CallState state = CallState.enter();
    int result = NativeCall.callInt(REMOVE, state, watcher, watch, 0);
    state.exit();
    return result;
  }

  /**
   * By a watch of what nobody else can watch, a pipe, that ends at once: IN_IGNORED tells of it.
   */
  @Override
  public int wake(int watcher) {
    int[] ends = new int[2];
    int result = files.pipe(ends);
    if (result < 0) {
      return result;
    }
    int watch = add(watcher, "/proc/self/fd/" + ends[0], ATTRIBUTES);
    result = watch < 0 ? watch : remove(watcher, watch);
    files.close(ends[0]);
    files.close(ends[1]);
    return result;
  }

  @Override
  public ChangedFiles newBatch() {
    return new InotifyEvents();
  }

  @Override
  public int read(int watcher, ChangedFiles batch) {
    InotifyEvents events = (InotifyEvents) batch;
    CallState state = CallState.enter();
    long result =
        NativeCall.call(READ, state, watcher, events.memory.address(), InotifyEvents.ROOM, 0);
    state.exit();
    return result < 0 ? (int) result : events.split((int) result);
  }
}
