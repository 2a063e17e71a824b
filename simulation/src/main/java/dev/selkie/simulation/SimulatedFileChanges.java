package dev.selkie.simulation;

import dev.selkie.kernel.ChangedFiles;
import dev.selkie.kernel.FileChanges;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.Result;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** {@link FileChanges} of a Linux host: inotify(7), with the limits that its /proc shows. */
final class SimulatedFileChanges implements FileChanges {
  /** Where a test may change them. */
  static final String LIMITS = "/proc/sys/fs/inotify";

  /** What one read takes: as many as a buffer of 16 kB has room for, with names of 16 bytes. */
  private static final int BATCH = 512;

  private static final int READ = 0400;

  private final SimulatedKernel kernel;
  private final SimulatedNetwork network;
  private final SimulatedFileTree tree;

  SimulatedFileChanges(SimulatedKernel kernel) {
    this.kernel = kernel;
    this.network = kernel.network();
    this.tree = kernel.fileTree();
  }

  private static final class Batch implements ChangedFiles {
    private List<InotifyInstance.Change> changes = List.of();

    @Override
    public int watch(int index) {
      return changes.get(index).watch();
    }

    @Override
    public int mask(int index) {
      return changes.get(index).mask();
    }

    @Override
    public int cookie(int index) {
      return changes.get(index).cookie();
    }

    @Override
    public String name(int index) {
      return changes.get(index).name();
    }

    @Override
    public void close() {
      changes = List.of();
    }
  }

  private int limit(String name) {
    FileNode node = tree.find(LIMITS + "/" + name);
    return node == null
        ? Integer.MAX_VALUE
        : Integer.parseInt(new String(node.contents(), StandardCharsets.US_ASCII).strip());
  }

  @Override
  public int create() {
    network.enter();
    try {
      int result =
          kernel.table().count(InotifyInstance.class) >= limit("max_user_instances")
              ? Result.EMFILE
              : kernel.table().add(new InotifyInstance(kernel, limit("max_queued_events")));
      return kernel.traced("inotify_init1", -1, 0, result);
    } finally {
      network.exit();
    }
  }

  @Override
  public int add(int watcher, String path, int mask) {
    network.enter();
    try {
      return kernel.traced("inotify_add_watch", path, added(watcher, path, mask));
    } finally {
      network.exit();
    }
  }

  private int added(int watcher, String path, int mask) {
    OpenFile file = kernel.table().get(watcher);
    if (!(file instanceof InotifyInstance instance)) {
      return file == null ? Result.EBADF : Result.EINVAL;
    }
    SimulatedFileTree.Place place = tree.resolve(path, (mask & NO_FOLLOW) == 0);
    FileNode node = place.node();
    if (node == null) {
      return place.error();
    }
    if ((mask & ONLY_FOLDER) != 0 && !node.isFolder()) {
      return Codes.ENOTDIR;
    }
    if (node.kind != Files.S_IFLNK && (node.permissions & READ) == 0) {
      return Codes.EACCES;
    }
    boolean full = !instance.watches(node) && instance.watches() >= limit("max_user_watches");
    return full ? Codes.ENOSPC : instance.add(node, mask & ~(ONLY_FOLDER | NO_FOLLOW));
  }

  @Override
  public int remove(int watcher, int watch) {
    network.enter();
    try {
      OpenFile file = kernel.table().get(watcher);
      int result = file == null ? Result.EBADF : Result.EINVAL;
      if (file instanceof InotifyInstance instance) {
        result = instance.remove(watch);
      }
      return kernel.traced("inotify_rm_watch", watcher, watch, result);
    } finally {
      network.exit();
    }
  }

  @Override
  public int wake(int watcher) {
    network.enter();
    try {
      OpenFile file = kernel.table().get(watcher);
      int result = file == null ? Result.EBADF : Result.EINVAL;
      if (file instanceof InotifyInstance instance) {
        result = instance.wake();
      }
      return kernel.traced("inotify_rm_watch", watcher, 0, result);
    } finally {
      network.exit();
    }
  }

  @Override
  public ChangedFiles newBatch() {
    return new Batch();
  }

  @Override
  public int read(int watcher, ChangedFiles batch) {
    network.enter();
    try {
      OpenFile file = kernel.table().get(watcher);
      int result = file == null ? Result.EBADF : Result.EINVAL;
      if (file instanceof InotifyInstance instance) {
        List<InotifyInstance.Change> taken = instance.take(BATCH);
        ((Batch) batch).changes = taken;
        result = taken.isEmpty() ? Result.EAGAIN : taken.size();
      }
      return kernel.traced("read", watcher, 0, result);
    } finally {
      network.exit();
    }
  }
}
