package dev.selkie.kernel.kqueue;

import dev.selkie.kernel.FileChanges;
import dev.selkie.kernel.Kqueue;
import dev.selkie.kernel.kqueue.VnodeWatch.Entry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What has come and gone in folders between two looks at them: a file that is gone under one name
 * and has come under another was renamed.
 */
final class FolderDifference {
  /** An entry that has come or gone. */
  record Change(VnodeWatch watch, String name, Entry entry) {}

  private record Place(VnodeWatch watch, String name) {
    static Place of(Change change) {
      return new Place(change.watch, change.name);
    }
  }

  private record Renaming(Change from, Change to) {}

  private final List<Change> gone = new ArrayList<>();
  private final List<Change> come = new ArrayList<>();
  private final List<Renaming> renamings = new ArrayList<>();

  /** Compares a folder with what is in it now, in some order, and makes that what it knows. */
  void add(VnodeWatch watch, Map<String, Entry> now, List<String> order) {
    List<String> left = new ArrayList<>();
    watch.entries.forEach((name, entry) -> {
      Entry after = now.get(name);
      if (after == null || !after.is(entry)) {
        gone.add(new Change(watch, name, entry));
        left.add(name);
      }
    });
    watch.entries.keySet().removeAll(left);
    for (String name : order) {
      Entry entry = now.get(name);
      if (entry != null && !watch.entries.containsKey(name)) {
        watch.entries.put(name, entry);
        come.add(new Change(watch, name, entry));
      }
    }
  }

  /** The entries that stand under no name any more. */
  List<Entry> gone() {
    return gone.stream().map(Change::entry).toList();
  }

  /** All that have come, by renaming too. */
  List<Change> come() {
    List<Change> all = new ArrayList<>(come);
    renamings.forEach(renaming -> all.add(renaming.to));
    return all;
  }

  /** Tells of it all; returns the last cookie that was used. */
  int tell(ChangeList found, int cookies) {
    pair();
    int cookie = cookies;
    Set<Place> targets = new HashSet<>();
    renamings.forEach(renaming -> targets.add(Place.of(renaming.to)));
    for (Change change : gone) {
      if (!targets.contains(Place.of(change))) { // what was renamed over is not told of
        boolean renamed =
            change.entry.vnode != null && (change.entry.vnode.notes & Kqueue.NOTE_RENAME) != 0;
        int mask = renamed ? FileChanges.MOVED_FROM : FileChanges.DELETE;
        tell(found, change, mask, renamed ? ++cookie : 0);
      }
    }
    cookie = tellRenamings(found, cookie);
    for (Change change : come) {
      tell(found, change, FileChanges.CREATE, 0);
    }
    return cookie;
  }

  private void pair() {
    Map<Long, Change> byInode = new HashMap<>();
    come.forEach(change -> byInode.put(change.entry.inode, change));
    for (Change from : List.copyOf(gone)) {
      Change to = byInode.get(from.entry.inode);
      boolean deleted =
          from.entry.vnode != null && (from.entry.vnode.notes & Kqueue.NOTE_DELETE) != 0;
      if (to != null && to.entry.is(from.entry) && !deleted) {
        byInode.remove(from.entry.inode);
        gone.remove(from);
        come.remove(to);
        renamings.add(new Renaming(from, to));
        handOver(from.entry, to);
      }
    }
  }

  private static void handOver(Entry from, Change to) {
    to.entry.vnode = from.vnode;
    if (from.vnode != null) {
      from.vnode.notes = 0;
      from.vnode.owner = to.watch;
    }
  }

  /** A name is left before another takes it; of those that change places all leave first. */
  private int tellRenamings(ChangeList found, int cookies) {
    int cookie = cookies;
    List<Renaming> rest = new ArrayList<>(renamings);
    Set<Place> taken = new HashSet<>();
    rest.forEach(renaming -> taken.add(Place.of(renaming.from)));
    boolean moved = true;
    while (moved) {
      moved = false;
      for (Renaming next : List.copyOf(rest)) {
        if (!taken.contains(Place.of(next.to))) {
          tell(found, next.from, FileChanges.MOVED_FROM, ++cookie);
          tell(found, next.to, FileChanges.MOVED_TO, cookie);
          rest.remove(next);
          taken.remove(Place.of(next.from));
          moved = true;
        }
      }
    }
    int first = cookie;
    for (Renaming next : rest) {
      tell(found, next.from, FileChanges.MOVED_FROM, ++cookie);
    }
    cookie = first;
    for (Renaming next : rest) {
      tell(found, next.to, FileChanges.MOVED_TO, ++cookie);
    }
    return cookie;
  }

  private static void tell(ChangeList found, Change change, int mask, int cookie) {
    if ((change.watch.mask & mask) != 0) {
      found.add(change.watch.number, mask | change.entry.folderBit(), cookie, change.name);
    }
  }
}
