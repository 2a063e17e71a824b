package dev.selkie.simulation;

import dev.selkie.kernel.Epoll;
import dev.selkie.kernel.Files;
import dev.selkie.kernel.FolderListing;

/** An open folder: to be listed, and refused by epoll. */
final class FolderFile extends OpenFile {
  final FileNode node;

  FolderFile(SimulatedKernel kernel, FileNode node) {
    super(kernel);
    this.node = node;
    node.opened(this);
  }

  int list(FolderListing listing) {
    listing.clear();
    node.entries.forEach((name, entry) -> listing.add(name, entry.inode, entry.kind));
    return listing.size();
  }

  @Override
  String kind() {
    return "folder";
  }

  @Override
  int format() {
    return Files.S_IFDIR;
  }

  @Override
  long identity() {
    return node.inode;
  }

  @Override
  int accessMode() {
    return Files.O_RDONLY;
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
  int available() {
    return Codes.ENOTTY;
  }

  @Override
  long read(Transfer target) {
    return Codes.EISDIR;
  }

  @Override
  void release() {
    node.closed(this, false);
  }
}
