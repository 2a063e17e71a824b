package dev.selkie.source;

import dev.selkie.kernel.Files;
import dev.selkie.kernel.FolderListing;
import dev.selkie.kernel.Kernel;

/** What is found at the paths of watched places, which may have become those of others. */
final class FolderLook {
  private final Files files;

  FolderLook(Kernel kernel) {
    this.files = kernel.files();
  }

  /** Keeps which folder is watched. */
  void identify(WatchedPlace root) {
    files.identity(itself(root), root.identity);
  }

  /**
   * Whether the path of a watched folder leads to it yet. If it, or one above it, was renamed, the
   * path leads nowhere or to another; and nobody tells of a renaming above.
   */
  boolean leads(WatchedPlace root) {
    long[] now = new long[2];
    int result = files.identity(itself(root), now);
    boolean known = root.identity[0] != 0 || root.identity[1] != 0;
    return !known
        || (result < 0
            ? !FileWatchRefusal.isGone(result)
            : now[0] == root.identity[0] && now[1] == root.identity[1]);
  }

  /** With a link followed, for it may lead elsewhere later. */
  private static String itself(WatchedPlace root) {
    return root.path() + "/.";
  }

  /** The count of a folder's entries, or why they cannot be listed. */
  int list(WatchedPlace place, FolderListing listing) {
    boolean follows = place.isRoot() && place.watch.follows();
    int flags = Files.O_DIRECTORY | (follows ? 0 : Files.O_NOFOLLOW);
    int folder = files.open(place.path().toString(), flags, 0);
    if (folder < 0) {
      return folder;
    }
    int result = files.list(folder, listing);
    files.close(folder);
    return result;
  }

  /** Some file systems do not tell in a listing. */
  boolean isFolder(WatchedPlace place, FolderListing listing, int at) {
    if (listing.kind(at) != 0) {
      return listing.kind(at) == Files.S_IFDIR;
    }
    return isFolder(place.entry(listing.name(at)).toString());
  }

  boolean isFolder(String path) {
    int folder = files.open(path, Files.O_DIRECTORY | Files.O_NOFOLLOW, 0);
    if (folder >= 0) {
      files.close(folder);
    }
    return folder >= 0;
  }
}
