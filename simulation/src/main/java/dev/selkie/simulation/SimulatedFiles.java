package dev.selkie.simulation;

import dev.selkie.kernel.Epoll;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.FolderListing;
import dev.selkie.kernel.Result;
import org.jspecify.annotations.Nullable;

/** {@link Files} of a host. */
final class SimulatedFiles extends SimulatedStreamCalls implements Files {
  /** POLLNVAL, poll(2). */
  private static final int NOT_OPEN = 0x20;

  private final DescriptorTable table;
  private final SimulatedFileTree tree;

  SimulatedFiles(SimulatedKernel kernel) {
    super(kernel, "read", "write");
    this.table = kernel.table();
    this.tree = kernel.fileTree();
  }

  @Override
  long read(OpenFile file, Transfer target) {
    return file.read(target);
  }

  @Override
  long write(OpenFile file, Transfer source) {
    return file.write(source);
  }

  @Override
  public int open(String path, int flags, int permissions) {
    network.enter();
    try {
      return kernel.traced("open", path, opened(path, flags, permissions));
    } finally {
      network.exit();
    }
  }

  private int opened(String path, int flags, int permissions) {
    if (!table.hasRoom(1)) {
      return Result.EMFILE;
    }
    SimulatedFileTree.Place place = tree.place(path, flags, permissions);
    FileNode node = place.node();
    return node == null ? place.error() : added(file(node, flags));
  }

  /** A new open file, or null: a FIFO to be written that nobody reads, a terminal that is gone. */
  private @Nullable OpenFile file(FileNode node, int flags) {
    if (node.isFolder()) {
      return new FolderFile(kernel, node);
    }
    if (node.kind == S_IFIFO) {
      return PipeEnd.open(kernel, node, flags);
    }
    return node.occupant instanceof TerminalLine line
        ? line.openSlave()
        : new OrdinaryFile(kernel, node, flags);
  }

  private int added(@Nullable OpenFile file) {
    return file == null ? Codes.ENXIO : table.add(file);
  }

  @Override
  public int openAt(int folder, String name, int flags) {
    network.enter();
    try {
      return kernel.traced("openat", folder + ", " + name, openedAt(folder, name, flags));
    } finally {
      network.exit();
    }
  }

  private int openedAt(int folder, String name, int flags) {
    if (!(table.get(folder) instanceof FolderFile file)) {
      return table.get(folder) == null ? Result.EBADF : Codes.ENOTDIR;
    }
    FileNode node = file.node.entries.get(name);
    int refusal = node == null ? Result.ENOENT : tree.refusal(node, flags);
    if (node == null || refusal != 0 || !table.hasRoom(1)) {
      return refusal != 0 ? refusal : Result.EMFILE;
    }
    return added(file(node, flags));
  }

  @Override
  public int list(int folder, FolderListing listing) {
    network.enter();
    try {
      OpenFile file = table.get(folder);
      int result;
      if (file instanceof FolderFile opened) {
        result = opened.list(listing);
      } else {
        result = file == null ? Result.EBADF : Codes.ENOTDIR;
      }
      return kernel.traced("readdir", folder, 0, result);
    } finally {
      network.exit();
    }
  }

  @Override
  public int makeFifo(String path, int permissions) {
    network.enter();
    try {
      return kernel.traced("mkfifo", path, tree.makeFifo(path, permissions));
    } finally {
      network.exit();
    }
  }

  @Override
  public int unlink(String path) {
    network.enter();
    try {
      return kernel.traced("unlink", path, tree.unlink(path));
    } finally {
      network.exit();
    }
  }

  @Override
  public int setPermissions(String path, int permissions) {
    network.enter();
    try {
      return kernel.traced("chmod", path, tree.chmod(path, permissions));
    } finally {
      network.exit();
    }
  }

  @Override
  public int rename(String from, String to) {
    network.enter();
    try {
      return kernel.traced("rename", from + ", " + to, tree.move(from, to));
    } finally {
      network.exit();
    }
  }

  @Override
  public int identity(String path, long[] identity) {
    network.enter();
    try {
      SimulatedFileTree.Place place = tree.resolve(path, false);
      FileNode node = place.node();
      if (node != null) {
        identity[0] = 0; // one file system
        identity[1] = node.inode;
      }
      return kernel.traced("lstat", path, node == null ? place.error() : node.kind);
    } finally {
      network.exit();
    }
  }

  /** A simulated host starts no programs. */
  @Override
  public int setCloseOnExec(int descriptor) {
    network.enter();
    try {
      return kernel.traced(
          "fcntl", descriptor, 1, table.get(descriptor) == null ? Result.EBADF : 0);
    } finally {
      network.exit();
    }
  }

  @Override
  public int kind(String path) {
    network.enter();
    try {
      SimulatedFileTree.Place place = tree.resolve(path, true);
      return kernel.traced("stat", path, place.node() == null ? place.error() : place.node().kind);
    } finally {
      network.exit();
    }
  }

  @Override
  public int close(int descriptor) {
    network.enter();
    try {
      return kernel.traced("close", descriptor, 0, table.close(descriptor));
    } finally {
      network.exit();
    }
  }

  @Override
  public int pipe(int[] ends) {
    network.enter();
    try {
      int result = Result.EMFILE;
      if (table.hasRoom(2)) {
        PipeEnd[] pair = PipeEnd.pair(kernel);
        ends[0] = table.add(pair[0]);
        ends[1] = table.add(pair[1]);
        result = 0;
      }
      return kernel.traced("pipe", result < 0 ? -1 : ends[0], ends[1], result);
    } finally {
      network.exit();
    }
  }

  @Override
  public long splice(int from, int to, long length) {
    if (!kernel.system().isLinux()) {
      return Result.ENOSYS;
    }
    network.enter();
    try {
      int most = (int) Math.min(length, Integer.MAX_VALUE);
      return kernel.traced("splice", from, to, most == 0 ? 0 : splice(from, to, most));
    } finally {
      network.exit();
    }
  }

  private long splice(int from, int to, int most) {
    OpenFile source = table.get(from);
    OpenFile target = table.get(to);
    if (source == null || target == null) {
      return Result.EBADF;
    }
    if (target instanceof PipeEnd pipe) {
      return pipe.spliceFrom(source, most, network.transfer());
    }
    return source instanceof PipeEnd pipe
        ? pipe.spliceTo(target, most, network.transfer())
        : Result.EINVAL;
  }

  @Override
  public int duplicate(int descriptor) {
    network.enter();
    try {
      OpenFile file = table.get(descriptor);
      return kernel.traced("dup", descriptor, 0, file == null ? Result.EBADF : table.add(file));
    } finally {
      network.exit();
    }
  }

  @Override
  public int duplicateTo(int descriptor, int number) {
    network.enter();
    try {
      OpenFile file = table.get(descriptor);
      int result;
      if (descriptor == number) {
        result = Result.EINVAL;
      } else {
        result = file == null ? Result.EBADF : table.replace(number, file);
      }
      return kernel.traced("dup3", descriptor, number, result);
    } finally {
      network.exit();
    }
  }

  @Override
  public int setNonBlocking(int descriptor, boolean nonBlocking) {
    network.enter();
    try {
      OpenFile file = table.get(descriptor);
      if (file != null) {
        file.nonBlocking = nonBlocking;
      }
      int result = file == null ? Result.EBADF : 0;
      return kernel.traced("fcntl", descriptor, nonBlocking ? 1 : 0, result);
    } finally {
      network.exit();
    }
  }

  @Override
  public int isNonBlocking(int descriptor) {
    network.enter();
    try {
      OpenFile file = table.get(descriptor);
      return file == null ? Result.EBADF : file.nonBlocking ? 1 : 0;
    } finally {
      network.exit();
    }
  }

  @Override
  public int accessMode(int descriptor) {
    network.enter();
    try {
      OpenFile file = table.get(descriptor);
      return kernel.traced("fcntl", descriptor, 0, file == null ? Result.EBADF : file.accessMode());
    } finally {
      network.exit();
    }
  }

  @Override
  public int eventfd(int initial) {
    if (!kernel.system().isLinux()) {
      return Result.ENOSYS;
    }
    network.enter();
    try {
      return kernel.traced("eventfd", -1, initial, table.add(new EventCounter(kernel, initial)));
    } finally {
      network.exit();
    }
  }

  @Override
  public int available(int descriptor) {
    network.enter();
    try {
      OpenFile file = table.get(descriptor);
      int result = file == null ? Result.EBADF : file.available();
      return kernel.traced("ioctl", descriptor, 0, result);
    } finally {
      network.exit();
    }
  }

  @Override
  public int kind(int descriptor) {
    network.enter();
    try {
      OpenFile file = table.get(descriptor);
      return kernel.traced("fstat", descriptor, 0, file == null ? Result.EBADF : file.format());
    } finally {
      network.exit();
    }
  }

  @Override
  public long identity(int descriptor) {
    network.enter();
    try {
      OpenFile file = table.get(descriptor);
      return kernel.traced("fstat", descriptor, 0, file == null ? Result.EBADF : file.identity());
    } finally {
      network.exit();
    }
  }

  @Override
  public int poll(int descriptor, int events) {
    network.enter();
    try {
      if (descriptor < 0) {
        return 0; // an entry that poll(2) passes over
      }
      OpenFile file = table.get(descriptor);
      int result = file == null ? NOT_OPEN : file.readiness() & (events | Epoll.ERR | Epoll.HUP);
      return kernel.traced("poll", descriptor, events, result);
    } finally {
      network.exit();
    }
  }

  @Override
  public long descriptorLimit(boolean hard) {
    return hard ? kernel.hardLimit() : table.limit();
  }
}
