package dev.selkie.simulation;

import dev.selkie.kernel.Epoll;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.Result;

/** A regular file, or the null device: always ready, and refused by epoll. */
final class OrdinaryFile extends OpenFile {
  private final FileNode node;
  private final boolean readable;
  private final boolean writable;
  private final boolean appends;
  private int position;

  /** Opens a file with flags of {@link Files#open}. */
  OrdinaryFile(SimulatedKernel kernel, FileNode node, int flags) {
    super(kernel);
    this.node = node;
    this.readable = (flags & Files.O_WRONLY) == 0;
    this.writable = (flags & (Files.O_WRONLY | Files.O_RDWR)) != 0;
    this.appends = (flags & Files.O_APPEND) != 0;
    node.opened(this);
  }

  static OrdinaryFile nullDevice(SimulatedKernel kernel) {
    return new OrdinaryFile(kernel, new FileNode(Files.S_IFCHR, 0, 0, ""), Files.O_RDWR);
  }

  static OrdinaryFile of(SimulatedKernel kernel, byte[] contents) {
    FileNode node = new FileNode(Files.S_IFREG, 0, 0, "");
    node.setContents(contents);
    return new OrdinaryFile(kernel, node, Files.O_RDWR);
  }

  boolean isDevice() {
    return node.kind == Files.S_IFCHR;
  }

  @Override
  String kind() {
    return isDevice() ? "null" : "file";
  }

  @Override
  int format() {
    return node.kind;
  }

  @Override
  long identity() {
    return node.inode;
  }

  @Override
  int accessMode() {
    return readable ? writable ? Files.O_RDWR : Files.O_RDONLY : Files.O_WRONLY;
  }

  @Override
  int readiness() {
    return Epoll.IN | Epoll.OUT;
  }

  @Override
  boolean isPollable() {
    return false;
  }

  @Override
  int readable() {
    return Math.max(node.size() - position, 0);
  }

  @Override
  int available() {
    return isDevice() ? Codes.ENOTTY : readable();
  }

  @Override
  int room() {
    return Integer.MAX_VALUE;
  }

  @Override
  long read(Transfer target) {
    if (!readable) {
      return Result.EBADF;
    }
    int n = Math.min(target.remaining(), readable());
    if (n > 0) {
      node.read(position, target, n);
      position += n;
    }
    return n;
  }

  @Override
  long write(Transfer source) {
    if (!writable) {
      return Result.EBADF;
    }
    int n = source.remaining();
    if (isDevice() || n == 0) {
      return n;
    }
    if (appends) {
      position = node.size();
    }
    if (position + n < 0) {
      return Result.EINVAL;
    }
    node.write(position, source, n);
    position += n;
    return n;
  }

  @Override
  void release() {
    node.closed(this, writable);
  }
}
