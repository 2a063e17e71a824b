package dev.selkie.source;

import dev.selkie.descriptor.DescriptorLifetime;
import dev.selkie.kernel.ChangedFiles;
import dev.selkie.kernel.Errno;
import dev.selkie.kernel.FileChanges;
import dev.selkie.kernel.FolderListing;
import dev.selkie.kernel.Kernel;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SystemCallException;
import dev.selkie.source.FileChange.Kind;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the watches of a {@link FileChangeSource} see, and what they have to tell. Its caller holds
 * the source's lock, and the descriptor open.
 */
final class WatchedPlaces {
  /*
   * A folder that comes into a tree is watched first and listed then. What the listing finds is
   * told, and remembered by name, because the kernel tells it too if it came in between; once the
   * kernel has no more to tell, all of that is past, and forgotten. A name that is listed may since
   * have been given to another folder: what the kernel numbers as one that is known elsewhere in
   * the tree has moved, and both places are looked at again.
   */
  private final Kernel kernel;
  private final DescriptorLifetime lifetime;
  private final FileChanges changes;
  private final ChangedFiles batch;
  private final FolderLook look;
  private final Map<Integer, List<WatchedPlace>> places = new HashMap<>();
  private final Set<FileWatch> watches = new LinkedHashSet<>();
  private final ArrayDeque<FileChange> pending = new ArrayDeque<>();

  /** The places with something to forget once the kernel has no more to tell. */
  private final List<WatchedPlace> young = new ArrayList<>();

  /** The places with folders that are missing. */
  private final Set<WatchedPlace> doubtful = new LinkedHashSet<>();

  /** Whether these were looked for since a change was last told. */
  private boolean searched;

  private int count;
  private int index;

  /** An entry that has left, and may come elsewhere by what the kernel tells next. */
  private @Nullable Departure departure;

  private record Departure(List<WatchedPlace> from, String name, boolean folder, int cookie) {}

  WatchedPlaces(DescriptorLifetime lifetime) {
    this.lifetime = lifetime;
    this.kernel = lifetime.kernel();
    this.changes = kernel.fileChanges();
    this.batch = changes.newBatch();
    this.look = new FolderLook(kernel);
  }

  // Watches

  void add(FileWatch watch) throws IOException {
    WatchedPlace root = watch.root();
    String path = watch.path().toString();
    int mask = watch.mask() | (watch.follows() ? 0 : FileChanges.NO_FOLLOW);
    int number = changes.add(lifetime.number(), path, mask | FileChanges.ONLY_FOLDER);
    root.isFolder = number >= 0;
    if (number == -Errno.ENOTDIR.number() && !watch.isTree()) {
      number = changes.add(lifetime.number(), path, mask);
    }
    if (number < 0) {
      watch.ended();
      throw FileWatchRefusal.of(kernel, path, number);
    }
    stand(root, number);
    watches.add(watch);
    if (root.isFolder) {
      look.identify(root);
    }
    if (watch.isTree()) {
      root.silent = true;
      young.add(root);
      list(root, null);
      refuseShortage(watch);
      if (!pending.isEmpty() || !doubtful.isEmpty()) {
        changes.wake(lifetime.number()); // who waits for the source is to hear of it
      }
    }
  }

  private void refuseShortage(FileWatch watch) throws IOException {
    for (FileChange change : pending) {
      IOException failure = change.failure();
      if (change.watch().equals(watch)
          && failure != null
          && (FileWatchRefusal.isShortage(failure) || change.path().equals(watch.path()))) {
        close(watch);
        throw failure;
      }
    }
  }

  void close(FileWatch watch) {
    end(watch);
    pending.removeIf(change -> change.watch().equals(watch));
  }

  private void end(FileWatch watch) {
    watch.ended();
    watches.remove(watch);
    forget(watch.root());
  }

  void rescan(FileWatch watch) {
    if (!watch.root().isFolder) {
      tell(watch.root(), Kind.FOUND, "", false, 0);
      return;
    }
    FolderListing listing = new FolderListing();
    int result = look.list(watch.root(), listing);
    if (!look.leads(watch.root())) {
      astray(watch.root(), "");
    } else if (result < 0) {
      tellFailure(watch.root(), "", result);
    } else {
      found(watch.root(), listing, Kind.FOUND);
    }
  }

  void release() {
    for (FileWatch watch : List.copyOf(watches)) {
      watch.ended();
    }
    watches.clear();
    places.clear();
    pending.clear();
    changes.release(lifetime.number());
    batch.close();
  }

  // Places

  private void stand(WatchedPlace place, int number) {
    place.number = number;
    places.computeIfAbsent(number, _ -> new ArrayList<>(1)).add(place);
  }

  /** Ends the watch of a place, and of all folders in it. */
  private void forget(WatchedPlace place) {
    for (WatchedPlace folder : List.copyOf(place.folders.values())) {
      forget(folder);
    }
    if (place.parent != null) {
      place.parent.folders.remove(place.name, place);
    }
    List<WatchedPlace> standing = places.get(place.number);
    if (standing != null && standing.remove(place) && standing.isEmpty()) {
      places.remove(place.number);
      changes.remove(lifetime.number(), place.number); // EINVAL if what it watched is gone
    }
  }

  /**
   * Watches a folder in a tree, and tells of what is in it as {@code kind}, unless that is null.
   */
  private void enter(WatchedPlace place, String name, @Nullable Kind kind) {
    WatchedPlace known = place.folders.get(name);
    int number = addFolder(place, name, kind);
    if (number < 0) {
      if (known != null) {
        forget(known);
      }
      refused(place, name, number);
      return;
    }
    if (known != null && known.number == number) {
      if (kind == Kind.FOUND || (kind != null && known.silent)) {
        known.silent = false;
        list(known, kind);
      }
      return;
    }
    if (known != null) {
      forget(known);
    }
    WatchedPlace elsewhere = find(number, place.watch);
    if (elsewhere == null) {
      WatchedPlace newcomer = new WatchedPlace(place, name);
      place.folders.put(name, newcomer);
      stand(newcomer, number);
      young.add(newcomer);
      newcomer.silent = kind == null;
      list(newcomer, kind);
    } else if (elsewhere.holds(place)) {
      refused(place, name, Result.ENOENT);
    } else {
      move(elsewhere, place, name, kind);
    }
  }

  private int addFolder(WatchedPlace place, String name, @Nullable Kind kind) {
    Path path = place.named(name);
    if (path == null || (kind != null && !look.leads(place.watch.root()))) {
      return Result.ENOENT;
    }
    int mask = place.watch.mask() | FileChanges.ONLY_FOLDER | FileChanges.NO_FOLLOW;
    return changes.add(lifetime.number(), path.toString(), mask);
  }

  /** A folder that is not there has gone, or something above it was renamed: time will tell. */
  private void refused(WatchedPlace place, String name, int code) {
    if (FileWatchRefusal.isGone(code)) {
      place.missing.add(name);
      doubtful.add(place);
    } else {
      tellFailure(place, name, code);
    }
  }

  /**
   * Looks again for what was missing, once all renamings are known; and tells what is missing yet
   * when nothing has changed since: what was deleted is missing no more.
   */
  private void search() {
    boolean again = searched;
    searched = true;
    List<WatchedPlace> all = List.copyOf(doubtful);
    doubtful.clear();
    for (WatchedPlace place : all) {
      List<String> names = List.copyOf(place.missing);
      place.missing.clear();
      if (find(place.number, place.watch) == place) {
        if (again) {
          names.forEach(name -> astray(place, name));
        } else {
          names.forEach(name -> enter(place, name, Kind.CREATED));
        }
      }
    }
  }

  /** A folder that is known by another name has this one by now. */
  private void move(WatchedPlace folder, WatchedPlace to, String name, @Nullable Kind kind) {
    WatchedPlace before = folder.parent;
    String was = folder.name;
    folder.move(to, name);
    if (before == null) {
      return;
    }
    if (kind != null) { // the renaming is told too late to be of use
      before.told.remove(was);
      tell(before, Kind.DELETED, was, true, 0);
      folder.silence();
      folder.silent = false;
      list(folder, kind);
    }
    if (look.isFolder(before.entry(was).toString())) {
      if (kind != null && before.told.add(was)) {
        young.add(before);
        tell(before, Kind.CREATED, was, true, 0);
      }
      enter(before, was, kind);
    }
  }

  private @Nullable WatchedPlace find(int number, FileWatch watch) {
    for (WatchedPlace place : places.getOrDefault(number, List.of())) {
      if (place.watch.equals(watch)) {
        return place;
      }
    }
    return null;
  }

  private void list(WatchedPlace place, @Nullable Kind kind) {
    FolderListing listing = new FolderListing();
    int result = look.list(place, listing);
    WatchedPlace parent = place.parent;
    if (result >= 0) {
      found(place, listing, kind);
    } else if (parent == null) {
      tellFailure(place, "", result);
    } else {
      forget(place);
      refused(parent, place.name, result);
    }
  }

  private void found(WatchedPlace place, FolderListing listing, @Nullable Kind kind) {
    for (int i = 0; i < listing.size(); i++) {
      String name = listing.name(i);
      boolean folder = look.isFolder(place, listing, i);
      if (kind == Kind.CREATED && place.told.add(name)) {
        tell(place, kind, name, folder, 0);
      } else if (kind == Kind.FOUND) {
        tell(place, kind, name, folder, 0);
      }
      if (folder && place.watch.isTree()) {
        enter(place, name, kind);
      }
    }
    if (kind == Kind.CREATED) {
      young.add(place);
    }
  }

  // What is told

  private void tell(WatchedPlace place, Kind kind, String name, boolean folder, int cookie) {
    if (place.watch.wants(kind)) {
      pending.add(new FileChange(place.watch, kind, place.entry(name), null, folder, cookie, null));
    }
  }

  private void tellFailure(WatchedPlace place, String name, int code) {
    tellFailure(place, name, FileWatchRefusal.of(kernel, place.entry(name).toString(), code));
  }

  /** No path leads to a folder that is there. */
  private void astray(WatchedPlace place, String name) {
    String path = place.entry(name).toString();
    tellFailure(place, name, FileWatchRefusal.ofAstray(path, WatchedPlace.isGarbled(name)));
  }

  private void tellFailure(WatchedPlace place, String name, FileSystemException failure) {
    pending.add(
        new FileChange(place.watch, Kind.UNWATCHED, place.entry(name), null, true, 0, failure));
  }

  @Nullable FileChange poll() throws IOException {
    while (true) {
      FileChange next = pending.poll();
      if (next != null) {
        return next;
      }
      if (index == count && !read()) {
        return null;
      }
      if (index < count) {
        take(index++);
      }
    }
  }

  /** Takes what the kernel has to tell; false if neither it nor what was held back tells more. */
  private boolean read() throws IOException {
    index = 0;
    count = 0;
    int result;
    do {
      result = changes.read(lifetime.number(), batch);
    } while (result == Result.EINTR);
    if (result < 0 && result != Result.EAGAIN) {
      throw new SystemCallException("read", lifetime, result, kernel);
    }
    if (result > 0) {
      count = result;
      return true;
    }
    depart();
    if (!young.isEmpty()) {
      for (WatchedPlace place : young) {
        place.told.clear();
        place.silent = false;
      }
      young.clear();
    }
    if (doubtful.isEmpty()) {
      return !pending.isEmpty();
    }
    search();
    return true; // what was found and what has changed meanwhile, or what is missing yet
  }

  private void take(int at) {
    int mask = batch.mask(at);
    if ((mask & FileChanges.OVERFLOW) != 0) {
      depart();
      overflow();
      return;
    }
    Departure left = departure;
    boolean arrives = left != null && left.cookie == batch.cookie(at);
    if (!arrives) {
      depart();
    }
    List<WatchedPlace> standing = places.get(batch.watch(at));
    if (standing == null) {
      return; // of a watch that has ended
    }
    searched = false;
    String name = batch.name(at);
    boolean folder = (mask & FileChanges.FOLDER) != 0;
    if (name.isEmpty()) {
      for (WatchedPlace place : List.copyOf(standing)) {
        self(place, mask);
      }
    } else if ((mask & FileChanges.MOVED_FROM) != 0) {
      departure = new Departure(List.copyOf(standing), name, folder, batch.cookie(at));
    } else if (left != null && arrives) {
      departure = null;
      arrive(left, standing, name);
    } else if (standing.size() == 1) {
      entry(standing.get(0), mask, name, folder, batch.cookie(at));
    } else {
      for (WatchedPlace place : List.copyOf(standing)) {
        entry(place, mask, name, folder, batch.cookie(at));
      }
    }
  }

  private void entry(WatchedPlace place, int mask, String name, boolean folder, int cookie) {
    boolean enters = folder && place.watch.isTree();
    if ((mask & (FileChanges.CREATE | FileChanges.MOVED_TO)) != 0) {
      if (!place.told.isEmpty() && place.told.remove(name)) {
        return; // it was found, and told
      }
      boolean created = (mask & FileChanges.CREATE) != 0;
      tell(place, created ? Kind.CREATED : Kind.MOVED_IN, name, folder, cookie);
      if (enters) {
        enter(place, name, Kind.CREATED);
      }
    }
    if ((mask & FileChanges.MODIFY) != 0) {
      tell(place, Kind.MODIFIED, name, folder, 0);
    }
    if ((mask & FileChanges.CLOSE_WRITE) != 0) {
      tell(place, Kind.WRITTEN, name, folder, 0);
    }
    if ((mask & FileChanges.ATTRIBUTES) != 0) {
      tell(place, Kind.ATTRIBUTES, name, folder, 0);
    }
    if ((mask & FileChanges.DELETE) != 0) {
      leave(place, Kind.DELETED, name, folder, 0);
    }
  }

  private void leave(WatchedPlace place, Kind kind, String name, boolean folder, int cookie) {
    place.told.remove(name);
    place.missing.remove(name);
    tell(place, kind, name, folder, cookie);
    WatchedPlace gone = folder ? place.folders.get(name) : null;
    if (gone != null) {
      forget(gone);
    }
  }

  /** What has left has not come where anybody watches. */
  private void depart() {
    Departure left = departure;
    departure = null;
    if (left != null) {
      for (WatchedPlace place : left.from) {
        leave(place, Kind.MOVED_OUT, left.name, left.folder, left.cookie);
      }
    }
  }

  /** What has left comes: for a watch that sees both it was renamed. */
  private void arrive(Departure left, List<WatchedPlace> standing, String name) {
    List<WatchedPlace> from = new ArrayList<>(left.from);
    for (WatchedPlace to : List.copyOf(standing)) {
      WatchedPlace same = null;
      for (Iterator<WatchedPlace> each = from.iterator(); same == null && each.hasNext(); ) {
        WatchedPlace next = each.next();
        if (next.watch.equals(to.watch)) {
          same = next;
          each.remove();
        }
      }
      if (same == null) {
        entry(to, FileChanges.MOVED_TO, name, left.folder, left.cookie);
      } else {
        rename(same, left, to, name);
      }
    }
    for (WatchedPlace place : from) {
      leave(place, Kind.MOVED_OUT, left.name, left.folder, left.cookie);
    }
  }

  private void rename(WatchedPlace from, Departure left, WatchedPlace to, String name) {
    from.told.remove(left.name);
    from.missing.remove(left.name);
    to.told.remove(name);
    if (to.watch.wants(Kind.RENAMED)) {
      pending.add(
          new FileChange(
              to.watch,
              Kind.RENAMED,
              to.entry(name),
              from.entry(left.name),
              left.folder,
              left.cookie,
              null));
    }
    if (!left.folder || !to.watch.isTree()) {
      return;
    }
    WatchedPlace over = to.folders.get(name);
    WatchedPlace folder = from.folders.get(left.name);
    if (over != null && !over.equals(folder)) {
      forget(over);
    }
    if (folder == null || folder.holds(to)) {
      enter(to, name, Kind.CREATED);
    } else {
      folder.move(to, name);
    }
  }

  /** What has happened to the watched itself; of a folder in a tree, the folder above tells. */
  private void self(WatchedPlace place, int mask) {
    boolean folder = place.isFolder;
    if ((mask & FileChanges.UNMOUNT) != 0) {
      tell(place, Kind.UNMOUNTED, "", folder, 0);
    }
    if (place.isRoot()) {
      if ((mask & FileChanges.MODIFY) != 0) {
        tell(place, Kind.MODIFIED, "", folder, 0);
      }
      if ((mask & FileChanges.CLOSE_WRITE) != 0) {
        tell(place, Kind.WRITTEN, "", folder, 0);
      }
      if ((mask & FileChanges.ATTRIBUTES) != 0) {
        tell(place, Kind.ATTRIBUTES, "", folder, 0);
      }
      if ((mask & FileChanges.MOVE_SELF) != 0) {
        tell(place, Kind.SELF_MOVED, "", folder, 0);
      }
      if ((mask & FileChanges.DELETE_SELF) != 0) {
        tell(place, Kind.SELF_DELETED, "", folder, 0);
      }
    }
    if ((mask & FileChanges.IGNORED) != 0) {
      places.remove(place.number);
      if (place.isRoot()) {
        end(place.watch);
      } else {
        forget(place);
      }
    }
  }

  private void overflow() {
    searched = false;
    doubtful.forEach(place -> place.missing.clear());
    doubtful.clear();
    for (FileWatch watch : List.copyOf(watches)) {
      tell(watch.root(), Kind.OVERFLOW, "", watch.root().isFolder, 0);
      if (watch.isTree()) {
        refresh(watch.root());
      }
    }
  }

  /** Looks for folders of a tree whose coming or going may have been lost. */
  private void refresh(WatchedPlace place) {
    FolderListing listing = new FolderListing();
    int result = look.list(place, listing);
    if (place.isRoot() && !look.leads(place)) {
      astray(place, "");
      return;
    }
    if (result < 0) {
      if (!FileWatchRefusal.isGone(result)) {
        tellFailure(place, "", result);
      }
      return;
    }
    Map<String, WatchedPlace> before = new HashMap<>(place.folders);
    for (int i = 0; i < listing.size(); i++) {
      if (!look.isFolder(place, listing, i)) {
        continue;
      }
      String name = listing.name(i);
      WatchedPlace known = before.remove(name);
      if (known == null && place.told.add(name)) {
        young.add(place);
        tell(place, Kind.CREATED, name, true, 0);
      }
      enter(place, name, Kind.CREATED);
      if (known != null && known.equals(place.folders.get(name))) {
        refresh(known);
      }
    }
    before.forEach((name, _) -> leave(place, Kind.DELETED, name, true, 0));
  }
}
