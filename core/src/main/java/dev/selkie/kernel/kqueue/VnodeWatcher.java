package dev.selkie.kernel.kqueue;

import dev.selkie.kernel.ChangeBatch;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.FileChanges;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.FolderListing;
import dev.selkie.kernel.KeventBatch;
import dev.selkie.kernel.Kqueue;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.kqueue.VnodeWatch.Entry;
import dev.selkie.kernel.kqueue.VnodeWatch.Vnode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A kqueue with a filter for each open file, and the watches that these are of. */
final class VnodeWatcher {
  private static final int NOTES =
      Kqueue.NOTE_DELETE
          | Kqueue.NOTE_WRITE
          | Kqueue.NOTE_EXTEND
          | Kqueue.NOTE_ATTRIB
          | Kqueue.NOTE_LINK
          | Kqueue.NOTE_RENAME
          | Kqueue.NOTE_REVOKE
          | Kqueue.NOTE_CLOSE_WRITE;

  private static final int WRITTEN = Kqueue.NOTE_WRITE | Kqueue.NOTE_EXTEND;
  private static final int GONE = Kqueue.NOTE_DELETE | Kqueue.NOTE_REVOKE;
  private static final int EMFILE = -Errno.EMFILE.number();
  private static final int ENFILE = -Errno.ENFILE.number();
  private static final int EVENTS = 64;

  /** The least of a timer; where a user event does the work it says nothing. */
  private static final int WAKE_MILLIS = 1;

  private final Kqueue kqueue;
  private final Files files;
  private final int queue;
  private final ChangeBatch changes;
  private final KeventBatch events;
  private final FolderListing listing = new FolderListing();
  private final Map<Integer, Vnode> vnodes = new HashMap<>();
  private final Map<Integer, VnodeWatch> watches = new HashMap<>();
  private final Map<Long, VnodeWatch> byIdentity = new HashMap<>();
  private final Set<VnodeWatch> noted = new LinkedHashSet<>();
  private int numbers;
  private int cookies;

  VnodeWatcher(Kqueue kqueue, Files files, int queue) {
    this.kqueue = kqueue;
    this.files = files;
    this.queue = queue;
    this.changes = kqueue.newChanges(1);
    this.events = kqueue.newBatch(EVENTS);
  }

  int add(String path, int mask) {
    int kind = files.kind(path);
    if (kind > 0 && kind != Files.S_IFREG && kind != Files.S_IFDIR) {
      return -Errno.EOPNOTSUPP.number(); // to open it would be noticed by who uses it
    }
    int flags =
        ((mask & FileChanges.ONLY_FOLDER) == 0 ? 0 : Files.O_DIRECTORY)
            | ((mask & FileChanges.NO_FOLLOW) == 0 ? 0 : Files.O_NOFOLLOW);
    int descriptor = files.open(path, flags, 0);
    if (descriptor < 0) {
      return descriptor;
    }
    long identity = files.identity(descriptor);
    VnodeWatch known = byIdentity.get(identity);
    if (known != null) {
      files.close(descriptor);
      return widen(known, mask);
    }
    boolean folder = files.kind(descriptor) == Files.S_IFDIR;
    VnodeWatch watch = new VnodeWatch(++numbers, identity, folder, descriptor);
    int result = note(watch.self);
    if (result < 0) {
      return result;
    }
    watches.put(watch.number, watch);
    if (identity > 0) {
      byIdentity.put(identity, watch);
    }
    if (folder) {
      result = files.list(descriptor, listing); // after the filter, so that nothing falls between
      for (int i = 0; i < result; i++) {
        watch.entries.put(listing.name(i), new Entry(listing.inode(i), listing.kind(i)));
      }
    }
    result = result < 0 ? result : widen(watch, mask);
    return result < 0 ? drop(watch, result) : result;
  }

  /** Asks more of a watch; if that is refused it stays as it was. */
  private int widen(VnodeWatch watch, int mask) {
    if ((mask & FileChanges.ONLY_FOLDER) != 0 && !watch.folder) {
      return -Errno.ENOTDIR.number();
    }
    int before = watch.mask;
    watch.mask |= mask;
    List<Entry> opened = new ArrayList<>();
    for (Map.Entry<String, Entry> named : watch.entries.entrySet()) {
      Entry entry = named.getValue();
      if (entry.vnode == null) {
        opened.add(entry);
        int result = open(watch, named.getKey(), entry);
        if (result < 0) {
          opened.forEach(this::close);
          watch.mask = before;
          return result;
        }
      }
    }
    return watch.number;
  }

  /** Opens an entry if that is of use; an error only if there are no descriptors left. */
  private int open(VnodeWatch watch, String name, Entry entry) {
    if (!watch.opens(entry)) {
      return 0;
    }
    int descriptor = files.openAt(watch.self.descriptor, name, Files.O_NOFOLLOW);
    if (descriptor < 0) {
      return descriptor == EMFILE || descriptor == ENFILE ? descriptor : 0;
    }
    Vnode vnode = new Vnode(descriptor, watch);
    int result = note(vnode);
    if (result == 0) {
      entry.vnode = vnode;
    }
    return result;
  }

  /** Adds the filter of an open file, which is closed if that fails. */
  private int note(Vnode vnode) {
    int manner = Kqueue.EV_ADD | Kqueue.EV_CLEAR | Kqueue.EV_RECEIPT;
    changes.set(0, vnode.descriptor, Kqueue.EVFILT_VNODE, manner, NOTES, 0, 0);
    int answers = kqueue.change(queue, changes, 1, events);
    int error = answers > 0 ? -events.error(0) : answers == Result.EINTR ? 0 : answers;
    if (error < 0) {
      files.close(vnode.descriptor);
      return error;
    }
    vnodes.put(vnode.descriptor, vnode);
    return 0;
  }

  private void close(Vnode vnode) {
    vnodes.remove(vnode.descriptor);
    files.close(vnode.descriptor);
  }

  private void close(Entry entry) {
    if (entry.vnode != null) {
      close(entry.vnode);
      entry.vnode = null;
    }
  }

  int remove(int number) {
    VnodeWatch watch = watches.get(number);
    return watch == null ? Result.EINVAL : drop(watch, 0);
  }

  private int drop(VnodeWatch watch, int result) {
    watches.remove(watch.number);
    byIdentity.remove(watch.identity, watch);
    noted.remove(watch);
    watch.entries.values().forEach(this::close);
    close(watch.self);
    return result;
  }

  /** Makes the queue readable until the next look, which knows nothing of that ident. */
  int wake() {
    boolean user = kqueue.has(Kqueue.EVFILT_USER);
    int filter = user ? Kqueue.EVFILT_USER : Kqueue.EVFILT_TIMER;
    int manner = Kqueue.EV_ADD | Kqueue.EV_ONESHOT | Kqueue.EV_RECEIPT;
    changes.set(0, queue, filter, manner, 0, WAKE_MILLIS, 0);
    int answers = kqueue.change(queue, changes, 1, events);
    if (user && (answers > 0 ? events.error(0) == 0 : answers == 0)) {
      changes.set(0, queue, filter, Kqueue.EV_RECEIPT, Kqueue.NOTE_TRIGGER, 0, 0);
      answers = kqueue.change(queue, changes, 1, events);
    }
    return answers > 0 ? -events.error(0) : answers;
  }

  void release() {
    for (VnodeWatch watch : List.copyOf(watches.values())) {
      drop(watch, 0);
    }
  }

  /** Takes what the filters have to say. */
  private int look() {
    int count;
    do {
      count = kqueue.await(queue, null, 0, events, 0);
      for (int i = 0; i < count; i++) {
        Vnode vnode = vnodes.get((int) events.ident(i));
        if (vnode != null) {
          vnode.notes |= events.fflags(i);
          noted.add(vnode.owner);
        }
      }
    } while (count == EVENTS);
    return Math.min(count, 0);
  }

  int read(ChangeList found) {
    found.clear();
    int looked = look();
    if (looked < 0) {
      return looked;
    }
    List<VnodeWatch> all = List.copyOf(noted);
    noted.clear();
    FolderDifference difference = new FolderDifference();
    for (VnodeWatch watch : all) {
      tellEntries(watch, found);
      if (watch.folder && (watch.self.notes & (WRITTEN | Kqueue.NOTE_LINK | GONE)) != 0) {
        int result = compare(watch, difference);
        if (result < 0) {
          found.add(-1, FileChanges.OVERFLOW, 0, "");
        }
      }
    }
    cookies = difference.tell(found, cookies);
    difference.gone().forEach(this::close);
    for (FolderDifference.Change come : difference.come()) {
      if (open(come.watch(), come.name(), come.entry()) < 0) {
        found.add(-1, FileChanges.OVERFLOW, 0, ""); // its changes will not be seen
      }
    }
    for (VnodeWatch watch : all) {
      tellSelf(watch, found);
    }
    return found.size() == 0 ? Result.EAGAIN : found.size();
  }

  private static void tellEntries(VnodeWatch watch, ChangeList found) {
    for (Map.Entry<String, Entry> named : watch.entries.entrySet()) {
      Vnode vnode = named.getValue().vnode;
      if (vnode != null && vnode.notes != 0) {
        boolean file = named.getValue().folderBit() == 0;
        tell(watch, vnode.notes, file, named.getValue().folderBit(), named.getKey(), found);
        vnode.notes &= GONE | Kqueue.NOTE_RENAME; // for who compares
      }
    }
  }

  /** Tells what notes say of a file's content and attributes. */
  private static void tell(
      VnodeWatch watch, int notes, boolean file, int folderBit, String name, ChangeList found) {
    boolean deleted = (notes & GONE) != 0;
    if (file && (notes & WRITTEN) != 0) {
      tell(watch, FileChanges.MODIFY, name, found);
    }
    int attributes = Kqueue.NOTE_ATTRIB | (file && !deleted ? Kqueue.NOTE_LINK : 0);
    if ((notes & attributes) != 0) {
      tell(watch, FileChanges.ATTRIBUTES | folderBit, name, found);
    }
    if (file && (notes & Kqueue.NOTE_CLOSE_WRITE) != 0) {
      tell(watch, FileChanges.CLOSE_WRITE, name, found);
    }
  }

  private static void tell(VnodeWatch watch, int mask, String name, ChangeList found) {
    if ((watch.mask & mask & ~FileChanges.FOLDER) != 0) {
      found.add(watch.number, mask, 0, name);
    }
  }

  private int compare(VnodeWatch watch, FolderDifference difference) {
    int count = files.list(watch.self.descriptor, listing);
    if (count < 0) {
      return (watch.self.notes & GONE) == 0 ? count : 0;
    }
    Map<String, Entry> now = new HashMap<>();
    List<String> order = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      now.put(listing.name(i), new Entry(listing.inode(i), listing.kind(i)));
      order.add(listing.name(i));
    }
    difference.add(watch, now, order);
    return 0;
  }

  private void tellSelf(VnodeWatch watch, ChangeList found) {
    int notes = watch.self.notes;
    watch.self.notes = 0;
    if (notes == 0) {
      return;
    }
    tell(watch, notes, !watch.folder, watch.folder ? FileChanges.FOLDER : 0, "", found);
    if ((notes & Kqueue.NOTE_RENAME) != 0) {
      tell(watch, FileChanges.MOVE_SELF, "", found);
    }
    if ((notes & GONE) != 0) {
      if ((notes & Kqueue.NOTE_REVOKE) != 0) {
        found.add(watch.number, FileChanges.UNMOUNT, 0, "");
      } else {
        tell(watch, FileChanges.DELETE_SELF, "", found);
      }
      found.add(watch.number, FileChanges.IGNORED, 0, "");
      drop(watch, 0);
    }
  }
}
