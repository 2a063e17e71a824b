package dev.selkie.simulation;

import dev.selkie.kernel.FileChanges;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.Result;
import dev.selkie.kernel.SystemCallException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The files of a simulated host: folders, regular files, symbolic links, FIFOs and the names of
 * sockets. It begins with {@code /dev/null}, {@code /proc} and {@code /tmp}; on Linux, {@code
 * /proc/sys/fs/inotify} has the limits of watchers, watches and changes, which a test may write.
 *
 * <p>The public methods are for tests, as if another process of the host called; programs reach the
 * same files through {@link SimulatedKernel#files}. A path that does not begin with a slash is one
 * from the root. A file has one name at most: there are no hard links. Of permissions those of the
 * owner count, whose every program is.
 *
 * <p><b>Concurrency.</b> As the {@link SimulatedKernel}'s.
 */
public final class SimulatedFileTree {
  /** What a process masks of the permissions of what it makes, umask(2). */
  private static final int MASK = 0022;

  private static final int FOLDER_PERMISSIONS = 0777;
  private static final int FILE_PERMISSIONS = 0666;
  private static final int READ = 0400;
  private static final int WRITE = 0200;
  private static final int NAME_MAX = 255;
  private static final int PATH_MAX = 4096;

  /** How many links Linux follows on the way, path_resolution(7). */
  private static final int LINKS_MAX = 40;

  private final SimulatedKernel kernel;
  private final SimulatedNetwork network;
  private long inodes = 1;
  private int cookies;
  private final FileNode root = new FileNode(Files.S_IFDIR, inodes, 0755, "");

  SimulatedFileTree(SimulatedKernel kernel) {
    this.kernel = kernel;
    this.network = kernel.network();
    for (String folder : new String[] {"/dev", "/proc", "/tmp"}) {
      makeFolder(folder, FOLDER_PERMISSIONS);
    }
    make("/dev/null", Files.S_IFCHR, FILE_PERMISSIONS, "");
    if (kernel.system().isLinux()) {
      for (String folder :
          new String[] {"/proc/sys", "/proc/sys/fs", SimulatedFileChanges.LIMITS}) {
        makeFolder(folder, FOLDER_PERMISSIONS);
      }
      makeLimit("max_user_instances", 128);
      makeLimit("max_user_watches", 65_536);
      makeLimit("max_queued_events", 16_384);
    }
  }

  private void makeLimit(String name, int value) {
    String path = SimulatedFileChanges.LIMITS + "/" + name;
    make(path, Files.S_IFREG, FILE_PERMISSIONS, "");
    FileNode node = find(path);
    if (node != null) {
      node.setContents((value + "\n").getBytes(StandardCharsets.US_ASCII));
    }
  }

  /**
   * Where a path leads.
   *
   * @param error a negative code, if it leads nowhere: ENOENT with a folder if only the last name
   *     is missing
   */
  record Place(int error, @Nullable FileNode folder, String name, @Nullable FileNode node) {
    static Place error(int error) {
      return new Place(error, null, "", null);
    }
  }

  // For tests

  /** Makes a folder in a folder that is there. */
  public void makeFolder(String path) throws SystemCallException {
    change("mkdir", path, () -> makeFolder(path, FOLDER_PERMISSIONS));
  }

  /** Makes a file of these bytes, or writes a file anew: opened, made empty, written, closed. */
  public void writeFile(String path, byte[] contents) throws SystemCallException {
    change("open", path, () -> write(path, contents, Files.O_TRUNC));
  }

  /** Writes bytes to the end of a file, which is made if it is not there. */
  public void append(String path, byte[] contents) throws SystemCallException {
    change("open", path, () -> write(path, contents, Files.O_APPEND));
  }

  /** What is in a regular file. */
  public byte[] readFile(String path) throws SystemCallException {
    network.enter();
    try {
      Place place = resolve(path, true);
      if (place.node() == null || place.node().isFolder()) {
        int error = place.node() == null ? place.error() : Codes.EISDIR;
        throw new SystemCallException("read", path, error, kernel);
      }
      return place.node().contents();
    } finally {
      network.exit();
    }
  }

  /** Makes a symbolic link, which need not lead anywhere. */
  public void makeLink(String path, String target) throws SystemCallException {
    change("symlink", path, () -> make(path, Files.S_IFLNK, FOLDER_PERMISSIONS, target));
  }

  /** Deletes a file, or a folder without entries. */
  public void delete(String path) throws SystemCallException {
    change(
        "unlink",
        path,
        () -> {
          FileNode node = resolve(path, false).node();
          return node != null && node.isFolder() ? removeFolder(path) : unlink(path);
        });
  }

  /** Renames a file or folder, over one that is there if it can be, rename(2). */
  public void rename(String from, String to) throws SystemCallException {
    change("rename", from + " to " + to, () -> move(from, to));
  }

  /** Sets permissions, such as 0600. */
  public void setPermissions(String path, int permissions) throws SystemCallException {
    change("chmod", path, () -> chmod(path, permissions));
  }

  /** Takes a folder and all in it away, as when its file system is unmounted. */
  public void unmount(String path) throws SystemCallException {
    change(
        "umount",
        path,
        () -> {
          Place place = resolve(path, true);
          FileNode node = place.node();
          if (node == null || node.folder == null) {
            return node == null ? place.error() : Codes.EBUSY;
          }
          node.folder.entries.remove(node.name);
          vanish(node);
          return 0;
        });
  }

  /** Whether something is at a path. */
  public boolean exists(String path) {
    network.enter();
    try {
      return resolve(path, true).node() != null;
    } finally {
      network.exit();
    }
  }

  private interface Change {
    int make();
  }

  private void change(String call, String subject, Change change) throws SystemCallException {
    network.enter();
    try {
      int result = kernel.traced(call, subject, change.make());
      if (result < 0) {
        throw new SystemCallException(call, subject, result, kernel);
      }
    } finally {
      network.exit();
    }
  }

  private int write(String path, byte[] contents, int manner) {
    Place place = place(path, Files.O_WRONLY | Files.O_CREAT | manner, FILE_PERMISSIONS);
    FileNode node = place.node();
    if (node == null) {
      return place.error();
    }
    if (node.kind != Files.S_IFREG) {
      return Result.EINVAL;
    }
    OrdinaryFile file = new OrdinaryFile(kernel, node, Files.O_WRONLY | manner);
    file.write(network.transfer().of(contents, 0, contents.length));
    file.release();
    return 0;
  }

  // The calls

  /**
   * What open(2) leads to: a node that may be opened so, made or emptied if that was asked for; or
   * none, and why.
   */
  Place place(String path, int flags, int permissions) {
    boolean makes = (flags & Files.O_CREAT) != 0;
    boolean exclusive = makes && (flags & Files.O_EXCL) != 0;
    Place place = resolve(path, !exclusive && (flags & Files.O_NOFOLLOW) == 0);
    FileNode node = place.node();
    if (node == null) {
      return makes && place.folder() != null
          ? add(place, Files.S_IFREG, permissions & ~MASK, "")
          : place;
    }
    if (exclusive) {
      return Place.error(Result.EEXIST);
    }
    int refusal = refusal(node, flags);
    if (refusal == 0 && (flags & Files.O_TRUNC) != 0) {
      node.truncate();
    }
    return refusal == 0 ? place : Place.error(refusal);
  }

  /** Why an entry of a folder, or anything else, cannot be opened so; 0 if it can. */
  int refusal(FileNode node, int flags) {
    boolean writes = (flags & (Files.O_WRONLY | Files.O_RDWR)) != 0;
    boolean reads = (flags & Files.O_WRONLY) == 0;
    boolean ruled = node.kind != Files.S_IFCHR;
    if (node.kind == Files.S_IFLNK) {
      return (flags & Files.O_DIRECTORY) == 0 ? Codes.ELOOP : Codes.ENOTDIR;
    }
    if (!node.isFolder() && (flags & Files.O_DIRECTORY) != 0) {
      return Codes.ENOTDIR;
    }
    if (node.isFolder() && (writes || (flags & Files.O_CREAT) != 0)) {
      return Codes.EISDIR;
    }
    if (node.kind == Files.S_IFSOCK) {
      return Codes.ENXIO;
    }
    boolean denied = (reads && (node.permissions & READ) == 0) || (writes && !isWritable(node));
    return ruled && denied ? Codes.EACCES : 0;
  }

  private static boolean isWritable(FileNode node) {
    return (node.permissions & WRITE) != 0;
  }

  /** Makes a folder: 0 or a negative code. */
  int makeFolder(String path, int permissions) {
    return make(path, Files.S_IFDIR, permissions & ~MASK, "");
  }

  /** Makes a FIFO: 0 or a negative code. */
  int makeFifo(String path, int permissions) {
    return make(path, Files.S_IFIFO, permissions & ~MASK, "");
  }

  /** Makes the name of a socket, bind(2); its node is taken by {@link #find}. */
  int makeSocket(String path, Object occupant) {
    int result = make(path, Files.S_IFSOCK, FOLDER_PERMISSIONS & ~MASK, "");
    FileNode node = result == 0 ? find(path) : null;
    if (node != null) {
      node.occupant = occupant;
    }
    return result == Result.EEXIST ? Codes.EADDRINUSE : result;
  }

  /** Makes the name of a terminal, whose node knows it. */
  void makeTerminal(String path, TerminalLine line) {
    if (find("/dev/pts") == null) {
      makeFolder("/dev/pts", FOLDER_PERMISSIONS);
    }
    make(path, Files.S_IFCHR, FILE_PERMISSIONS, "");
    FileNode node = find(path);
    if (node != null) {
      node.occupant = line;
    }
  }

  private int make(String path, int kind, int permissions, String target) {
    Place place = resolve(path, false);
    if (place.node() != null) {
      return Result.EEXIST;
    }
    return place.folder() == null ? place.error() : add(place, kind, permissions, target).error();
  }

  private Place add(Place place, int kind, int permissions, String target) {
    FileNode folder = place.folder();
    if (folder == null || !isWritable(folder)) {
      return Place.error(folder == null ? place.error() : Codes.EACCES);
    }
    FileNode node = new FileNode(kind, ++inodes, permissions, target);
    put(node, folder, place.name());
    int folderBit = node.isFolder() ? FileChanges.FOLDER : 0;
    folder.observed(FileChanges.CREATE | folderBit, 0, place.name());
    folder.noted(Vnodes.WRITE | (node.isFolder() ? Vnodes.LINK : 0));
    return new Place(0, folder, place.name(), node);
  }

  private static void put(FileNode node, FileNode folder, String name) {
    folder.entries.put(name, node);
    node.folder = folder;
    node.name = name;
  }

  /** Removes a name that is no folder's, unlink(2). */
  int unlink(String path) {
    Place place = resolve(path, false);
    FileNode node = place.node();
    if (node == null) {
      return place.error();
    }
    return node.isFolder() ? Codes.EISDIR : remove(node);
  }

  private int removeFolder(String path) {
    Place place = resolve(path, false);
    FileNode node = place.node();
    if (node == null || node.folder == null) {
      return node == null ? place.error() : Codes.EBUSY;
    }
    return node.entries.isEmpty() ? remove(node) : Codes.ENOTEMPTY;
  }

  private int remove(FileNode node) {
    FileNode folder = node.folder;
    if (folder == null || !isWritable(folder)) {
      return Codes.EACCES;
    }
    String name = node.name;
    folder.entries.remove(name);
    int folderBit = node.isFolder() ? FileChanges.FOLDER : 0;
    leave(node);
    folder.observed(FileChanges.DELETE | folderBit, 0, name);
    folder.noted(Vnodes.WRITE | (node.isFolder() ? Vnodes.LINK : 0));
    return 0;
  }

  /** A node has lost its name. */
  private static void leave(FileNode node) {
    node.folder = null;
    node.removed = true;
    if (!node.isFolder()) {
      node.observed(FileChanges.ATTRIBUTES, 0, ""); // the count of links
    }
    node.noted(Vnodes.DELETE);
    node.end();
  }

  private void vanish(FileNode node) {
    for (FileNode entry : node.entries.values().toArray(FileNode[]::new)) {
      vanish(entry);
    }
    node.observed(FileChanges.UNMOUNT, 0, "");
    node.noted(Vnodes.REVOKE);
    node.folder = null;
    node.removed = true;
  }

  /** Renames, rename(2). */
  int move(String from, String to) {
    Place source = resolve(from, false);
    Place target = resolve(to, false);
    FileNode node = source.node();
    FileNode over = target.node();
    FileNode before = node == null ? null : node.folder;
    FileNode after = target.folder();
    if (node == null || after == null || before == null) {
      return node == null ? source.error() : after == null ? target.error() : Codes.EBUSY;
    }
    if (node.equals(over)) {
      return 0;
    }
    for (FileNode f = after; f != null; f = f.folder) {
      if (f.equals(node)) {
        return Result.EINVAL; // into itself
      }
    }
    if (over != null && over.isFolder() != node.isFolder()) {
      return over.isFolder() ? Codes.EISDIR : Codes.ENOTDIR;
    }
    if (over != null && !over.entries.isEmpty()) {
      return Codes.ENOTEMPTY;
    }
    if (!isWritable(before) || !isWritable(after)) {
      return Codes.EACCES;
    }
    before.entries.remove(node.name);
    String was = node.name;
    put(node, after, target.name());
    tellMoved(node, before, was, after);
    if (over != null) {
      leave(over);
    }
    node.observed(FileChanges.MOVE_SELF, 0, "");
    node.noted(Vnodes.RENAME);
    return 0;
  }

  private void tellMoved(FileNode node, FileNode before, String was, FileNode after) {
    int cookie = ++cookies;
    int folderBit = node.isFolder() ? FileChanges.FOLDER : 0;
    before.observed(FileChanges.MOVED_FROM | folderBit, cookie, was);
    after.observed(FileChanges.MOVED_TO | folderBit, cookie, node.name);
    before.noted(Vnodes.WRITE);
    if (!after.equals(before)) {
      after.noted(Vnodes.WRITE);
    }
  }

  /** Sets permissions, chmod(2). */
  int chmod(String path, int permissions) {
    Place place = resolve(path, true);
    FileNode node = place.node();
    if (node == null) {
      return place.error();
    }
    node.permissions = permissions;
    node.tell(FileChanges.ATTRIBUTES, Vnodes.ATTRIB);
    return 0;
  }

  /** What is at a path, links followed, or null. */
  @Nullable FileNode find(String path) {
    return resolve(path, true).node();
  }

  /** Where a path leads, path_resolution(7); whether a link at its end is followed. */
  Place resolve(String path, boolean follow) {
    return path.isEmpty() ? Place.error(Result.ENOENT) : resolve(root, path, follow, 0);
  }

  private Place resolve(FileNode start, String path, boolean follow, int links) {
    if (path.length() >= PATH_MAX) {
      return Place.error(Codes.ENAMETOOLONG);
    }
    FileNode here = path.startsWith("/") ? root : start;
    Place place = new Place(0, here.folder, here.name, here);
    String[] names = path.split("/+", -1);
    boolean folderAsked = path.endsWith("/");
    int last = names.length - 1;
    while (last > 0 && names[last].isEmpty()) {
      last--;
    }
    for (int i = 0; i <= last; i++) {
      String name = names[i];
      if (name.isEmpty() || name.equals(".")) {
        continue;
      }
      FileNode folder = place.node();
      if (folder == null) {
        return Place.error(Result.ENOENT);
      }
      if (!folder.isFolder()) {
        return Place.error(Codes.ENOTDIR);
      }
      place = step(folder, name);
      FileNode node = place.node();
      boolean atEnd = i == last && !folderAsked;
      if (node != null && node.kind == Files.S_IFLNK && (follow || !atEnd)) {
        if (links >= LINKS_MAX) {
          return Place.error(Codes.ELOOP);
        }
        place = resolve(folder, node.target, true, links + 1);
      }
    }
    FileNode node = place.node();
    return folderAsked && node != null && !node.isFolder() ? Place.error(Codes.ENOTDIR) : place;
  }

  private static Place step(FileNode folder, String name) {
    if (name.length() > NAME_MAX) {
      return Place.error(Codes.ENAMETOOLONG);
    }
    if (name.equals("..")) {
      FileNode parent = folder.folder == null ? folder : folder.folder;
      return new Place(0, parent.folder, parent.name, parent);
    }
    FileNode node = folder.entries.get(name);
    return new Place(node == null ? Result.ENOENT : 0, folder, name, node);
  }
}
