package dev.selkie.kernel.ffm;

import dev.selkie.kernel.ChangedFiles;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** What one read(2) of an inotify descriptor gave: {@code struct inotify_event}s, one by one. */
final class InotifyEvents implements ChangedFiles {
  /** Some hundreds of events; one with the longest name takes 272 bytes. */
  static final int ROOM = 1 << 14;

  private static final Profile PROFILE = Profile.current();
  private static final int SIZE = PROFILE.size("inotify_event");
  private static final int WATCH = PROFILE.offset("inotify_event", "wd");
  private static final int MASK = PROFILE.offset("inotify_event", "mask");
  private static final int COOKIE = PROFILE.offset("inotify_event", "cookie");
  private static final int LENGTH = PROFILE.offset("inotify_event", "len");

  /** The collector frees it: closing a shared arena stops every thread for a moment. */
  final MemorySegment memory = Arena.ofAuto().allocate(ROOM, Long.BYTES);

  private final int[] starts = new int[ROOM / SIZE];

  /** Finds where each event begins in so many bytes, and returns how many there are. */
  int split(int bytes) {
    int count = 0;
    for (int at = 0; at < bytes; at += SIZE + field(at + LENGTH)) {
      starts[count++] = at;
    }
    return count;
  }

  private int field(int at) {
    return memory.get(ValueLayout.JAVA_INT, at);
  }

  @Override
  public int watch(int index) {
    return field(starts[index] + WATCH);
  }

  @Override
  public int mask(int index) {
    return field(starts[index] + MASK);
  }

  @Override
  public int cookie(int index) {
    return field(starts[index] + COOKIE);
  }

  @Override
  public String name(int index) {
    int room = field(starts[index] + LENGTH);
    return room == 0 ? "" : FolderStream.name(memory, (long) starts[index] + SIZE, room);
  }

  @Override
  public void close() {
    // The collector's.
  }
}
